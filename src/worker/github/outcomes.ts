// Rows that sort GitHub's responses: read from the top, the first row that fits counts. Everything that GitHub is known
// to say has its row. A response that fits none is "unavailable" and admits no user.
import * as v from "valibot";
import { parseJson } from "../json.ts";
import type { GitHubReply } from "./client.ts";
import type { DeniedTokenReason, HiddenReason, LookupFailure, Unavailable } from "./facts.ts";
import { graphqlErrorsSchema } from "./schemas.ts";

/** A reply of the client, with its body read: what the rows look at. */
export type GitHubResponse = AnsweredResponse | (GitHubReply & { readonly kind: "failed" });

export interface AnsweredResponse {
  readonly kind: "answered";
  readonly status: number;
  readonly headers: Headers;
  /** The body's JSON, or undefined where it is none. */
  readonly json: unknown;
  /** `message` of GitHub's error body, or "" where there is none. */
  readonly message: string;
}

export interface Row<Outcome> {
  readonly when: (response: AnsweredResponse) => boolean;
  readonly outcome: Outcome | ((response: AnsweredResponse) => Outcome);
}

/** There is no such organisation, membership or team, as far as the caller may know. */
export interface Absent {
  readonly kind: "absent";
}

/** The token may not see the organisation. */
export interface Hidden {
  readonly kind: "hidden";
  readonly reason: HiddenReason;
  readonly ssoUrl: string | null;
  /** The organisation that GitHub's sentence names, in lower case; null where it names none. */
  readonly organisation: string | null;
}

/** Where a call with the deployment's own credential leads, if not to an answer. */
export type AppFailure = Unavailable | (LookupFailure & { readonly kind: "limited" });

const absent: Absent = { kind: "absent" };
const unavailable = <Reason extends Unavailable["reason"]>(reason: Reason) =>
  ({ kind: "unavailable", reason }) as const satisfies Unavailable;
const hidden =
  (reason: HiddenReason) =>
  ({ message }: AnsweredResponse): Hidden => ({
    kind: "hidden",
    reason,
    ssoUrl: null,
    organisation: organisationNamedIn(message),
  });
const denied = (reason: DeniedTokenReason): LookupFailure => ({ kind: "denied", reason });

export const invalidResponse = unavailable("github_invalid_response");
export const inconsistentResponses = unavailable("github_inconsistent_responses");
export const appUnavailable = unavailable("github_app_unavailable");
const unexpectedStatus = unavailable("github_unexpected_status");

const isForbidden = ({ status }: AnsweredResponse) => status === 403 || status === 429;
const hasStatus =
  (...statuses: readonly number[]) =>
  ({ status }: AnsweredResponse) =>
    statuses.includes(status);
const says = (pattern: RegExp) => (response: AnsweredResponse) =>
  isForbidden(response) && pattern.test(response.message);

/** What says something about the token or its owner, at every endpoint that takes the user's own token. */
export const ownTokenRows: readonly Row<LookupFailure>[] = [
  {
    // Not "Requires authentication", which would mean that the token did not arrive, and not the words of some proxy.
    when: ({ status, message }) => status === 401 && /^bad credentials/i.test(message),
    outcome: { kind: "refused", reason: "token_refused" },
  },
  { when: says(/account was suspended/i), outcome: { kind: "suspended" } },
  {
    // An inference, not documented: GitHub counts a token that it knows in its owner's bucket (5,000 an hour or more),
    // and only one that it does not know in the anonymous bucket of the calling address. Other Workers share that
    // address, so the bucket is often spent.
    when: (response) => isForbidden(response) && response.headers.get("x-ratelimit-limit") === "60",
    outcome: { kind: "unrecognised" },
  },
  // Secondary limits come with quota left or with none, so their words are looked at before the numbers.
  {
    when: says(/secondary rate limit|abuse detection/i),
    outcome: { kind: "limited", reason: "github_secondary_limit" },
  },
  {
    when: (response) => isForbidden(response) && response.headers.get("x-ratelimit-remaining") === "0",
    outcome: { kind: "limited", reason: "github_rate_limit" },
  },
  { when: says(/rate limit exceeded/i), outcome: { kind: "limited", reason: "github_rate_limit" } },
  { when: says(/login attempts exceeded/i), outcome: { kind: "limited", reason: "github_locked_out" } },
  {
    when: (response) => response.status === 429 || (isForbidden(response) && response.headers.has("retry-after")),
    outcome: { kind: "limited", reason: "github_secondary_limit" },
  },
];

/**
 * `The 'acme' organization forbids access via a personal access tokens (classic) if the token's lifetime is greater
 * than 7 days.` An enterprise says the same of all that it owns.
 */
const saysLifetime = says(/forbids access via .*lifetime/i);
const saysForbidden = says(/forbids access via/i);
/** `The acme organization requires all members to have two-factor authentication enabled.` */
const saysTwoFactor = says(/two-?factor/i);

export const accountRows: readonly Row<LookupFailure>[] = [
  { when: saysLifetime, outcome: denied("token_lifetime") },
  { when: saysForbidden, outcome: denied("token_kind_forbidden") },
  { when: saysTwoFactor, outcome: denied("two_factor_required") },
  { when: says(/by integration/i), outcome: { kind: "limited", reason: "github_not_for_integrations" } },
  { when: says(/IP allow list|your IP address/i), outcome: { kind: "limited", reason: "github_ip_allow_list" } },
  { when: isForbidden, outcome: { kind: "limited", reason: "github_forbidden" } },
];

const ssoRequired = (response: AnsweredResponse): Hidden => ({
  ...hidden("sso_required")(response),
  ssoUrl: ssoUrlOf(response.headers),
});

export const organisationRows: readonly Row<Absent | Hidden>[] = [
  // Single sign-on hides an organisation behind a 403 or a 404.
  {
    when: ({ status, headers }) => (status === 403 || status === 404) && /^required/i.test(ssoHeader(headers)),
    outcome: ssoRequired,
  },
  { when: says(/SAML enforcement|single sign-?on/i), outcome: ssoRequired },
  { when: says(/access restrictions/i), outcome: hidden("app_not_approved") },
  { when: says(/by integration/i), outcome: hidden("app_not_approved") },
  { when: says(/IP allow list|your IP address/i), outcome: hidden("ip_allow_list") },
  { when: says(/by personal access token/i), outcome: hidden("other_resource_owner") },
  { when: saysLifetime, outcome: hidden("token_lifetime") },
  { when: saysForbidden, outcome: hidden("token_kind_forbidden") },
  { when: saysTwoFactor, outcome: hidden("two_factor_required") },
  { when: says(/scope/i), outcome: hidden("scope_missing") },
  { when: isForbidden, outcome: hidden("organisation_forbidden") },
  { when: hasStatus(404), outcome: absent },
];

/** Whether GitHub wants a rest from the deployment's own credential: its quota is spent, or it asked too fast. */
export function saysLimit(response: AnsweredResponse): boolean {
  const { status, headers, message, json } = response;
  if (status === 200) return isGraphqlLimit(json);
  const isLimit = headers.get("x-ratelimit-remaining") === "0" || headers.has("retry-after");
  return status === 429 || (status === 403 && (isLimit || /rate limit|abuse detection/i.test(message)));
}

/** GraphQL says with a 200 that its quota is spent. */
function isGraphqlLimit(json: unknown): boolean {
  const graphql = v.safeParse(graphqlErrorsSchema, json);
  return graphql.success && graphql.output.errors.some(({ type }) => type === "RATE_LIMITED");
}

const deploymentLimits: readonly Row<LookupFailure & { readonly kind: "limited" }>[] = [
  { when: saysLimit, outcome: { kind: "limited", reason: "shared_quota_spent" } },
];

/** What the operator's own GitHub App is told: never anything about the user. */
export const appRows: readonly Row<AppFailure>[] = [
  ...deploymentLimits,
  // Wrong credentials, suspended, uninstalled, a permission missing, an IP allow list.
  { when: hasStatus(401, 403, 404, 422), outcome: appUnavailable },
];

/** The same where a 404 is an answer: no such installation, or a user who is no member. */
export const appLookupRows: readonly Row<Absent | AppFailure>[] = [
  { when: hasStatus(404), outcome: absent },
  ...appRows,
];

/** What check-token says about the token, and what about the operator's own client secret. */
export const checkTokenRows: readonly Row<Absent | AppFailure>[] = [
  { when: hasStatus(404, 422), outcome: absent },
  ...deploymentLimits,
  { when: hasStatus(401, 403), outcome: unavailable("oauth_client_secret") },
];

/** What says nothing about the user, at every endpoint. */
const outageRows: readonly Row<Unavailable>[] = [
  { when: hasStatus(401), outcome: invalidResponse },
  { when: hasStatus(410), outcome: unavailable("github_version_retired") },
  { when: ({ status }) => status >= 300 && status <= 399, outcome: unavailable("github_redirect") },
  { when: ({ status }) => status >= 500, outcome: unavailable("github_server_error") },
];

/**
 * @returns the JSON of a successful response, whose shape is still to be checked, or the outcome of the row that fits
 */
export function sortResponse<Outcome>(
  response: GitHubResponse,
  rows: readonly Row<Outcome>[],
  success: 200 | 201,
):
  | { readonly isSuccess: true; readonly json: unknown; readonly headers: Headers }
  | { readonly isSuccess: false; readonly outcome: Outcome | Unavailable } {
  if (response.kind === "failed") {
    return { isSuccess: false, outcome: { kind: "unavailable", reason: response.reason } };
  }
  if (response.status !== success) {
    const outcome = outcomeOf(rows, response) ?? outcomeOf(outageRows, response) ?? unexpectedStatus;
    return { isSuccess: false, outcome };
  }
  const { json, headers } = response;
  return json === undefined ? { isSuccess: false, outcome: invalidResponse } : { isSuccess: true, json, headers };
}

function outcomeOf<Outcome>(rows: readonly Row<Outcome>[], response: AnsweredResponse): Outcome | undefined {
  const outcome = rows.find(({ when }) => when(response))?.outcome;
  return outcome instanceof Function ? outcome(response) : outcome;
}

/**
 * @returns the numbers of the organisations that GitHub left out of a list because of single sign-on; null if it does
 *   not name them in a form that is known
 */
export function organisationsLeftOut(headers: Headers): number[] | null {
  const header = ssoHeader(headers);
  if (header === "") return [];
  const list = /^partial-results;\s*organizations=(\d{1,15}(?:\s*,\s*\d{1,15})*)$/i.exec(header)?.[1];
  return list === undefined ? null : list.split(",").map(Number);
}

/**
 * "the `acme` organization has …", "The 'acme' organization forbids …", "`acme` forbids …", "The acme organization
 * requires …"
 */
const namedOrganisation =
  /[`'"]([A-Za-z0-9_-]{1,39})[`'"] (?:organization\b|forbids\b)|\bthe ([A-Za-z0-9_-]{1,39}) organization\b/i;

function organisationNamedIn(message: string): string | null {
  const [, quoted, bare] = namedOrganisation.exec(message) ?? [];
  return (quoted ?? bare)?.toLowerCase() ?? null;
}

export function isLookupFailure(outcome: { readonly kind: string }): outcome is LookupFailure {
  return ["refused", "unrecognised", "suspended", "denied", "limited", "unavailable"].includes(outcome.kind);
}

/**
 * The meaning of a failure once `GET /user` has found the owner of the same token. Another call that says the token is
 * unknown or its owner suspended is inconsistent with that: one of the two may be a moment older, so no user may be
 * refused on it.
 */
export function afterFound(failure: LookupFailure): LookupFailure {
  return ["denied", "limited", "unavailable"].includes(failure.kind) ? failure : inconsistentResponses;
}

/** @returns the failure that counts among several: an outage first, since it says nothing about the user */
export function worst(failures: readonly LookupFailure[]): LookupFailure | undefined {
  return failures.find(({ kind }) => kind === "unavailable") ?? failures[0];
}

export function readReply(reply: GitHubReply): GitHubResponse {
  if (reply.kind === "failed") return reply;
  const { kind, status, headers, text, keptJson } = reply;
  const json = keptJson === undefined ? parseJson(text) : keptJson;
  const hasMessage = typeof json === "object" && json !== null && "message" in json && typeof json.message === "string";
  return { kind, status, headers, json, message: hasMessage ? String(json.message) : "" };
}

function ssoHeader(headers: Headers): string {
  return headers.get("x-github-sso") ?? "";
}

/**
 * `required; url=https://github.com/orgs/ORG/sso?authorization_request=…`. It goes into logs, so it has to look like
 * one.
 */
function ssoUrlOf(headers: Headers): string | null {
  const url = /url=(https:\/\/[\x21-\x7e]+)$/.exec(ssoHeader(headers))?.[1];
  return url !== undefined && url.length <= 1000 && !/["'`<>\\]/.test(url) ? url : null;
}
