// Variables and secrets of the whole deployment: where GitHub is, and how long its answers are fresh.
import * as v from "valibot";
import { type Checked, problemsOf } from "./checked.ts";
import {
  clientIdPattern,
  decodeSecret,
  isLoopback,
  minSecretBytes,
  parsePrivateKey,
  parseTexts,
  textAs,
  wholeNumber,
} from "./values.ts";

const tokenShapes = ["exact", "prefix"] as const;
/** How closely a token has to look like GitHub's before GitHub is asked about it. */
export type TokenShape = (typeof tokenShapes)[number];

export interface ServiceSettings {
  /** Without a trailing slash. */
  readonly githubApiUrl: string;
  readonly cacheTtlSeconds: number;
  readonly outageGraceSeconds: number;
  readonly tokenShape: TokenShape;
  /** At least 32 bytes. */
  readonly cacheSecret: Uint8Array<ArrayBuffer>;
  /** The installed GitHub App that loads memberships, or null for the user's own token. */
  readonly githubApp: { readonly id: string; readonly privateKey: string } | null;
  /** Client secrets of OAuth and GitHub Apps, by client id. */
  readonly oauthClientSecrets: ReadonlyMap<string, string>;
}

const secretMessage = `must be set as a secret: base64 of at least ${minSecretBytes} random bytes, such as openssl rand -base64 32 prints`;

/** GitHub hands out PKCS#1 keys, which WebCrypto does not read. */
const appKeyMessage =
  "must be the GitHub App's private key as PKCS#8 in PEM: openssl pkcs8 -topk8 -nocrypt -in the-key-from-github.pem";

const clientSecretsMessage = 'must be JSON: an object of client ids and their secrets, {"Iv23…": "…"}';

export const cacheTtlSeconds = { min: 5, max: 600, default: 120 } as const;
export const outageGraceSeconds = { min: 0, max: 3600, default: 600 } as const;

const settingsEntries = {
  GITHUB_API_URL: v.optional(apiUrl(), "https://api.github.com"),
  CACHE_TTL_SECONDS: v.optional(wholeNumber(cacheTtlSeconds.min, cacheTtlSeconds.max), cacheTtlSeconds.default),
  OUTAGE_GRACE_SECONDS: v.optional(
    wholeNumber(outageGraceSeconds.min, outageGraceSeconds.max),
    outageGraceSeconds.default,
  ),
  TOKEN_SHAPE: v.optional(v.picklist(tokenShapes, `must be one of ${tokenShapes.join(", ")}`), "exact"),
  CACHE_SECRET: textAs(secretMessage, decodeSecret),
  GITHUB_APP_ID: v.optional(appId()),
  GITHUB_APP_PRIVATE_KEY: v.optional(textAs(appKeyMessage, parsePrivateKey)),
  OAUTH_CLIENT_SECRETS: v.optional(textAs(clientSecretsMessage, parseClientSecrets), "{}"),
};
/** Only the secret has no default, so a missing key is always the secret. */
const settingsSchema = v.object(settingsEntries, secretMessage);

/** Every name that the environment may hold besides the clusters; the last three are bindings. */
export const serviceVariables: ReadonlySet<string> = new Set([
  ...Object.keys(settingsEntries),
  "KV",
  "NEVER_SEEN_LIMIT",
  "METRICS",
]);

/** @param env variables and secrets by name */
export function readServiceSettings(env: Readonly<Record<string, unknown>>): Checked<ServiceSettings> {
  const parsed = v.safeParse(settingsSchema, env);
  if (!parsed.success) {
    return { ok: false, problems: problemsOf("", parsed.issues) };
  }
  const { output } = parsed;
  const { GITHUB_APP_ID: id, GITHUB_APP_PRIVATE_KEY: key } = output;
  if ((id === undefined) !== (key === undefined)) {
    const setting = id === undefined ? "GITHUB_APP_ID" : "GITHUB_APP_PRIVATE_KEY";
    return {
      ok: false,
      problems: [{ setting, message: "is missing: GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY go together" }],
    };
  }
  return {
    ok: true,
    value: {
      githubApiUrl: output.GITHUB_API_URL,
      cacheTtlSeconds: output.CACHE_TTL_SECONDS,
      outageGraceSeconds: output.OUTAGE_GRACE_SECONDS,
      tokenShape: output.TOKEN_SHAPE,
      cacheSecret: output.CACHE_SECRET,
      githubApp: id === undefined || key === undefined ? null : { id, privateKey: key },
      oauthClientSecrets: output.OAUTH_CLIENT_SECRETS,
    },
  };
}

/**
 * The address of GitHub's own pages, as it follows from its API's: github.com and data residency have the API below
 * "api.", an Enterprise Server below /api/v3 of the same host.
 *
 * @param apiUrl GITHUB_API_URL, without a trailing slash
 * @returns without a trailing slash
 */
export function webUrlOf(apiUrl: string): string {
  const { origin } = new URL(apiUrl);
  return apiUrl.endsWith("/api/v3") ? origin : origin.replace("//api.", "//");
}

/** Tokens are sent there, and plain http would hand them to the network, except on this machine. */
function apiUrl() {
  const message =
    "must be the https address of GitHub's REST API, such as https://api.github.com, https://HOST/api/v3 or " +
    "https://api.SUBDOMAIN.ghe.com, without credentials, query and fragment; http only on loopback";
  return v.pipe(
    v.string(message),
    v.check((text) => {
      if (!/^https?:\/\//.test(text) || /[\s<>?#@\\]/.test(text) || !URL.canParse(text)) return false;
      const { protocol, hostname } = new URL(text);
      return protocol === "https:" || isLoopback(hostname);
    }, message),
    v.transform((text) => new URL(text).href.replace(/\/+$/, "")),
  );
}

function appId() {
  const message = "must be the number of a GitHub App, or its client id";
  return v.pipe(
    v.union([v.pipe(v.custom<number>(Number.isSafeInteger), v.transform(String)), v.string()], message),
    // No number below one passes here.
    v.regex(/^[A-Za-z1-9][A-Za-z0-9.]{0,63}$/, message),
  );
}

export function parseClientSecrets(json: string): ReadonlyMap<string, string> | null {
  const secrets = parseTexts(json);
  const isRight = ([id, secret]: readonly [string, string]) =>
    clientIdPattern.test(id) && /^[\x21-\x7e]{1,255}$/.test(secret);
  return secrets !== null && [...secrets].every(isRight) ? secrets : null;
}
