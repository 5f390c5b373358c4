// Verifies the token of a workflow: GitHub's signature, then the form of its claims. It runs with every token, and no
// outcome is kept.
import { compactVerify } from "jose/jws/compact/verify";
import { parseJson } from "../json.ts";
import type { Key } from "../sealing.ts";
import { type WorkflowFacts, workflowFactsOf } from "./facts.ts";
import type { ActionsKeys, KeyAnswer, KeySource } from "./keys.ts";

export type Verification =
  | Exclude<KeyAnswer, { kind: "found" }>
  | ({ readonly source: KeySource } & (
      | { readonly kind: "verified"; readonly facts: WorkflowFacts; readonly time: "current" | "expired" | "not_yet" }
      | { readonly kind: "refused"; readonly reason: "workflow_token_forged" | "workflow_claims_malformed" }
    ));

export interface WorkflowVerifier {
  /** `iss` of the tokens that it verifies. */
  readonly issuerUrl: string;
  /** @param token a JWT whose issuer is that one, read without trust */
  verify(token: string): Promise<Verification>;
}

export interface WorkflowVerifierOptions {
  readonly issuerUrl: string;
  /** The host of GitHub's pages. */
  readonly host: string;
  readonly keys: ActionsKeys;
  /** How long after its end a token still counts, for clocks that differ. */
  readonly expiryLeewaySeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** For clocks that differ. */
export const leewaySeconds = 60;

export function createWorkflowVerifier(options: WorkflowVerifierOptions): WorkflowVerifier {
  const { issuerUrl, host, keys, expiryLeewaySeconds, now } = options;

  function timeOf({ expiresAt, notBefore }: WorkflowFacts): (Verification & { kind: "verified" })["time"] {
    const seconds = now() / 1000;
    if (expiresAt + expiryLeewaySeconds <= seconds) return "expired";
    return notBefore - leewaySeconds > seconds ? "not_yet" : "current";
  }

  return {
    issuerUrl,
    async verify(token) {
      const asked: { answer?: KeyAnswer } = {};
      const claims = await signedClaimsOf(token, async (kid) => {
        asked.answer = await keys.find(kid);
        return asked.answer.kind === "found" ? asked.answer.key : null;
      });
      const { answer } = asked;
      if (answer !== undefined && answer.kind !== "found") return answer;
      const source = answer?.source ?? "none";
      if (claims === null) return { kind: "refused", reason: "workflow_token_forged", source };
      const facts = workflowFactsOf(claims, host);
      return facts === null
        ? { kind: "refused", reason: "workflow_claims_malformed", source }
        : { kind: "verified", facts, time: timeOf(facts), source };
    },
  };
}

/**
 * Keys that a header brings along or points to (`jwk`, `jku`, `x5c`, `x5u`) are not looked at, and an extension that
 * has to be understood (`crit`) is refused.
 *
 * @param keyOf is asked for the key that a right header names; null where there is none
 * @returns null where GitHub has not signed the token
 */
async function signedClaimsOf(token: string, keyOf: (kid: string) => Promise<Key | null>): Promise<unknown> {
  try {
    const { payload } = await compactVerify(
      token,
      async ({ kid }) => {
        const key = typeof kid === "string" && kid !== "" ? await keyOf(kid) : null;
        if (key === null) throw new Error("no key");
        return key;
      },
      // Whatever the token says: a public key is no secret for HMAC. This is looked at before any key is.
      { algorithms: ["RS256"] },
    );
    return parseJson(new TextDecoder().decode(payload)) ?? null;
  } catch {
    // The errors of jose, and ours: the signature does not hold, or is none.
    return null;
  }
}
