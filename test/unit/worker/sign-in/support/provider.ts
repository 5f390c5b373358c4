// A provider for tests: the real sealer, a clock that stands still, and a GitHub and a policy that answer as told.
import type { Decision } from "../../../../../src/worker/authenticate.ts";
import type { OpenIdClient, SignInSettings } from "../../../../../src/worker/config/sign-in.ts";
import { createDevicePolls } from "../../../../../src/worker/sign-in/device-polls.ts";
import type { GitHubSignIn, GitHubTokenAnswer } from "../../../../../src/worker/sign-in/github-sign-in.ts";
import { createMinuteCount } from "../../../../../src/worker/sign-in/minute-count.ts";
import { createOneTimeUse } from "../../../../../src/worker/sign-in/one-time-use.ts";
import type { Occasion, Provider } from "../../../../../src/worker/sign-in/provider.ts";
import { createSignInSealer } from "../../../../../src/worker/sign-in/sealer.ts";
import { createUsedCodes } from "../../../../../src/worker/sign-in/used-codes.ts";
import type { Verdict } from "../../../../../src/worker/verdict.ts";

export const issuerUrl = "https://login.example.com";
export const githubWebUrl = "https://github.example.com";

export const settings: SignInSettings = {
  issuerUrl,
  githubWebUrl,
  githubClientId: "Iv23example",
  githubClientSecret: "a-secret-of-this-test",
  signingKeys: { privateKeys: {}, signs: "a", withdrawn: [], leftOut: [] },
  cacheSecret: new Uint8Array(32).fill(7),
  previousCacheSecret: null,
};

const noPolicy = { ok: false, problems: [] } as const;

export function client(name: string, changes: Partial<OpenIdClient> = {}): OpenIdClient {
  return {
    name,
    variable: `CLUSTER_${name.toUpperCase()}`,
    kind: "cluster",
    redirectUris: [],
    deviceFlow: false,
    exchange: false,
    idTokenSeconds: 600,
    secret: null,
    signInPolicy: noPolicy,
    exchangePolicy: noPolicy,
    ...changes,
  };
}

export const production = client("production", { redirectUris: ["https://headlamp.example.com/oidc-callback"] });
export const argocd = client("argocd", {
  kind: "application",
  secret: "the-secret-of-argocd",
  redirectUris: ["https://argocd.example.com/auth/callback", "http://localhost/auth/callback"],
});

const account = { id: 583231, login: "octocat", type: "User" };

/** What the policy says about a token: admitted as octocat, or another verdict. */
export function decided(verdict?: Exclude<Verdict, { kind: "authenticated" }>, login = account.login): Decision {
  const user = { username: `${login}:583231`, uid: "583231", groups: [], extra: {} };
  return {
    kind: "evaluated",
    credential: { tokenKind: "app", credentialId: "GITHUBSHA256=of-this-test" },
    verdict: verdict ?? { kind: "authenticated", reason: "admitted", user },
    source: "github",
    call: null,
    facts: {
      host: "github.com",
      account: { ...account, login },
      oauthClientId: settings.githubClientId,
      scopes: null,
      expiry: { kind: "never" },
      organisations: {},
    },
    nameWarnings: [],
  };
}

export interface TestProvider extends Provider {
  readonly asked: { client: string; token: string; occasion: Occasion }[];
  readonly redeemed: { code: string; verifier: string }[];
  readonly redirectErrors: string[];
  readonly ended: string[];
  clock: number;
  decision: Decision;
  gitHubAnswer: GitHubTokenAnswer;
  endAnswer: "ended" | "gone" | "unavailable";
}

export function createTestProvider(clients: readonly OpenIdClient[] = [production, argocd]): TestProvider {
  const start = Date.parse("2026-11-27T10:00:00Z");
  const gitHub: GitHubSignIn = {
    authorizeAddress: (request) => {
      const { state, challenge, loginHint, selectAccount } = request;
      const query = new URLSearchParams({ state, challenge, login: loginHint ?? "", select: String(selectAccount) });
      return `${githubWebUrl}/login/oauth/authorize?${query}`;
    },
    noteRedirectError: (error) => void provider.redirectErrors.push(error),
    redeemCode: async (code, verifier) => {
      provider.redeemed.push({ code, verifier });
      return provider.gitHubAnswer;
    },
    startDevice: () => Promise.reject(new Error("no test starts a device here")),
    pollDevice: () => Promise.reject(new Error("no test polls a device here")),
    endToken: () => Promise.reject(new Error("the provider's own endToken is used")),
  };
  const now = () => provider.clock;
  const provider: TestProvider = {
    settings,
    clients: new Map(clients.map((one) => [one.name, one])),
    sealer: createSignInSealer(settings, now),
    gitHub,
    decide: async (asking, token, occasion) => {
      provider.asked.push({ client: asking.name, token, occasion });
      return provider.decision;
    },
    endToken: async (token) => {
      provider.ended.push(token);
      return provider.endAnswer;
    },
    signingKeys: () => Promise.reject(new Error("no test signs anything here")),
    actionsIssuerUrl: null,
    oneTimeUse: createOneTimeUse(),
    usedCodes: createUsedCodes(undefined, issuerUrl, () => undefined),
    devicePolls: createDevicePolls(now),
    refusedCodes: createMinuteCount(20, now),
    refreshes: createMinuteCount(60, now),
    now,
    asked: [],
    redeemed: [],
    redirectErrors: [],
    ended: [],
    clock: start,
    decision: decided(),
    gitHubAnswer: { kind: "token", token: "a-github-token", tokenEndsAt: start / 1000 + 8 * 3600 },
    endAnswer: "ended",
  };
  return provider;
}
