// The table that sorts every answer of GitHub's: read from the top, the first row that fits counts. Everything that GitHub is known to say
// at an endpoint has its row; whatever fits none is "unavailable" and lets nobody in.

import type { GitHubReply } from "./client.ts";
import type { HiddenReason, LookupFailure, Unavailable } from "./facts.ts";

/** What the rows look at. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The answer's JSON, or undefined where it is none. */
  readonly json: unknown;
  /** `message` of GitHub's error body, or "" where there is none. */
  readonly message: string;
}

interface Row<Outcome> {
  readonly when: (answer: Answer) => boolean;
  readonly outcome: Outcome;
}

export type Ok = { readonly kind: "ok"; readonly json: unknown; readonly headers: Headers };

/** What an answer about an organisation can say besides. */
export type Absent = { readonly kind: "absent" };
export type Hidden = {
  readonly kind: "hidden";
  readonly reason: HiddenReason;
  readonly ssoUrl: string | null;
};

const forbidden = ({ status }: Answer) => status === 403 || status === 429;
const says = (pattern: RegExp) => (answer: Answer) => forbidden(answer) && pattern.test(answer.message);
const invisible = (reason: HiddenReason): Hidden => ({ kind: "hidden", reason, ssoUrl: null });

/** What says something about the token or its owner, wherever it is asked. */
const holderRows: readonly Row<LookupFailure>[] = [
  {
    // Not "Requires authentication", which would mean that the token did not arrive, and not what some proxy says.
    when: ({ status, message }) => status === 401 && /^bad credentials/i.test(message),
    outcome: { kind: "refused", reason: "token_refused" },
  },
  { when: says(/account was suspended/i), outcome: { kind: "suspended" } },
  {
    // An inference, not documented: GitHub counts a token that it knows in its owner's bucket (5,000 an hour or more), and only one that it does not
    // know in the anonymous bucket of the calling address. That address is shared with other Workers, so the bucket is often spent.
    when: (answer) => forbidden(answer) && answer.headers.get("x-ratelimit-limit") === "60",
    outcome: { kind: "unrecognised" },
  },
  // Secondary limits come with quota left or with none, so their words are looked at before the numbers.
  {
    when: says(/secondary rate limit|abuse detection/i),
    outcome: { kind: "limited", reason: "github_secondary_limit" },
  },
  {
    when: (answer) => forbidden(answer) && answer.headers.get("x-ratelimit-remaining") === "0",
    outcome: { kind: "limited", reason: "github_rate_limit" },
  },
  { when: says(/rate limit exceeded/i), outcome: { kind: "limited", reason: "github_rate_limit" } },
  { when: says(/login attempts exceeded/i), outcome: { kind: "limited", reason: "github_locked_out" } },
  {
    when: (answer) => answer.status === 429 || (forbidden(answer) && answer.headers.has("retry-after")),
    outcome: { kind: "limited", reason: "github_secondary_limit" },
  },
];

/** What our own app is told: never anything about the person. */
const appRows: readonly Row<Unavailable>[] = [
  // Wrong credentials, suspended, uninstalled, rate-limited, a permission missing, an IP allow list.
  {
    when: ({ status }) => [401, 403, 404, 422, 429].includes(status),
    outcome: { kind: "unavailable", reason: "github_app_unavailable" },
  },
];

/** What check-token says about the token, and what about our own secret. */
const checkRows: readonly Row<Absent | Unavailable>[] = [
  { when: ({ status }) => status === 404 || status === 422, outcome: { kind: "absent" } },
  {
    when: ({ status }) => [401, 403, 429].includes(status),
    outcome: { kind: "unavailable", reason: "oauth_client_secret" },
  },
];

const accountRows: readonly Row<LookupFailure>[] = [
  { when: says(/by integration/i), outcome: { kind: "limited", reason: "github_not_for_integrations" } },
  { when: says(/IP allow list|your IP address/i), outcome: { kind: "limited", reason: "github_ip_allow_list" } },
  { when: forbidden, outcome: { kind: "limited", reason: "github_forbidden" } },
];

const organisationRows: readonly Row<Absent | Hidden>[] = [
  // Single sign-on hides an organisation behind a 403 or a 404.
  {
    when: ({ status, headers }) => isRefusal(status) && /^required/i.test(ssoHeader(headers)),
    outcome: invisible("sso_required"),
  },
  { when: says(/SAML enforcement|single sign-?on/i), outcome: invisible("sso_required") },
  { when: says(/access restrictions/i), outcome: invisible("app_not_approved") },
  { when: says(/by integration/i), outcome: invisible("app_not_approved") },
  { when: says(/IP allow list|your IP address/i), outcome: invisible("ip_allow_list") },
  { when: says(/by personal access token/i), outcome: invisible("other_resource_owner") },
  { when: says(/forbids access via/i), outcome: invisible("token_kind_forbidden") },
  { when: says(/scope/i), outcome: invisible("scope_missing") },
  { when: forbidden, outcome: invisible("organisation_forbidden") },
  { when: ({ status }) => status === 404, outcome: { kind: "absent" } },
];

/** What says nothing about anybody. */
const troubleRows: readonly Row<Unavailable>[] = [
  { when: ({ status }) => status === 401, outcome: { kind: "unavailable", reason: "github_invalid_response" } },
  { when: ({ status }) => status === 410, outcome: { kind: "unavailable", reason: "github_version_retired" } },
  {
    when: ({ status }) => status >= 300 && status <= 399,
    outcome: { kind: "unavailable", reason: "github_redirect" },
  },
  { when: ({ status }) => status >= 500, outcome: { kind: "unavailable", reason: "github_server_error" } },
];

const unexpected: Unavailable = { kind: "unavailable", reason: "github_unexpected_status" };
export const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" } as const;
export const inconsistentResponses = { kind: "unavailable", reason: "github_inconsistent_responses" } as const;

/**
 * Sorts an answer of `GET /user`.
 *
 * @returns the JSON of a 200, whose shape is still to be checked, or what the answer comes to
 */
export function sortAccountReply(reply: GitHubReply): Ok | LookupFailure {
  return sort<LookupFailure>(reply, [...holderRows, ...accountRows, ...troubleRows]);
}

/** Sorts an answer about an organisation, its teams or somebody's membership in it, asked with the person's own token. */
export function sortOrganisationReply(reply: GitHubReply): Ok | Absent | Hidden | LookupFailure {
  const sorted = sort<Absent | Hidden | LookupFailure>(reply, [...holderRows, ...organisationRows, ...troubleRows]);
  if (sorted.kind !== "hidden" || sorted.reason !== "sso_required" || reply.headers === null) return sorted;
  return { ...sorted, ssoUrl: ssoUrlOf(reply.headers) };
}

/** Sorts an answer to the installed app: whatever is wrong with the app is nobody else's fault. */
export function sortAppReply(reply: GitHubReply, success: 200 | 201): Ok | Unavailable {
  return sort<Unavailable>(reply, [...appRows, ...troubleRows], success);
}

/** Sorts the app's question about somebody's membership: 404 is an answer here. */
export function sortAppMembershipReply(reply: GitHubReply): Ok | Absent | Unavailable {
  return reply.kind === "answered" && reply.status === 404 ? { kind: "absent" } : sortAppReply(reply, 200);
}

/** Sorts an answer of check-token: 404 and 422 say that the token is not this app's; anything else that is wrong is our own fault. */
export function sortCheckReply(reply: GitHubReply): Ok | Absent | Unavailable {
  return sort<Absent | Unavailable>(reply, [...checkRows, ...troubleRows]);
}

/** @returns the numbers of the organisations that GitHub left out of a list because of single sign-on; null if it does not say which in a way that is known */
export function organisationsLeftOut(headers: Headers): number[] | null {
  const header = ssoHeader(headers);
  if (header === "") return [];
  const list = /^partial-results;\s*organizations=(\d{1,15}(?:\s*,\s*\d{1,15})*)$/i.exec(header)?.[1];
  return list === undefined ? null : list.split(",").map(Number);
}

function sort<Outcome>(reply: GitHubReply, rows: readonly Row<Outcome>[], success = 200): Ok | Outcome | Unavailable {
  if (reply.kind === "failed") return { kind: "unavailable", reason: reply.reason };
  const answer = readAnswer(reply);
  if (answer.status === success) {
    return answer.json === undefined ? invalidResponse : { kind: "ok", json: answer.json, headers: answer.headers };
  }
  return rows.find(({ when }) => when(answer))?.outcome ?? unexpected;
}

function readAnswer({ status, headers, text }: GitHubReply & { kind: "answered" }): Answer {
  const json = parseJson(text);
  const hasMessage = typeof json === "object" && json !== null && "message" in json && typeof json.message === "string";
  return { status, headers, json, message: hasMessage ? String(json.message) : "" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRefusal(status: number): boolean {
  return status === 403 || status === 404;
}

function ssoHeader(headers: Headers): string {
  return headers.get("x-github-sso") ?? "";
}

/** `required; url=https://github.com/orgs/ORG/sso?authorization_request=…`; it goes into logs, so it has to look like one. */
function ssoUrlOf(headers: Headers): string | null {
  const url = /url=(https:\/\/[\x21-\x7e]+)$/.exec(ssoHeader(headers))?.[1];
  return url !== undefined && url.length <= 1000 && !/["'`<>\\]/.test(url) ? url : null;
}
