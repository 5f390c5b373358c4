// GitHub's side of a sign-in: its authorize page, its token endpoint, its device flow and the end of a token. GitHub
// answers errors of OAuth with 200, so what counts is the body:
// https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
import * as v from "valibot";
import type { SignInSettings } from "../config/sign-in.ts";
import type { GitHubClient, GitHubReply } from "../github/client.ts";
import { parseJson } from "../json.ts";
import type { GitHubUserToken } from "./sealed-values.ts";

/** Ours: a wrong secret, a wrong callback, a suspended app, no device flow. The operator finds it in the log. */
interface Misconfigured {
  readonly kind: "misconfigured";
  readonly error: string;
}

/** GitHub is down, limits, or answers what cannot be valid. */
interface Unavailable {
  readonly kind: "unavailable";
  readonly retryAfterSeconds: number;
}

export type GitHubTokenAnswer =
  | ({ readonly kind: "token" } & GitHubUserToken)
  /** The code is used, too old or made up, or the verifier is wrong. */
  | { readonly kind: "refused" }
  /** GitHub wants a verified e-mail address of the account first. */
  | { readonly kind: "unverified_email" }
  | Misconfigured
  | Unavailable;

export type GitHubDeviceAnswer =
  | {
      readonly kind: "started";
      readonly deviceCode: string;
      readonly userCode: string;
      readonly verificationUri: string;
      readonly expiresInSeconds: number;
      readonly intervalSeconds: number;
    }
  | Misconfigured
  | Unavailable;

export type GitHubDevicePoll =
  | GitHubTokenAnswer
  | { readonly kind: "pending" }
  | { readonly kind: "slow_down" }
  | { readonly kind: "declined" }
  | { readonly kind: "ended" };

export interface GitHubSignIn {
  /** @returns the address of GitHub's authorize page */
  authorizeAddress(request: {
    readonly state: string;
    readonly challenge: string;
    readonly loginHint: string | null;
    readonly selectAccount: boolean;
  }): string;
  /** Tells the operator of a fault that GitHub told a browser alone: each once, for any browser can make them up. */
  noteRedirectError(error: string): void;
  redeemCode(code: string, verifier: string): Promise<GitHubTokenAnswer>;
  startDevice(): Promise<GitHubDeviceAnswer>;
  pollDevice(deviceCode: string): Promise<GitHubDevicePoll>;
  /** Ends one token at GitHub. "gone": GitHub did not know it any more. */
  endToken(token: string): Promise<"ended" | "gone" | "unavailable">;
}

export interface GitHubSignInOptions {
  readonly settings: Pick<SignInSettings, "issuerUrl" | "githubWebUrl" | "githubClientId" | "githubClientSecret">;
  /** GitHub's REST address, without a trailing slash. */
  readonly restUrl: string;
  readonly client: GitHubClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly writeWarning: (text: string) => void;
}

/** GitHub gives each request ten seconds. A person waits for it in the browser, and no kube-apiserver does. */
const timeoutMs = 10_000;
/** A session ends after the eight hours of GitHub's user tokens, also where the app's tokens do not expire. */
export const sessionSeconds = 8 * 3600;
/** Where GitHub does not say how long it wants to be left alone. */
const retryAfterSeconds = 10;

/** GitHub's tokens have 40 characters today. GitHub plans longer ones, and a header may have some 8 KB. */
const tokenSchema = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,8192}$/)),
  // Absent where the app's tokens do not expire.
  expires_in: v.optional(v.pipe(v.number(), v.minValue(1)), sessionSeconds),
});

const deviceSchema = v.object({
  device_code: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,512}$/)),
  user_code: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,64}$/)),
  verification_uri: v.pipe(v.string(), v.regex(/^https?:\/\/[\x21-\x7e]{1,512}$/)),
  expires_in: v.pipe(v.number(), v.minValue(1), v.maxValue(3600)),
  interval: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(60)), 5),
});

const errorSchema = v.object({ error: v.pipe(v.string(), v.regex(/^[a-z_]{1,64}$/)) });

/** What GitHub's errors say about whose fault it is. Any other one is an answer that cannot be relied on. */
const refusals: Readonly<Record<string, GitHubDevicePoll["kind"]>> = {
  bad_verification_code: "refused",
  unverified_user_email: "unverified_email",
  incorrect_client_credentials: "misconfigured",
  redirect_uri_mismatch: "misconfigured",
  application_suspended: "misconfigured",
  unsupported_grant_type: "misconfigured",
  device_flow_disabled: "misconfigured",
  authorization_pending: "pending",
  slow_down: "slow_down",
  access_denied: "declined",
  expired_token: "ended",
  token_expired: "ended",
  incorrect_device_code: "ended",
};

export function createGitHubSignIn({
  settings,
  restUrl,
  client,
  now,
  writeWarning,
}: GitHubSignInOptions): GitHubSignIn {
  const { githubWebUrl, githubClientId, githubClientSecret } = settings;
  const redirectUri = `${settings.issuerUrl}/callback`;
  // A GitHub App has permissions. An OAuth app has to ask for the scope that shows memberships.
  const scope = githubClientId.startsWith("Iv") ? {} : { scope: "read:org" };

  async function post(path: string, parameters: Readonly<Record<string, string>>): Promise<GitHubReply> {
    const body = { client_id: githubClientId, ...parameters };
    return client.send({
      method: "POST",
      url: `${githubWebUrl}${path}`,
      host: "web",
      authorization: null,
      body,
      timeoutMs,
    });
  }

  function misconfigured(error: string): Misconfigured {
    writeWarning(`GITHUB_CLIENT_ID: GitHub signs no one in: ${error}`);
    return { kind: "misconfigured", error };
  }

  const noted = new Set<string>();

  /** @returns what GitHub says where it says no token */
  function failureOf(reply: GitHubReply): Exclude<GitHubDevicePoll, { kind: "token" }> {
    if (reply.kind === "failed") return { kind: "unavailable", retryAfterSeconds };
    // github.com has no page for a client id that it does not know.
    if (reply.status === 404) return misconfigured("unknown_client");
    const parsed = v.safeParse(errorSchema, parseJson(reply.text));
    const kind = parsed.success && Object.hasOwn(refusals, parsed.output.error) ? refusals[parsed.output.error] : null;
    switch (kind) {
      case "misconfigured":
        return misconfigured(parsed.success ? parsed.output.error : "");
      case "refused":
      case "unverified_email":
      case "pending":
      case "slow_down":
      case "declined":
      case "ended":
        return { kind };
      default:
        return { kind: "unavailable", retryAfterSeconds: retryAfterOf(reply.headers) };
    }
  }

  function readToken(reply: GitHubReply): GitHubDevicePoll {
    const parsed = v.safeParse(tokenSchema, successOf(reply));
    if (!parsed.success) return failureOf(reply);
    const { access_token: token, expires_in: seconds } = parsed.output;
    const endsAt = Math.floor(now() / 1000) + Math.floor(Math.min(seconds, sessionSeconds));
    return { kind: "token", token, tokenEndsAt: endsAt };
  }

  return {
    authorizeAddress({ state, challenge, loginHint, selectAccount }) {
      const parameters = new URLSearchParams({
        client_id: githubClientId,
        redirect_uri: redirectUri,
        state,
        allow_signup: "false",
        code_challenge: challenge,
        code_challenge_method: "S256",
        ...scope,
        ...(loginHint === null ? {} : { login: loginHint }),
        ...(selectAccount ? { prompt: "select_account" } : {}),
      });
      return `${githubWebUrl}/login/oauth/authorize?${parameters}`;
    },

    noteRedirectError(error) {
      const isOurs = Object.hasOwn(refusals, error) && refusals[error] === "misconfigured";
      if (!isOurs || noted.has(error)) return;
      noted.add(error);
      misconfigured(error);
    },

    async redeemCode(code, verifier) {
      const answer = readToken(
        await post("/login/oauth/access_token", {
          client_secret: githubClientSecret,
          code,
          redirect_uri: redirectUri,
          code_verifier: verifier,
        }),
      );
      switch (answer.kind) {
        // Words of the device flow: no valid answer to a code.
        case "pending":
        case "slow_down":
        case "declined":
        case "ended":
          return { kind: "unavailable", retryAfterSeconds };
        default:
          return answer;
      }
    },

    async startDevice() {
      const reply = await post("/login/device/code", scope);
      const parsed = v.safeParse(deviceSchema, successOf(reply));
      if (parsed.success) {
        const { output } = parsed;
        return {
          kind: "started",
          deviceCode: output.device_code,
          userCode: output.user_code,
          verificationUri: output.verification_uri,
          expiresInSeconds: output.expires_in,
          intervalSeconds: output.interval,
        };
      }
      const failure = failureOf(reply);
      return failure.kind === "misconfigured" ? failure : { kind: "unavailable", retryAfterSeconds };
    },

    async pollDevice(deviceCode) {
      return readToken(
        await post("/login/oauth/access_token", {
          device_code: deviceCode,
          grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        }),
      );
    },

    async endToken(token) {
      const reply = await client.send({
        method: "DELETE",
        url: `${restUrl}/applications/${githubClientId}/token`,
        authorization: `Basic ${btoa(`${githubClientId}:${githubClientSecret}`)}`,
        body: { access_token: token },
        timeoutMs,
      });
      if (reply.kind === "failed") return "unavailable";
      if (reply.status === 204) return "ended";
      if (reply.status === 401) misconfigured("incorrect_client_credentials");
      // 422: GitHub documents it for a token that does not have a token's form, 404 for one that is no token of the
      // app.
      return reply.status === 404 || reply.status === 422 ? "gone" : "unavailable";
    },
  };
}

/** @returns the JSON of a successful answer; undefined for any other */
function successOf(reply: GitHubReply): unknown {
  return reply.kind === "answered" && reply.status === 200 ? parseJson(reply.text) : undefined;
}

function retryAfterOf(headers: Headers): number {
  const value = headers.get("retry-after");
  return value !== null && /^\d{1,4}$/.test(value) ? Math.max(Number(value), 1) : retryAfterSeconds;
}
