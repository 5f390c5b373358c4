// An answer before it is brought over, and the headers that all answers of GitHub's API share.
import { createHash, randomBytes } from "node:crypto";
import type { components } from "@octokit/openapi-types";
import type { Call } from "./call.ts";
import type { Grant } from "./directory.ts";
import type { StandInTokenKind } from "./token.ts";

export interface Answer {
  readonly status: number;
  /** Names in lower case, so that one replaces another. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type BasicError = components["schemas"]["basic-error"];

export const jsonType = "application/json; charset=utf-8";
export const htmlType = "text/html; charset=utf-8";
const documentation = "https://docs.github.com/rest";

/** Kinds whose answers name the token's scopes, even if it has none. */
const scopedKinds: ReadonlySet<StandInTokenKind> = new Set(["classic", "oauth", "app", "legacy"]);

let requestCount = 0;

/** @returns a request id in GitHub's form: five hexadecimal groups, the last of which is the time */
export function makeRequestId(now: Date): string {
  requestCount += 1;
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");
  const random = randomBytes(9).toString("hex").toUpperCase();
  const seconds = Math.floor(now.getTime() / 1000);
  return [random.slice(0, 4), random.slice(4, 10), hex(requestCount, 7), random.slice(10, 17), hex(seconds, 8)].join(
    ":",
  );
}

/** @returns an answer as the API gives it, without anything about quotas */
export function jsonAnswer(
  call: Call,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): Answer {
  return {
    status,
    headers: {
      ...pageHeaders(call, jsonType),
      "access-control-allow-origin": "*",
      "content-security-policy": "default-src 'none'",
      "x-github-media-type": "github.v3; format=json",
      "x-github-api-version-selected": call.apiVersion,
      ...(call.grant === null ? {} : identityHeaders(call.grant)),
      ...headers,
    },
    body,
  };
}

/** @returns an error of the API: GitHub repeats the status in the body */
export function errorAnswer(
  call: Call,
  status: number,
  message: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly documentationPath?: string },
): Answer {
  const body: BasicError = {
    message,
    documentation_url: documentation + (options.documentationPath ?? ""),
    status: String(status),
  };
  return jsonAnswer(call, status, JSON.stringify(body), options.headers);
}

/** @returns an answer of what stands in front of the API: it knows nothing of tokens, versions and quotas */
export function pageAnswer(call: Call, status: number, body: string, contentType: string): Answer {
  return { status, headers: { ...pageHeaders(call, contentType), "cache-control": "no-cache" }, body };
}

/**
 * Covers the token, because GitHub's answers vary by it: a tag that was given to one token means nothing with another.
 *
 * @returns a weak entity tag
 */
export function entityTag(call: Call, body: string): string {
  const parts = JSON.stringify([call.token, call.apiVersion, body]);
  return `W/"${createHash("sha256").update(parts).digest("hex")}"`;
}

function pageHeaders(call: Call, contentType: string): Record<string, string> {
  return {
    server: "github.com",
    "content-type": contentType,
    vary: "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
    "strict-transport-security": "max-age=31536000; includeSubdomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "deny",
    "x-github-request-id": call.requestId,
  };
}

/** What GitHub says about a token that it knows, whatever it answers. */
function identityHeaders(grant: Grant): Record<string, string> {
  const headers: Record<string, string> = {};
  // What a GitHub App may do is no matter of scopes: the header is there, and empty.
  if (scopedKinds.has(grant.kind)) headers["x-oauth-scopes"] = grant.kind === "app" ? "" : grant.scopes.join(", ");
  if (grant.oauthClientId !== null) headers["x-oauth-client-id"] = grant.oauthClientId;
  if (grant.expiration !== null) headers["github-authentication-token-expiration"] = grant.expiration;
  return headers;
}
