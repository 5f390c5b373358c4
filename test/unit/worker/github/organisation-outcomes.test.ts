// Rows about organisations, for calls with the user's own token.
import { describe, expect, test } from "vitest";
import type { GitHubReply } from "../../../../src/worker/github/client.ts";
import { organisationFailures } from "../../../../src/worker/github/endpoints.ts";
import type { HiddenReason, LimitedReason, UnavailableReason } from "../../../../src/worker/github/facts.ts";
import { organisationsLeftOut, readReply, sortResponse } from "../../../../src/worker/github/outcomes.ts";
import { allowList, olderAllowList } from "./allow-list-messages.ts";

const sort = (reply: GitHubReply) => sortResponse(readReply(reply), organisationFailures, 200);
/** The outcome of a response that is no success. */
function outcomeOf(reply: GitHubReply) {
  const sorted = sort(reply);
  return sorted.isSuccess ? "success" : sorted.outcome;
}
type Outcome = ReturnType<typeof outcomeOf>;

const absent: Outcome = { kind: "absent" };
const hidden = (
  reason: HiddenReason,
  { ssoUrl = null, organisation = null }: { ssoUrl?: string | null; organisation?: string | null } = {},
): Outcome => ({ kind: "hidden", reason, ssoUrl, organisation });
const acme = { organisation: "acme" };
const limited = (reason: LimitedReason): Outcome => ({ kind: "limited", reason });
const unavailable = (reason: UnavailableReason): Outcome => ({ kind: "unavailable", reason });

function reply(status: number, body: unknown, headers: Record<string, string> = {}): GitHubReply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "answered", status, headers: new Headers(headers), text };
}
const says = (status: number, message: string, headers: Record<string, string> = {}) =>
  reply(status, { message, documentation_url: "https://docs.github.com/rest", status: String(status) }, headers);

const ssoUrl = "https://github.com/orgs/acme/sso?authorization_request=A1B2C3";
const sso = { "x-github-sso": `required; url=${ssoUrl}` };
const enforcement =
  "Resource protected by organization SAML enforcement. You must grant your personal access token access to this organization.";
const restrictions =
  "Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access restrictions, " +
  "meaning that data access to third-parties is limited.";
const classicForbidden = "`acme` forbids access via a personal access token (classic). Please use a GitHub App.";
const lifetime =
  "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 366 days.";
const secondFactor = "The Initech-2 organization requires all members to have two-factor authentication enabled.";
const scope = "You need at least read:org scope or user scope to list your organizations.";
const anonymous = { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0" };
const spent = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0" };

const rows: [description: string, reply: GitHubReply, outcome: Outcome][] = [
  ["404", says(404, "Not Found"), absent],
  ["404 as a page", reply(404, "<h1>Not Found</h1>"), absent],

  ["403 single sign-on, with an address", says(403, enforcement, sso), hidden("sso_required", { ssoUrl })],
  ["404 single sign-on, with an address", says(404, "Not Found", sso), hidden("sso_required", { ssoUrl })],
  ["403 single sign-on by its header alone", reply(403, "", sso), hidden("sso_required", { ssoUrl })],
  [
    "403 single sign-on, the header in other letters",
    says(403, enforcement, { "x-github-sso": `Required; url=${ssoUrl}` }),
    hidden("sso_required", { ssoUrl }),
  ],
  [
    "403 single sign-on without an address",
    says(403, enforcement, { "x-github-sso": "required" }),
    hidden("sso_required"),
  ],
  ["403 single sign-on by its words alone", says(403, enforcement), hidden("sso_required")],
  [
    "403 single sign-on in other words",
    says(403, "This organization requires single sign-on."),
    hidden("sso_required"),
  ],
  ["403 single signon", says(403, "You must use single signon"), hidden("sso_required")],
  [
    "403 of another reason beside an address",
    says(403, scope, { "x-github-sso": `optional; url=${ssoUrl}` }),
    hidden("scope_missing"),
  ],
  [
    "403 with a header that does not require",
    says(403, "No", { "x-github-sso": "not required" }),
    hidden("organisation_forbidden"),
  ],

  ["403 app restrictions", says(403, restrictions), hidden("app_not_approved", acme)],
  [
    "403 for an app that is not installed",
    says(403, "Resource not accessible by integration"),
    hidden("app_not_approved"),
  ],
  ["403 IP allow list", says(403, allowList), hidden("ip_allow_list", acme)],
  ["403 IP allow list, older wording", says(403, olderAllowList), hidden("ip_allow_list", acme)],
  ["403 IP address", says(403, "The settings do not permit your IP address."), hidden("ip_allow_list")],
  [
    "403 fine-grained token of another owner",
    says(403, "Resource not accessible by personal access token"),
    hidden("other_resource_owner"),
  ],
  ["403 classic tokens forbidden", says(403, classicForbidden), hidden("token_kind_forbidden", acme)],
  ["403 tokens that live too long forbidden", says(403, lifetime), hidden("token_lifetime", acme)],
  [
    "403 tokens that live too long forbidden by an enterprise",
    says(403, lifetime.replace("'acme' organization", "'ACME Inc' enterprise")),
    hidden("token_lifetime"),
  ],
  [
    "403 an enterprise that forbids classic tokens",
    says(403, "The 'ACME Inc' enterprise forbids access via a personal access token (classic)."),
    hidden("token_kind_forbidden"),
  ],
  ["403 no second factor", says(403, secondFactor), hidden("two_factor_required", { organisation: "initech-2" })],
  ["403 scope", says(403, scope), hidden("scope_missing")],
  ["403 that says nothing known", says(403, "You shall not pass"), hidden("organisation_forbidden")],
  ["403 without a body", reply(403, ""), hidden("organisation_forbidden")],
  ["403 as a list", reply(403, [{ message: scope }]), hidden("organisation_forbidden")],

  ["401 Bad credentials", says(401, "Bad credentials"), { kind: "refused", reason: "token_refused" }],
  ["401 in other words", says(401, "Requires authentication"), unavailable("github_invalid_response")],
  ["401 single sign-on", says(401, enforcement, sso), unavailable("github_invalid_response")],
  ["403 suspended", says(403, "Sorry. Your account was suspended"), { kind: "suspended" }],
  ["403 anonymous bucket", says(403, "API rate limit exceeded", anonymous), { kind: "unrecognised" }],
  ["429 anonymous bucket", says(429, "API rate limit exceeded", anonymous), { kind: "unrecognised" }],
  ["403 own bucket", says(403, "API rate limit exceeded for user ID 583231.", spent), limited("github_rate_limit")],
  ["429 own bucket by its numbers alone", reply(429, "", spent), limited("github_rate_limit")],
  ["403 own bucket by its words alone", says(403, "API rate limit exceeded"), limited("github_rate_limit")],
  ["403 secondary", says(403, "You have exceeded a secondary rate limit."), limited("github_secondary_limit")],
  ["403 with Retry-After", says(403, "Slow", { "retry-after": "60" }), limited("github_secondary_limit")],
  ["429 that says nothing", reply(429, ""), limited("github_secondary_limit")],
  ["403 lock-out", says(403, "Maximum number of login attempts exceeded."), limited("github_locked_out")],

  ["410", says(410, "Gone"), unavailable("github_version_retired")],
  [
    "302 of the members endpoint",
    reply(302, "", { location: "https://api.github.test/orgs/acme/public_members/octocat" }),
    unavailable("github_redirect"),
  ],
  ["301", reply(301, ""), unavailable("github_redirect")],
  ["304 without a condition", reply(304, ""), unavailable("github_redirect")],
  ["500", reply(500, "<h1>Unicorn!</h1>"), unavailable("github_server_error")],
  ["503 that says single sign-on", says(503, enforcement, sso), unavailable("github_server_error")],
  ["204", reply(204, ""), unavailable("github_unexpected_status")],
  ["201 with JSON", reply(201, {}), unavailable("github_unexpected_status")],
  ["400", says(400, "Problems parsing JSON"), unavailable("github_unexpected_status")],
  ["422", says(422, "Validation Failed"), unavailable("github_unexpected_status")],
  ["200 as a page", reply(200, "<!DOCTYPE html>"), unavailable("github_invalid_response")],
  ["200 without a body", reply(200, ""), unavailable("github_invalid_response")],
];

describe("a response about an organisation", () => {
  test.each(rows)("%s", (_, answer, outcome) => {
    expect(outcomeOf(answer)).toEqual(outcome);
  });

  test("is its JSON with its headers where it is a 200", () => {
    const headers = { "x-github-sso": "partial-results; organizations=1" };
    expect(sort(reply(200, [1], headers))).toEqual({
      isSuccess: true,
      json: [1],
      headers: new Headers(headers),
    });
  });

  test.each(["github_unreachable", "github_timeout", "github_too_large"] as const)(
    "that does not arrive whole says nothing, even if its head does: %s",
    (reason) => {
      const headers = new Headers(sso);
      for (const status of [null, 200, 401, 403, 404]) {
        expect(outcomeOf({ kind: "failed", reason, status, headers })).toEqual(unavailable(reason));
      }
    },
  );
});

describe("the address for single sign-on goes into logs and messages, so it has to look like one", () => {
  const urlIn = (header: string) => {
    const outcome = outcomeOf(says(403, enforcement, { "x-github-sso": header }));
    return typeof outcome === "object" && outcome.kind === "hidden" ? outcome.ssoUrl : outcome;
  };
  const longest = `https://github.com/${"a".repeat(1000 - "https://github.com/".length)}`;

  test.each([ssoUrl, "https://github.acme.test/orgs/a/sso?x=1&y=2#z", longest])("%s", (url) => {
    expect(urlIn(`required; url=${url}`)).toBe(url);
  });

  test.each([
    "http://github.com/orgs/acme/sso",
    "javascript:alert(1)",
    "https://",
    "",
    "//github.com/orgs/acme/sso",
    "https://github.com/orgs/acme/sso?a b",
    'https://github.com/"onclick',
    "https://github.com/'x",
    "https://github.com/`x`",
    "https://github.com/<script>",
    "https://github.com/\\x",
    "https://github.com/\u00e4",
    `${longest}a`,
  ])("is left out: %s", (url) => {
    expect(urlIn(`required; url=${url}`)).toBeNull();
  });
});

describe("the organisations that single sign-on took out of a list", () => {
  const leftOutBy = (header: string) => organisationsLeftOut(new Headers({ "x-github-sso": header }));

  test("are none where GitHub does not mention them", () => {
    expect(organisationsLeftOut(new Headers())).toEqual([]);
    expect(leftOutBy("")).toEqual([]);
  });

  test.each<[string, number[]]>([
    ["partial-results; organizations=21955855,20582480", [21955855, 20582480]],
    ["partial-results; organizations=1", [1]],
    ["partial-results;organizations=1 , 2", [1, 2]],
    ["Partial-Results; Organizations=7", [7]],
    ["partial-results; organizations=999999999999999", [999999999999999]],
  ])("%s", (header, numbers) => {
    expect(leftOutBy(header)).toEqual(numbers);
  });

  test.each([
    "partial-results",
    "partial-results; organizations=",
    "partial-results; organizations=acme",
    "partial-results; organizations=1,",
    "partial-results; organizations=1,,2",
    "partial-results; organizations=1 2",
    "partial-results; organizations=1.5",
    "partial-results; organizations=9999999999999999",
    "partial-results; organizations=1; more=2",
    "x partial-results; organizations=1",
    `required; url=${ssoUrl}`,
  ])("are unknown, so they could be any: %s", (header) => {
    expect(leftOutBy(header)).toBeNull();
  });
});
