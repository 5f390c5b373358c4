// The variables and secrets of the whole deployment: where GitHub is, and how long its answers are believed.
import * as v from "valibot";
import type { Checked } from "./checked.ts";
import { problemsOf } from "./schema-problems.ts";

export const tokenShapes = ["exact", "prefix"] as const;
/** How closely a token has to look like GitHub's before GitHub is asked about it. */
export type TokenShape = (typeof tokenShapes)[number];

export interface ServiceSettings {
  /** Without a trailing slash. */
  readonly githubApiUrl: string;
  readonly cacheTtlSeconds: number;
  readonly outageGraceSeconds: number;
  readonly tokenShape: TokenShape;
  /** At least 32 bytes. */
  readonly cacheSecret: Uint8Array;
}

const minSecretBytes = 32;
const secretMessage = `must be set as a secret: base64 of at least ${minSecretBytes} random bytes, such as openssl rand -base64 32 prints`;

const settingsEntries = {
  GITHUB_API_URL: v.optional(apiUrl(), "https://api.github.com"),
  CACHE_TTL_SECONDS: v.optional(wholeNumber(5, 600), 120),
  OUTAGE_GRACE_SECONDS: v.optional(wholeNumber(0, 3600), 600),
  TOKEN_SHAPE: v.optional(v.picklist(tokenShapes, `must be one of ${tokenShapes.join(", ")}`), "exact"),
  CACHE_SECRET: secret(),
};
/** The secret is the only one that has no default, so it is what is missing where a key is missing. */
const settingsSchema = v.object(settingsEntries, secretMessage);

/** Every name that the environment may hold besides the clusters; the last two are bindings. */
export const serviceVariables: ReadonlySet<string> = new Set([
  ...Object.keys(settingsEntries),
  "KV",
  "NEVER_SEEN_LIMIT",
]);

/** @param env variables and secrets by name */
export function readServiceSettings(env: Readonly<Record<string, unknown>>): Checked<ServiceSettings> {
  const parsed = v.safeParse(settingsSchema, env);
  if (!parsed.success) {
    return { ok: false, problems: problemsOf("", parsed.issues).map((p) => ({ ...p, setting: p.setting.slice(1) })) };
  }
  const { GITHUB_API_URL, CACHE_TTL_SECONDS, OUTAGE_GRACE_SECONDS, TOKEN_SHAPE, CACHE_SECRET } = parsed.output;
  return {
    ok: true,
    value: {
      githubApiUrl: GITHUB_API_URL,
      cacheTtlSeconds: CACHE_TTL_SECONDS,
      outageGraceSeconds: OUTAGE_GRACE_SECONDS,
      tokenShape: TOKEN_SHAPE,
      cacheSecret: CACHE_SECRET,
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

/** Tokens are sent there: plain http would hand them to the network, except on this very machine. */
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
    v.rawTransform<string, Uint8Array>(({ dataset, addIssue, NEVER }) => {
      const bytes = decodeBase64(dataset.value);
      if (bytes !== null && bytes.length >= minSecretBytes) return bytes;
      addIssue({ message: secretMessage });
      return NEVER;
    }),
  );
}

function decodeBase64(text: string): Uint8Array | null {
  const trimmed = text.trim();
  // atob forgives missing padding and white space inside, but throws at other lengths and characters.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed) || trimmed.replace(/=+$/, "").length % 4 === 1) return null;
  if (trimmed.includes("=") && trimmed.length % 4 !== 0) return null;
  return Uint8Array.from(atob(trimmed), (character) => character.charCodeAt(0));
}
