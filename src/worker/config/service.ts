// Variables and secrets of the whole deployment: where GitHub is, and how long its answers are fresh.
import * as v from "valibot";
import { parseJson } from "../json.ts";
import { type Checked, problemsOf } from "./checked.ts";

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

const minSecretBytes = 32;
const secretMessage = `must be set as a secret: base64 of at least ${minSecretBytes} random bytes, such as openssl rand -base64 32 prints`;

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
  CACHE_SECRET: secret(),
  GITHUB_APP_ID: v.optional(appId()),
  GITHUB_APP_PRIVATE_KEY: v.optional(privateKey()),
  OAUTH_CLIENT_SECRETS: v.optional(clientSecrets(), "{}"),
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

/** wrangler's `--var` and the dashboard give strings, wrangler.toml gives numbers. */
function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,6}$/), v.transform(Number))], message),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, message),
  );
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

/** The URL parser has already brought every spelling of an IPv4 address to four decimal numbers. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function secret() {
  return v.pipe(
    v.string(secretMessage),
    v.rawTransform<string, Uint8Array<ArrayBuffer>>(({ dataset, addIssue, NEVER }) => {
      const bytes = decodeBase64(dataset.value);
      if (bytes !== null && bytes.length >= minSecretBytes) return bytes;
      addIssue({ message: secretMessage });
      return NEVER;
    }),
  );
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const trimmed = text.trim();
  // atob forgives missing padding and white space inside, but throws at other lengths and characters.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed) || trimmed.replace(/=+$/, "").length % 4 === 1) return null;
  if (trimmed.includes("=") && trimmed.length % 4 !== 0) return null;
  return Uint8Array.from(atob(trimmed), (character) => character.charCodeAt(0));
}

function appId() {
  const message = "must be the number of a GitHub App, or its client id";
  return v.pipe(
    v.union([v.pipe(v.custom<number>(Number.isSafeInteger), v.transform(String)), v.string()], message),
    // No number below one passes here.
    v.regex(/^[A-Za-z1-9][A-Za-z0-9.]{0,63}$/, message),
  );
}

/** GitHub hands out PKCS#1 keys, which WebCrypto does not read. */
function privateKey() {
  const message =
    "must be the GitHub App's private key as PKCS#8 in PEM: openssl pkcs8 -topk8 -nocrypt -in the-key-from-github.pem";
  return v.pipe(
    v.string(message),
    // Secrets often travel as one line, in which "\\n" in letters stands for each line's end.
    v.transform((text) => text.replaceAll(/\\r\\n|\\n/g, "\n").trim()),
    v.regex(/^-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----$/, message),
  );
}

function clientSecrets() {
  const message = 'must be JSON: an object of client ids and their secrets, {"Iv23…": "…"}';
  return v.pipe(
    v.string(message),
    v.rawTransform<string, ReadonlyMap<string, string>>(({ dataset, addIssue, NEVER }) => {
      const parsed = v.safeParse(
        v.record(
          v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/)),
          v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/)),
        ),
        parseJsonObject(dataset.value),
      );
      if (parsed.success) return new Map(Object.entries(parsed.output));
      addIssue({ message });
      return NEVER;
    }),
  );
}

/** @returns undefined for a text that is not JSON, and for a list, whose positions valibot takes for keys */
function parseJsonObject(text: string): unknown {
  const json = parseJson(text);
  return Array.isArray(json) ? undefined : json;
}
