// Rows about Octogate's own credentials: the installed app, and the clients of check-token. What is wrong with those
// says nothing about a user.
import { describe, expect, test } from "vitest";
import type { GitHubReply } from "../../../../src/worker/github/client.ts";
import {
  appLookupRows,
  appRows,
  checkTokenRows,
  type Row,
  readReply,
  sortResponse,
} from "../../../../src/worker/github/outcomes.ts";

const unavailable = (reason: string) => ({ kind: "unavailable", reason });

function sort<Outcome>(reply: GitHubReply, rows: readonly Row<Outcome>[], success: 200 | 201 = 200) {
  const sorted = sortResponse(readReply(reply), rows, success);
  return sorted.isSuccess ? { json: sorted.json } : sorted.outcome;
}

function reply(status: number, body: unknown, headers: Record<string, string> = {}): GitHubReply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "answered", status, headers: new Headers(headers), text };
}
const says = (status: number, message: string, headers: Record<string, string> = {}) =>
  reply(status, { message }, headers);

const integration = "Resource not accessible by integration";
const anonymous = { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0" };
const failures = ["github_unreachable" as const, "github_timeout" as const, "github_too_large" as const].flatMap(
  (reason) => [null, 200, 201, 404].map((status) => ({ reason, status })),
);

/** The same for all rows. */
const outages: [description: string, reply: GitHubReply, reason: string][] = [
  ["400", says(400, "Problems parsing JSON"), "github_unexpected_status"],
  ["409", says(409, "Conflict"), "github_unexpected_status"],
  ["204", reply(204, ""), "github_unexpected_status"],
  ["302", reply(302, ""), "github_redirect"],
  ["399", reply(399, ""), "github_redirect"],
  ["410", says(410, "Gone"), "github_version_retired"],
  ["500", says(500, "Bad credentials"), "github_server_error"],
  ["503", reply(503, "<h1>Unicorn!</h1>"), "github_server_error"],
  ["200 as a page", reply(200, "<h1>Hello</h1>"), "github_invalid_response"],
];

const wrongWithTheApp: [description: string, reply: GitHubReply][] = [
  ["401 with a wrong key", says(401, "A JSON web token could not be decoded")],
  ["401 with an ended token", says(401, "Bad credentials")],
  ["403 suspended", says(403, "This installation has been suspended")],
  ["403 a permission missing", says(403, integration)],
  ["403 a suspended account", says(403, "Sorry. Your account was suspended")],
  ["403 IP allow list", says(403, "the `acme` organization has an IP allow list enabled")],
  ["422", says(422, "The permissions requested are not granted to this installation.")],
];

/** GitHub wants a rest. */
const limits: [description: string, reply: GitHubReply][] = [
  ["403 rate limit", says(403, "API rate limit exceeded for installation ID 1.", { "x-ratelimit-remaining": "0" })],
  ["403 rate limit in words alone", says(403, "API rate limit exceeded for installation ID 1.")],
  ["403 with nothing left", says(403, "No", { "x-ratelimit-remaining": "0" })],
  ["403 anonymous bucket", says(403, "API rate limit exceeded", anonymous)],
  ["403 secondary limit", says(403, "You have exceeded a secondary rate limit.")],
  ["403 with Retry-After", says(403, "Wait", { "retry-after": "60" })],
  ["429", reply(429, "")],
];
const limited = { kind: "limited", reason: "shared_quota_spent" };

describe("a response to the installed app", () => {
  test.each(wrongWithTheApp)("%s", (_, answer) => {
    expect(sort(answer, appRows, 200)).toEqual(unavailable("github_app_unavailable"));
    expect(sort(answer, appRows, 201)).toEqual(unavailable("github_app_unavailable"));
    expect(sort(answer, appLookupRows)).toEqual(unavailable("github_app_unavailable"));
  });

  test.each(limits)("%s is a limit of the deployment's own", (_, answer) => {
    expect(sort(answer, appRows)).toEqual(limited);
    expect(sort(answer, appLookupRows)).toEqual(limited);
  });

  test.each(outages)("%s", (_, answer, reason) => {
    expect(sort(answer, appRows, 200)).toEqual(unavailable(reason));
    expect(sort(answer, appLookupRows)).toEqual(unavailable(reason));
  });

  test("404 means that the app is not there, or that a user is no member", () => {
    const answer = says(404, "Not Found");
    expect(sort(answer, appRows, 200)).toEqual(unavailable("github_app_unavailable"));
    expect(sort(answer, appLookupRows)).toEqual({ kind: "absent" });
  });

  test("is a success with the one status of its endpoint, and with no other", () => {
    expect(sort(reply(200, { a: 1 }), appRows, 200)).toEqual({ json: { a: 1 } });
    expect(sort(reply(201, { a: 1 }), appRows, 201)).toEqual({ json: { a: 1 } });
    expect(sort(reply(201, {}), appRows, 200)).toEqual(unavailable("github_unexpected_status"));
    expect(sort(reply(200, {}), appRows, 201)).toEqual(unavailable("github_unexpected_status"));
    expect(sort(reply(200, { a: 1 }), appLookupRows)).toEqual({ json: { a: 1 } });
    expect(sort(reply(201, {}), appLookupRows)).toEqual(unavailable("github_unexpected_status"));
  });

  test.each(failures)("that does not arrive whole says nothing: $reason after $status", ({ reason, status }) => {
    const answer: GitHubReply = { kind: "failed", reason, status, headers: new Headers() };
    expect(sort(answer, appRows, 200)).toEqual(unavailable(reason));
    expect(sort(answer, appLookupRows)).toEqual(unavailable(reason));
  });
});

describe("a response of check-token", () => {
  test.each([
    ["404", says(404, "Not Found")],
    ["404 as a page", reply(404, "<h1>Not Found</h1>")],
    ["422", says(422, "Validation Failed")],
  ])("%s says that the token is not this app's", (_, answer) => {
    expect(sort(answer, checkTokenRows)).toEqual({ kind: "absent" });
  });

  test.each([
    ["401 with a wrong secret", says(401, "Bad credentials")],
    ["401 in any words", reply(401, "")],
    ["403", says(403, "Sorry. Your account was suspended")],
  ])("%s is about the client, never about the user", (_, answer) => {
    expect(sort(answer, checkTokenRows)).toEqual(unavailable("oauth_client_secret"));
  });

  test.each(limits)("%s is a limit of the deployment's own", (_, answer) => {
    expect(sort(answer, checkTokenRows)).toEqual(limited);
  });

  test.each(outages)("%s", (_, answer, reason) => {
    expect(sort(answer, checkTokenRows)).toEqual(unavailable(reason));
  });

  test("is a success with a 200, not with a 201", () => {
    expect(sort(reply(201, {}), checkTokenRows)).toEqual(unavailable("github_unexpected_status"));
    expect(sort(reply(200, { a: 1 }), checkTokenRows)).toEqual({ json: { a: 1 } });
  });

  test.each(failures)("that does not arrive whole says nothing: $reason after $status", ({ reason, status }) => {
    expect(sort({ kind: "failed", reason, status, headers: new Headers() }, checkTokenRows)).toEqual(
      unavailable(reason),
    );
  });
});
