// Responses and failures of GitHub, each with the verdict that a review must have.
import type { Fault } from "../../src/local/github/faults.ts";
import type { StandInTokenKind } from "../../src/local/github/token.ts";
import type { Reason, VerdictKind } from "../../src/worker/reasons.ts";

export interface GitHubCase {
  readonly name: string;
  /** Null: as usual. */
  readonly fault: Fault | null;
  /** Default: classic. */
  readonly kind?: StandInTokenKind;
  readonly verdict: VerdictKind;
  readonly reason: Reason;
  /** The status that the log shows as GitHub's; null where none came. */
  readonly githubStatus: number | null;
}

const limitStatuses = [403, 429] as const;
const limitHeaders = ["full", "retry_after", "none"] as const;
const serverErrors = [500, 502, 503, 504] as const;
const serverErrorBodies = ["unicorn_html", "json", "html_labelled_json"] as const;

const refusals: readonly GitHubCase[] = [
  {
    name: "the account is suspended",
    fault: { kind: "suspended" },
    verdict: "denied",
    reason: "account_suspended",
    githubStatus: 403,
  },
  {
    name: "the token is an integration's",
    fault: { kind: "resource_not_accessible" },
    verdict: "undetermined",
    reason: "github_not_for_integrations",
    githubStatus: 403,
  },
  {
    name: "the token may not ask this",
    fault: { kind: "resource_not_accessible" },
    kind: "fine_grained",
    verdict: "undetermined",
    reason: "github_forbidden",
    githubStatus: 403,
  },
  {
    name: "an IP allow list",
    fault: { kind: "ip_allow_list" },
    verdict: "undetermined",
    reason: "github_ip_allow_list",
    githubStatus: 403,
  },
  {
    name: "a lock-out",
    fault: { kind: "lockout" },
    verdict: "undetermined",
    reason: "github_locked_out",
    githubStatus: 403,
  },
  {
    name: "a retired API version",
    fault: { kind: "gone" },
    verdict: "undetermined",
    reason: "github_version_retired",
    githubStatus: 410,
  },
  ...limitStatuses.map(
    (status): GitHubCase => ({
      name: `the anonymous limit as ${status}`,
      fault: { kind: "anonymous_limit", status },
      verdict: "unauthenticated",
      reason: "token_unrecognised",
      githubStatus: status,
    }),
  ),
  ...limitStatuses.flatMap((status) =>
    limitHeaders.flatMap((headers): GitHubCase[] => [
      {
        name: `the primary limit as ${status}, headers: ${headers}`,
        fault: { kind: "primary_limit", status, headers },
        verdict: "undetermined",
        reason: "github_rate_limit",
        githubStatus: status,
      },
      {
        name: `a secondary limit as ${status}, headers: ${headers}`,
        fault: { kind: "secondary_limit", status, headers },
        verdict: "undetermined",
        reason: "github_secondary_limit",
        githubStatus: status,
      },
    ]),
  ),
];

const failures: readonly GitHubCase[] = [
  ...serverErrors.flatMap((status) =>
    serverErrorBodies.map(
      (body): GitHubCase => ({
        name: `${status} with ${body}`,
        fault: { kind: "server_error", status, body },
        verdict: "undetermined",
        reason: "github_server_error",
        githubStatus: status,
      }),
    ),
  ),
  ...([301, 302, 307, 308] as const).map(
    (status): GitHubCase => ({
      name: `a redirect with ${status} to another host`,
      fault: { kind: "redirect", status, location: "https://attacker.test/user" },
      verdict: "undetermined",
      reason: "github_redirect",
      githubStatus: status,
    }),
  ),
];

const oddStatuses: readonly GitHubCase[] = (
  [
    ["401 that the token did not reach", 401, { message: "Requires authentication" }, "github_invalid_response"],
    ["401 without a word", 401, {}, "github_invalid_response"],
    ["403 without a word", 403, {}, "github_forbidden"],
    ["429 without a word", 429, {}, "github_secondary_limit"],
    ["400", 400, { message: "Problems parsing JSON" }, "github_unexpected_status"],
    ["404", 404, { message: "Not Found" }, "github_unexpected_status"],
    ["451", 451, { message: "Repository access blocked" }, "github_unexpected_status"],
    ["a person under 202", 202, { id: 1001, login: "mona", type: "User" }, "github_unexpected_status"],
    ["a person under 203", 203, { id: 1001, login: "mona", type: "User" }, "github_unexpected_status"],
  ] as const
).map(([name, status, body, reason]) => ({
  name,
  fault: { kind: "body", status, body: JSON.stringify(body) },
  verdict: "undetermined",
  reason,
  githubStatus: status,
}));

/** None of these may let a caller in. */
const invalidBodies: readonly GitHubCase[] = (
  [
    ["nothing", ""],
    ["a page", "<!DOCTYPE html><title>GitHub</title>"],
    ["no object", "[]"],
    ["null", "null"],
    ["a person in a list", JSON.stringify([{ id: 1001, login: "mona", type: "User" }])],
    ["an empty object", "{}"],
    ...personVariants([
      ["no id", { id: undefined }],
      ["an id as a string", { id: "1001" }],
      ["the id 0", { id: 0 }],
      ["a negative id", { id: -1001 }],
      ["a fraction as an id", { id: 1001.5 }],
      ["an id that is not safe", { id: 2 ** 53 }],
      ["no login", { login: undefined }],
      ["an empty login", { login: "" }],
      ["a login of Kubernetes", { login: "system:masters" }],
      ["a login with a space", { login: "mona lisa" }],
      ["a login with a line end", { login: "mona\nroot" }],
      ["a login with a slash", { login: "acme/admins" }],
      ["a login in another script", { login: "m\u043ena" }],
      ["a login that is too long", { login: "m".repeat(40) }],
      ["a login that no account can have", { login: "mona.lisa" }],
      ["no type", { type: undefined }],
      ["a type with a blank", { type: "User " }],
      ["a list of types", { type: ["User"] }],
    ]),
  ] as const
).map(([name, body]) => ({
  name: `200 with ${name}`,
  fault: { kind: "body", status: 200, body },
  verdict: "undetermined",
  reason: "github_invalid_response",
  githubStatus: 200,
}));

const accountsOfNoPerson: readonly GitHubCase[] = ["Bot", "Organization", "Mannequin", "user"].map((type) => ({
  name: `an account of type ${type}`,
  fault: { kind: "body", status: 200, body: JSON.stringify({ id: 1001, login: "mona", type }) },
  verdict: "unauthenticated",
  reason: "not_a_person",
  githubStatus: 200,
}));

const deliveries: readonly GitHubCase[] = [
  {
    name: "an answer as usual",
    fault: null,
    verdict: "authenticated",
    reason: "admitted",
    githubStatus: 200,
  },
  {
    name: "a head that takes its time",
    fault: { kind: "slow_head", delayMs: 300 },
    verdict: "authenticated",
    reason: "admitted",
    githubStatus: 200,
  },
  {
    name: "a body that takes its time",
    fault: { kind: "slow_body", delayMs: 300 },
    verdict: "authenticated",
    reason: "admitted",
    githubStatus: 200,
  },
  ...[true, false].map(
    (declared): GitHubCase => ({
      name: `an answer that is too large, ${declared ? "declared" : "streamed"}`,
      fault: { kind: "oversized", bytes: 1024 * 1024 + 1, declared },
      verdict: "undetermined",
      reason: "github_too_large",
      githubStatus: 200,
    }),
  ),
];

/** Answers that take less than a second. */
export const githubCases: readonly GitHubCase[] = [
  ...deliveries,
  ...refusals,
  ...failures,
  ...oddStatuses,
  ...invalidBodies,
  ...accountsOfNoPerson,
];

/** Answers that the Worker gives up on at its deadline. */
export const slowGitHubCases: readonly GitHubCase[] = (
  [
    ["a head that comes too late", { kind: "slow_head", delayMs: 10_000 }, null],
    ["a body that comes too late", { kind: "slow_body", delayMs: 10_000 }, 200],
    ["no answer", { kind: "hang" }, null],
    ["half an answer, and no end", { kind: "hang_body" }, 200],
  ] as const
).map(([name, fault, githubStatus]) => ({
  name,
  fault,
  verdict: "undetermined",
  reason: "github_timeout",
  githubStatus,
}));

/** Connections that break. Only where workerd itself asks GitHub do they reach it as what they are. */
export const brokenGitHubCases: readonly GitHubCase[] = (
  [
    ["a connection that is reset", { kind: "reset" }, null],
    ["an answer that breaks off", { kind: "truncated" }, 200],
  ] as const
).map(([name, fault, githubStatus]) => ({
  name,
  fault,
  verdict: "undetermined",
  reason: "github_unreachable",
  githubStatus,
}));

function personVariants(variants: readonly (readonly [string, object])[]): [string, string][] {
  return variants.map(([name, difference]) => [
    name,
    JSON.stringify({ id: 1001, login: "mona", type: "User", ...difference }),
  ]);
}
