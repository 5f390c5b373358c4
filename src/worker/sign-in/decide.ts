// The decision about one token at one client: authenticate.ts, as for a review, and then the size of the ID
// token. It is written to the decision log.
import { authenticate, type Decision, type Service } from "../authenticate.ts";
import type { Checked } from "../config/checked.ts";
import { describeProblems } from "../config/checked.ts";
import type { OpenIdClient, SignInSettings } from "../config/sign-in.ts";
import type { DecisionLog } from "../log/decision-log.ts";
import { denied, undetermined } from "../verdict.ts";
import { identityClaimsOf, idTokenBytes, maxIdTokenBytes } from "./id-token.ts";
import type { Occasion, Provider } from "./provider.ts";
import type { SigningKeysSource } from "./signing-keys.ts";

export interface DecideOptions {
  readonly settings: SignInSettings;
  readonly signingKeys: SigningKeysSource;
  /** For tokens that GitHub has just given out, or that come out of our seal: they count toward no cap. */
  readonly signInService: Checked<Service>;
  /** For tokens that people bring: these count toward the exchange's own cap, never toward the webhook's. */
  readonly exchangeService: Checked<Service>;
  readonly decisionLog: DecisionLog;
  /** Writes each warning about a client's names once. */
  readonly warnOfNames: (variable: string, warnings: readonly string[]) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createDecide(options: DecideOptions): Provider["decide"] {
  const { decisionLog, warnOfNames, now } = options;
  return async (client, token, occasion) => {
    const startedAt = now();
    const { grant, step, tokenId } = occasion;
    const question = { door: "sign-in", client: client.name, grant, step, tokenId, startedAt } as const;
    try {
      const decision = await decide(options, client, token, occasion);
      decisionLog.decided(question, decision, now());
      if (decision.kind === "evaluated" || decision.kind === "workflow")
        warnOfNames(client.variable, decision.nameWarnings);
      return decision;
    } catch (thrown) {
      decisionLog.failed(question, now());
      throw thrown;
    }
  };
}

async function decide(
  { settings, signingKeys, signInService, exchangeService }: DecideOptions,
  client: OpenIdClient,
  token: string,
  { grant, nonce }: Occasion,
): Promise<Decision> {
  // Nothing is decided that could not be signed: a person would be sent through GitHub in vain.
  const keys = await signingKeys();
  if (!keys.ok) {
    const { problems } = keys;
    return { kind: "misconfigured", problems, verdict: undetermined("configuration", describeProblems(problems)) };
  }
  const [policy, service] =
    grant === "token_exchange" ? [client.exchangePolicy, exchangeService] : [client.signInPolicy, signInService];
  const decision = await authenticate(token, client.name, policy, service);
  const identity = identityClaimsOf(decision);
  if (identity === null || decision.kind === "misconfigured" || grant === "userinfo") return decision;
  const bytes = idTokenBytes(settings, client, identity, nonce);
  if (bytes <= maxIdTokenBytes) return decision;
  const detail = `${identity.groups.length} groups, ${bytes} bytes, at most ${maxIdTokenBytes}`;
  return { ...decision, verdict: denied("id_token_too_large", detail) };
}
