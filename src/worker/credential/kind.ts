// Kinds of tokens, by their shape alone. kube-apiserver hands its webhook every token that no other authenticator
// recognised: service account tokens of other audiences, OIDC tokens during an outage of their issuer, bootstrap
// tokens, garbage. Only tokens that GitHub gives to people may go to GitHub; those of its workflows are verified here.
import type { TokenKind } from "../config/cluster.ts";
import type { TokenShape } from "../config/service.ts";
import { decodeBase64 } from "../config/values.ts";
import { parseJson } from "../json.ts";
import { hasValidChecksum } from "./checksum.ts";

/** What a token that goes no further looks like; counted in the log by these names. */
export type ForeignKind = "jwt" | "bootstrap" | "github_installation" | "github_refresh" | "github_malformed" | "other";

export type Credential =
  | { readonly kind: "github"; readonly tokenKind: TokenKind }
  | { readonly kind: "foreign"; readonly foreignKind: ForeignKind };

/** Longer than any that GitHub has announced, and short enough for one header. */
const maxTokenLength = 8192;

/** GitHub's have some 2 KB, and more with many custom properties of the repository. A form has at most 16 KB. */
export const maxWorkflowTokenLength = 12 * 1024;

/**
 * Classic tokens and the first form of app tokens have 40 characters with a checksum. App tokens are about to grow
 * (installation tokens already did, to some 520 characters with dots and dashes), so longer app tokens are let through
 * to GitHub.
 */
const exactShapes: readonly { readonly tokenKind: TokenKind; readonly matches: (token: string) => boolean }[] = [
  { tokenKind: "classic", matches: (token) => isShortToken(token, "ghp_") },
  { tokenKind: "oauth", matches: (token) => isShortToken(token, "gho_") || isLongToken(token, "gho_") },
  { tokenKind: "app", matches: (token) => isShortToken(token, "ghu_") || isLongToken(token, "ghu_") },
  // GitHub documents no checksum for these.
  { tokenKind: "fine_grained", matches: (token) => /^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}$/.test(token) },
  // Before April 2021: personal access tokens and OAuth tokens alike.
  { tokenKind: "legacy", matches: (token) => /^[a-f0-9]{40}$/.test(token) },
];

/** For the day on which GitHub changes a length or the checksum before this code knows: prefix and characters alone. */
const prefixShapes: typeof exactShapes = [
  { tokenKind: "classic", matches: (token) => /^ghp_[A-Za-z0-9._-]{36,}$/.test(token) },
  { tokenKind: "oauth", matches: (token) => /^gho_[A-Za-z0-9._-]{36,}$/.test(token) },
  { tokenKind: "app", matches: (token) => /^ghu_[A-Za-z0-9._-]{36,}$/.test(token) },
  { tokenKind: "fine_grained", matches: (token) => /^github_pat_[A-Za-z0-9._-]{36,}$/.test(token) },
  { tokenKind: "legacy", matches: (token) => /^[a-f0-9]{40}$/.test(token) },
];

/**
 * @param token any string, of any length
 * @param shape how closely it has to look like GitHub's
 */
export function recogniseCredential(token: string, shape: TokenShape): Credential {
  if (token.length <= maxTokenLength) {
    const shapes = shape === "exact" ? exactShapes : prefixShapes;
    const found = shapes.find(({ matches }) => matches(token));
    if (found !== undefined) return { kind: "github", tokenKind: found.tokenKind };
  }
  return { kind: "foreign", foreignKind: foreignKindOf(token) };
}

/**
 * @param actionsIssuer the issuer of workflows' tokens
 * @returns whether a text is a JWT that names this issuer; whether the issuer made it is for its signature to say
 */
export function isWorkflowToken(token: string, actionsIssuer: string): boolean {
  return token.length <= maxWorkflowTokenLength && jwtPattern.test(token) && claimsOf(token)?.iss === actionsIssuer;
}

/** @returns the claims of a JWT, read without trust; null where there are none */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | null {
  const base64 = token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "";
  const json = parseJson(new TextDecoder().decode(decodeBase64(base64) ?? undefined));
  // An object's members are unknown.
  return typeof json === "object" ? (json as Readonly<Record<string, unknown>> | null) : null;
}

const jwtPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

function isShortToken(token: string, prefix: string): boolean {
  if (token.length !== 40 || !token.startsWith(prefix)) return false;
  const body = token.slice(prefix.length);
  return /^[A-Za-z0-9]{36}$/.test(body) && hasValidChecksum(body);
}

function isLongToken(token: string, prefix: string): boolean {
  return token.length > 40 && token.startsWith(prefix) && /^[A-Za-z0-9._-]+$/.test(token.slice(prefix.length));
}

/**
 * GitHub's prefixes first: an installation token can hold three parts with dots and must not be taken for an OIDC
 * token.
 */
function foreignKindOf(token: string): ForeignKind {
  if (token.startsWith("ghs_") || /^v1\.[a-f0-9]{40}$/.test(token)) return "github_installation";
  if (token.startsWith("ghr_")) return "github_refresh";
  if (/^(?:gh[pou]_|github_pat_)/.test(token)) return "github_malformed";
  if (/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token)) return "bootstrap";
  if (jwtPattern.test(token)) return "jwt";
  return "other";
}
