// Variables and secrets of the sign-in hostname → its settings. A mistake here concerns the sign-in alone, never the
// webhook.
import * as v from "valibot";
import { type Checked, type Problem, problemsOf } from "./checked.ts";
import { idTokenSeconds, idTokenSecondsSchema } from "./client-table.ts";
import { type ServiceSettings, webUrlOf } from "./service.ts";
import type { SignInSettings } from "./sign-in.ts";
import { selectSigningKeys, signingKeysSchema, wrongSigningKeys } from "./signing-keys.ts";
import { clientIdPattern, decodeSecret, isLoopback, parseTexts, parseTime, textAs } from "./values.ts";

export interface SignInReading {
  /** Null where there is no client, and nothing is wrong. */
  readonly settings: Checked<SignInSettings> | null;
  /** ID_TOKEN_SECONDS: what clients have that say nothing else. */
  readonly idTokenSeconds: number;
  /** OIDC_CLIENT_SECRETS by the client's name, as they came. */
  readonly clientSecrets: ReadonlyMap<string, string>;
}

const clientIdMessage = "must be the client id of a GitHub App or OAuth App, such as Iv23… or Ov23…";
const previousMessage =
  "must be the earlier CACHE_SECRET, @ and the time from which it is refused: SECRET@2026-11-27T18:00:00Z";
const clientSecretsMessage = 'must be JSON: an object of clients and their secrets, {"argocd": "…"}';

const issuerUrl = originOf("must be https://HOST or https://HOST:PORT in lower case, with nothing behind it", false);

const signInEntries = {
  ISSUER_URL: v.optional(issuerUrl),
  GITHUB_CLIENT_ID: v.optional(v.pipe(v.string(clientIdMessage), v.regex(clientIdPattern, clientIdMessage))),
  GITHUB_WEB_URL: v.optional(
    originOf("must be https://HOST, where GitHub's own pages are, with nothing behind it; http only on loopback", true),
  ),
  ID_TOKEN_SECONDS: v.optional(idTokenSecondsSchema, idTokenSeconds.default),
  // Each is read by itself: the one that does not sign may be wrong.
  SIGNING_KEY_A: v.optional(v.unknown()),
  SIGNING_KEY_B: v.optional(v.unknown()),
  SIGNING_KEYS: v.optional(signingKeysSchema),
  CACHE_SECRET_PREVIOUS: v.optional(textAs(previousMessage, parsePreviousSecret)),
  OIDC_CLIENT_SECRETS: v.optional(textAs(clientSecretsMessage, parseTexts), "{}"),
};
const signInSchema = v.object(signInEntries);

/** The last three are bindings. */
export const signInVariables: readonly string[] = [
  ...Object.keys(signInEntries),
  "AUTHORIZE_LIMIT",
  "DEVICE_LIMIT",
  "TOKEN_FAILURE_LIMIT",
];

/**
 * @returns ISSUER_URL where it is right, whatever else is wrong: it says which hostname is the sign-in's, and begins
 *   the audience of workflows' tokens
 */
export function readIssuerUrl(env: Readonly<Record<string, unknown>>): string | null {
  const parsed = v.safeParse(issuerUrl, env.ISSUER_URL);
  return parsed.success ? parsed.output : null;
}

/**
 * @param env variables and secrets by name
 * @param service what the sign-in shares with the webhook; where it is wrong, so is the sign-in
 * @param isUsed whether there is a client; without one nothing is required
 */
export function readSignIn(
  env: Readonly<Record<string, unknown>>,
  service: Checked<ServiceSettings>,
  isUsed: boolean,
): SignInReading {
  const parsed = v.safeParse(signInSchema, env);
  if (!parsed.success) {
    const settings = { ok: false, problems: problemsOf("", parsed.issues) } as const;
    return { settings, idTokenSeconds: idTokenSeconds.default, clientSecrets: new Map() };
  }
  const { output } = parsed;
  return {
    settings: isUsed ? settingsOf(output, service) : withoutClient(output),
    idTokenSeconds: output.ID_TOKEN_SECONDS,
    clientSecrets: output.OIDC_CLIENT_SECRETS,
  };
}

/** Nothing is required, and what is there has to be right all the same. */
function withoutClient(output: v.InferOutput<typeof signInSchema>): Checked<never> | null {
  const problems = wrongSigningKeys(output);
  return problems.length === 0 ? null : { ok: false, problems };
}

function settingsOf(
  { ISSUER_URL: issuerUrl, GITHUB_CLIENT_ID: githubClientId, ...output }: v.InferOutput<typeof signInSchema>,
  service: Checked<ServiceSettings>,
): Checked<SignInSettings> {
  const keys = selectSigningKeys(output, output.SIGNING_KEYS);
  const problems: Problem[] = [...(service.ok ? [] : service.problems), ...(keys.ok ? [] : keys.problems)];
  const require = (setting: string) => problems.push({ setting, message: "is required where people sign in" });
  if (issuerUrl === undefined) require("ISSUER_URL");
  if (githubClientId === undefined) require("GITHUB_CLIENT_ID");
  const secret = service.ok ? service.value.oauthClientSecrets.get(githubClientId ?? "") : undefined;
  if (service.ok && githubClientId !== undefined && secret === undefined) {
    problems.push({ setting: "OAUTH_CLIENT_SECRETS", message: "lacks the secret of GITHUB_CLIENT_ID" });
  }
  if (!service.ok || !keys.ok || issuerUrl === undefined || githubClientId === undefined || secret === undefined) {
    return { ok: false, problems };
  }
  const { githubApiUrl, cacheSecret } = service.value;
  return {
    ok: true,
    value: {
      issuerUrl,
      githubWebUrl: output.GITHUB_WEB_URL ?? webUrlOf(githubApiUrl),
      githubClientId,
      githubClientSecret: secret,
      signingKeys: keys.value,
      cacheSecret,
      previousCacheSecret: output.CACHE_SECRET_PREVIOUS ?? null,
    },
  };
}

/** An address that is its own origin is in one spelling, and has neither path nor credentials. */
function originOf(message: string, allowsLoopbackHttp: boolean) {
  return v.pipe(
    v.string(message),
    v.check((text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, hostname, origin } = new URL(text);
      if (origin !== text || hostname.endsWith(".")) return false;
      return protocol === "https:" || (allowsLoopbackHttp && protocol === "http:" && isLoopback(hostname));
    }, message),
  );
}

function parsePreviousSecret(text: string): SignInSettings["previousCacheSecret"] {
  const [encoded = "", time = "", ...rest] = text.trim().split("@");
  const secret = decodeSecret(encoded);
  const refusedFrom = parseTime(time);
  return secret === null || refusedFrom === null || rest.length > 0 ? null : { secret, refusedFrom };
}
