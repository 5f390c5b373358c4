// The provider as a deployment's settings say, with what it keeps in this isolate's memory.
import type { Service } from "../authenticate.ts";
import type { OpenIdClient, SignInSettings } from "../config/sign-in.ts";
import type { GitHubClient } from "../github/client.ts";
import type { DecisionLog } from "../log/decision-log.ts";
import { createDecide } from "./decide.ts";
import { createDevicePolls } from "./device-polls.ts";
import { createGitHubSignIn } from "./github-sign-in.ts";
import { createMinuteCount } from "./minute-count.ts";
import { createOneTimeUse } from "./one-time-use.ts";
import type { Provider } from "./provider.ts";
import { createSignInSealer } from "./sealer.ts";
import { createSigningKeys } from "./signing-keys.ts";
import { createUsedCodes, type ResponseCache } from "./used-codes.ts";

export interface ProviderOptions {
  readonly settings: SignInSettings;
  readonly clients: readonly OpenIdClient[];
  readonly github: {
    readonly restUrl: string;
    readonly client: GitHubClient;
    readonly signIn: Service;
    readonly exchange: Service;
    readonly endAccess: (token: string) => Promise<void>;
  };
  readonly decisionLog: DecisionLog;
  readonly warnOfNames: (variable: string, warnings: readonly string[]) => void;
  readonly cache?: ResponseCache;
  readonly waitUntil: (work: Promise<void>) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly writeError: (text: string) => void;
}

/** So many codes of one address GitHub may refuse in a minute. */
const maxRefusedCodes = 20;
/** So often one sign-in may refresh in a minute at one client: programs keep an ID token until its end. */
const maxRefreshes = 60;

export function createProvider(options: ProviderOptions): Provider {
  const { settings, clients, github, decisionLog, warnOfNames, cache, now, waitUntil, writeError } = options;
  const { restUrl, client } = github;
  const gitHub = createGitHubSignIn({ settings, restUrl, client, now, writeWarning: writeError });
  const signingKeys = createSigningKeys(settings.signingKeys, writeError);
  return {
    settings,
    clients: new Map(clients.map((one) => [one.name, one])),
    sealer: createSignInSealer(settings, now),
    gitHub,
    actionsIssuerUrl: github.exchange.workflows?.issuerUrl ?? null,
    signingKeys,
    decide: createDecide({
      settings,
      signingKeys,
      signInService: { ok: true, value: github.signIn },
      exchangeService: { ok: true, value: github.exchange },
      decisionLog,
      warnOfNames,
      now,
    }),
    async endToken(token) {
      const outcome = await gitHub.endToken(token);
      if (outcome !== "unavailable") await github.endAccess(token);
      return outcome;
    },
    oneTimeUse: createOneTimeUse(),
    usedCodes: createUsedCodes(cache, settings.issuerUrl, waitUntil),
    devicePolls: createDevicePolls(now),
    refusedCodes: createMinuteCount(maxRefusedCodes, now),
    refreshes: createMinuteCount(maxRefreshes, now),
    now,
  };
}
