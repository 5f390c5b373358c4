// Responses as GitHub's API gives them: headers, entity tags, pages, errors.
import { createHash } from "node:crypto";
import type { components } from "@octokit/openapi-types";
import type { StandInContext } from "./context.ts";
import type { GraphqlErrorType } from "./faults.ts";
import type { Grant } from "./grants.ts";
import * as sentences from "./sentences.ts";
import type { StandInTokenKind } from "./token.ts";

type HeaderTable = Readonly<Record<string, string>>;

const jsonType = "application/json; charset=utf-8";
const htmlType = "text/html; charset=utf-8";
const documentation = "https://docs.github.com/rest";
const rateLimitPath = "/overview/rate-limits-for-the-rest-api";
const defaultApiVersion = "2022-11-28";
const apiVersions: readonly string[] = [defaultApiVersion, "2026-03-10"];
const usualPageSize = 30;
const largestPageSize = 100;

/** Kinds of tokens whose responses name the token's scopes, even if it has none. */
const scopedKinds: ReadonlySet<StandInTokenKind> = new Set(["classic", "oauth", "app", "legacy"]);

let requestCount = 0;

/** @returns a request id in GitHub's form: five hexadecimal groups, the last of which is the time */
export function makeRequestId(now: Date): string {
  requestCount += 1;
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");
  // Random enough to look like GitHub's, and much faster than node:crypto. The count makes the id unique.
  const random = (digits: number) => hex(Math.floor(Math.random() * 16 ** digits), digits);
  const seconds = Math.floor(now.getTime() / 1000);
  return [random(4), random(6), hex(requestCount, 7), random(7), hex(seconds, 8)].join(":");
}

/** @returns the API version that the request asks for, and the one that GitHub answers in */
export function apiVersionOf(c: StandInContext): { readonly asked: string; readonly selected: string } {
  const asked = c.req.header("x-github-api-version") ?? defaultApiVersion;
  return { asked, selected: apiVersions.includes(asked) ? asked : defaultApiVersion };
}

/** @returns a resource, which counts against the caller's bucket; or 304, which does not, if the caller has it */
export function resource(c: StandInContext, value: unknown, headers: HeaderTable): Response {
  const { grant } = c.get("caller");
  const body = JSON.stringify(value);
  // GitHub's tag covers the body and these headers of the request. So the tag of one token means nothing with another,
  // and no header of the response counts in it.
  const tagged = JSON.stringify([...["accept", "authorization", "cookie"].map((name) => c.req.header(name)), body]);
  const etag = `"${createHash("sha256").update(tagged).digest("hex")}"`;
  if (grant !== null && matches(c.req.header("if-none-match"), etag)) return notModified(c, etag, headers);
  return jsonResponse(c, 200, body, { ...headers, etag: `W/${etag}`, ...spent(c) });
}

/** Recorded from 2013 to 2023: nothing about the token, the demands of the path, single sign-on or further pages. */
function notModified(c: StandInContext, etag: string, headers: HeaderTable): Response {
  const kept = Object.entries(headers).filter(([name]) => name === "cache-control" || name === "last-modified");
  const { bucket } = c.get("caller");
  return respond(c, 304, "", { ...commonHeaders(c, jsonType), ...Object.fromEntries(kept), etag, ...bucket.headers() });
}

/** @returns what a POST led to: GitHub gives it no entity tag, so nothing of it may be cached */
export function outcome(c: StandInContext, status: 200 | 201, value: unknown): Response {
  return jsonResponse(c, status, JSON.stringify(value), spent(c));
}

/** @returns 204, of what is gone now */
export function noContent(c: StandInContext): Response {
  return jsonResponse(c, 204, "", spent(c));
}

/** @returns an error of the API, which counts against the caller's bucket */
export function refuse(c: StandInContext, status: number, message: string, headers: HeaderTable = {}): Response {
  return errorResponse(c, status, message, { headers: { ...spent(c), ...headers } });
}

/** @returns 404, which counts against the caller's bucket */
export function notFound(c: StandInContext): Response {
  return refuse(c, 404, "Not Found");
}

/** @returns the refusal of a credential that GitHub does not know. It shows no bucket and counts against none. */
export function refuseCredential(c: StandInContext, status = 401, message = "Bad credentials"): Response {
  const headers = c.get("github").counted401 ? spent(c) : {};
  return errorResponse(c, status, message, { headers, grant: null });
}

/** @returns the refusal of an API version that there is not, or null */
export function refuseVersion(c: StandInContext): Response | null {
  const { asked, selected } = apiVersionOf(c);
  return asked === selected ? null : refuse(c, 400, sentences.apiVersion(asked, apiVersions));
}

/** @returns the refusal of a request without credentials */
export function requiresAuthentication(c: StandInContext): Response {
  return refuse(c, 401, "Requires authentication");
}

/** @returns the refusal of a token that is good for other requests, but not for this one */
export function notAccessible(c: StandInContext): Response {
  const isFineGrained = c.get("caller").grant?.kind === "fine_grained";
  const message = `Resource not accessible by ${isFineGrained ? "personal access token" : "integration"}`;
  const documentationPath = "/users/users#get-the-authenticated-user";
  return errorResponse(c, 403, message, { headers: spent(c), documentationPath });
}

/**
 * @param headers what the response tells about the bucket
 * @returns the refusal of a token's owner or an app by number, or of an address
 */
export function primaryLimit(c: StandInContext, status: number, headers: HeaderTable): Response {
  const owner = ownerOf(c);
  if (owner === null) return addressLimit(c, status);
  const time = c.get("github").now().toISOString().slice(0, 19).replace("T", " ");
  const message =
    `API rate limit exceeded for ${owner}. If you reach out to GitHub Support for help, ` +
    `please include the request ID ${c.get("requestId")} and timestamp ${time} UTC.`;
  return errorResponse(c, status, message, { headers, documentationPath: rateLimitPath });
}

/** @returns the refusal of an address, by a server before the API: it knows nothing of tokens and versions */
export function addressLimit(c: StandInContext, status: number): Response {
  const body: components["schemas"]["basic-error"] = {
    message: sentences.addressLimit("127.0.0.1"),
    documentation_url: `${documentation}/overview/resources-in-the-rest-api#rate-limiting`,
  };
  const { vary: _, ...common } = commonHeaders(c, jsonType);
  const bucket = c.get("github").rateLimits.ofAddress.exhaustedHeaders();
  return respond(c, status, JSON.stringify(body), { ...common, ...openToScripts, server: "Varnish", ...bucket });
}

/** @returns the refusal of a caller who asks for too much at a time, even with a full bucket */
export function secondaryLimit(c: StandInContext, status: number, headers: HeaderTable): Response {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return errorResponse(c, status, message, { headers, documentationPath: rateLimitPath });
}

/** @returns GraphQL's errors, and no data at all, with status 200; it does not count against any bucket */
export function graphqlError(c: StandInContext, type: GraphqlErrorType): Response {
  const { bucket } = c.get("caller");
  const messages: Readonly<Record<GraphqlErrorType, string>> = {
    RATE_LIMITED: `API rate limit already exceeded for ${ownerOf(c) ?? "127.0.0.1"}.`,
    FORBIDDEN: "Resource not accessible by integration",
    INSUFFICIENT_SCOPES: "Your token has not been granted the required scopes to execute this query.",
    NOT_FOUND: "Could not resolve to a node with the global id of 'unknown'.",
  };
  return jsonResponse(c, 200, JSON.stringify({ errors: [{ type, message: messages[type] }] }), bucket.headers());
}

/** @returns an error of the API, which counts against no bucket: GitHub repeats the status in the body */
export function errorResponse(
  c: StandInContext,
  status: number,
  message: string,
  options: {
    readonly headers: HeaderTable;
    readonly documentationPath?: string;
    /** Whose token the headers tell about. Default: the caller's. */
    readonly grant?: null;
    /** Further members of the body. */
    readonly members?: Readonly<Record<string, unknown>>;
  },
): Response {
  const body: components["schemas"]["basic-error"] = {
    message,
    documentation_url: documentation + (options.documentationPath ?? ""),
    status: String(status),
  };
  return jsonResponse(c, status, JSON.stringify({ ...body, ...options.members }), options.headers, options.grant);
}

/** @returns a response of the API, which counts against no bucket */
export function jsonResponse(
  c: StandInContext,
  status: number,
  body: string,
  headers: HeaderTable,
  grant: Grant | null = c.get("caller").grant,
): Response {
  return respond(c, status, body, { ...apiHeaders(c, grant), ...headers });
}

/** @returns a response of what stands in front of the API: it knows nothing of tokens, versions and rate limits */
export function pageResponse(c: StandInContext, status: number, body: string, label: "html" | "json"): Response {
  const contentType = label === "html" ? htmlType : jsonType;
  return respond(c, status, body, { ...commonHeaders(c, contentType), "cache-control": "no-cache" });
}

/** Counts the request against the caller's bucket, and returns the headers about the bucket. */
export function spent(c: StandInContext): Record<string, string> {
  const { bucket } = c.get("caller");
  bucket.spend();
  return bucket.headers();
}

/** @returns the same headers, so that they replace GitHub's own */
export function withLowerCaseNames(headers: HeaderTable): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** @returns the page of a list that the request asks for, and the `Link` header that leads to the others */
export function pageOf<Item>(c: StandInContext, items: readonly Item[]) {
  const size = Math.min(positiveNumber(c.req.query("per_page")) ?? usualPageSize, largestPageSize);
  const page = positiveNumber(c.req.query("page")) ?? 1;
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (number: number, relation: string) => {
    const { searchParams } = new URL(c.req.url);
    searchParams.set("page", String(number));
    return `<${c.get("github").url}${c.req.path}?${searchParams}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  const headers: HeaderTable = links.length === 0 ? {} : { link: links.join(", ") };
  return { items: items.slice((page - 1) * size, page * size), headers };
}

/** @returns null for what is no positive number: GitHub ignores it */
function positiveNumber(text = ""): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

/** @returns whose bucket the request counts against; null for that of an address */
function ownerOf(c: StandInContext): string | null {
  const { grant, appSignIn, client } = c.get("caller");
  if (grant?.installation) return `installation ID ${grant.installation.installation.id}`;
  if (grant !== null) return `user ID ${grant.account.id}`;
  const app = appSignIn.kind === "app" ? appSignIn.app : client;
  return app === null ? null : `app ID ${app.appId}`;
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2): `W/` does not count. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = (text: string) => text.trim().replace(/^W\//, "");
  return ifNoneMatch.split(",").some((candidate) => opaque(candidate) === opaque(etag));
}

/** @param headers with names in lower case, so that one replaces another */
function respond(c: StandInContext, status: number, body: string, headers: HeaderTable): Response {
  const extra = withLowerCaseNames(c.get("github").extraHeaders);
  if (status === 204 || status === 304) {
    const { "content-type": _, ...kept } = headers;
    return new Response(null, { status, headers: { ...kept, ...extra } });
  }
  // Announced here, since Hono leaves the body out for HEAD, but keeps the headers.
  const length = { "content-length": String(Buffer.byteLength(body)) };
  return new Response(body, { status, headers: { ...headers, ...extra, ...length } });
}

function commonHeaders(c: StandInContext, contentType: string): Record<string, string> {
  return {
    server: "github.com",
    "content-type": contentType,
    vary: "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
    "strict-transport-security": "max-age=31536000; includeSubdomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "deny",
    "x-github-request-id": c.get("requestId"),
  };
}

const openToScripts = { "access-control-allow-origin": "*", "content-security-policy": "default-src 'none'" };

function apiHeaders(c: StandInContext, grant: Grant | null): Record<string, string> {
  const { asked, selected } = apiVersionOf(c);
  return {
    ...commonHeaders(c, jsonType),
    ...openToScripts,
    "x-github-media-type": "github.v3; format=json",
    ...(asked === selected && !c.get("caller").isUnknown ? { "x-github-api-version-selected": selected } : {}),
    ...(grant === null ? {} : grantHeaders(grant)),
  };
}

/** What each response tells about a token that GitHub knows. */
function grantHeaders({ kind, scopes, oauthClientId, expiration }: Grant): Record<string, string> {
  return {
    // A GitHub App has permissions, not scopes: the header is there, and empty.
    ...(scopedKinds.has(kind) ? { "x-oauth-scopes": kind === "app" ? "" : scopes.join(", ") } : {}),
    ...(oauthClientId === null ? {} : { "x-oauth-client-id": oauthClientId }),
    ...(expiration === null ? {} : { "github-authentication-token-expiration": expiration }),
  };
}
