import { describe, expect, test } from "vitest";
import type { LimitedReason, LookupFailure, UnavailableReason } from "../../../../src/worker/github/facts.ts";
import { afterFound, isLookupFailure, worst } from "../../../../src/worker/github/outcomes.ts";
import { errorAnswer, userAnswer } from "../support.ts";
import { allowList, olderAllowList } from "./allow-list-messages.ts";
import { outcomeOf } from "./support.ts";

const refused: LookupFailure = { kind: "refused", reason: "token_refused" };
const suspended: LookupFailure = { kind: "suspended" };
const unrecognised: LookupFailure = { kind: "unrecognised" };
const limited = (reason: LimitedReason): LookupFailure => ({ kind: "limited", reason });
const unavailable = (reason: UnavailableReason): LookupFailure => ({ kind: "unavailable", reason });

const html = (status: number, text: string, contentType = "text/html; charset=utf-8", headers = {}) =>
  new Response(text, { status, headers: { "content-type": contentType, ...headers } });
const json = (status: number, value: unknown, headers: Record<string, string> = {}) =>
  Response.json(value, { status, headers });
const unicorn = "<!DOCTYPE html><title>Unicorn! &middot; GitHub</title>";

const anonymousBucket = { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-resource": "core" };
const ownBucket = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-resource": "core" };
const quotaLeft = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4000" };
const anonymousLimit =
  "API rate limit exceeded for 203.0.113.7. (But here's the good news: Authenticated requests get more.)";
const ownLimit = "API rate limit exceeded for user ID 583231.";
const secondaryLimit = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
const abuse = "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.";
const integration = "Resource not accessible by integration";
const allowListWithoutItsName = "Your account's settings do not permit your IP address to access this resource.";
const lockout = "Maximum number of login attempts exceeded. Please try again later.";
const lifetime =
  "forbids access via a personal access tokens (classic) if the token's lifetime is greater than 7 days.";
const noUserAgent = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header";

const rows: [description: string, answer: () => Response, outcome: LookupFailure][] = [
  ["401 Bad credentials", () => errorAnswer(401, "Bad credentials"), refused],
  ["401 as older servers word it", () => json(401, { message: "Bad credentials" }), refused],
  [
    "401 Bad credentials with the anonymous bucket",
    () => errorAnswer(401, "Bad credentials", anonymousBucket),
    refused,
  ],
  [
    "401 Requires authentication",
    () => errorAnswer(401, "Requires authentication"),
    unavailable("github_invalid_response"),
  ],
  ["401 of a proxy in between", () => errorAnswer(401, "Unauthorized"), unavailable("github_invalid_response")],
  ["401 as a page", () => html(401, "<h1>Sign in</h1>"), unavailable("github_invalid_response")],
  ["401 without a body", () => new Response(null, { status: 401 }), unavailable("github_invalid_response")],
  ["401 with a message that is no string", () => json(401, { message: 1 }), unavailable("github_invalid_response")],
  [
    "401 with a list of messages",
    () => json(401, { message: ["Bad credentials"] }),
    unavailable("github_invalid_response"),
  ],
  [
    "401 with other words before it",
    () => errorAnswer(401, "No bad credentials"),
    unavailable("github_invalid_response"),
  ],
  ["401 as a list", () => json(401, [{ message: "Bad credentials" }]), unavailable("github_invalid_response")],

  ["403 suspended, with a period", () => errorAnswer(403, "Sorry. Your account was suspended."), suspended],
  ["403 suspended, without a period", () => errorAnswer(403, "Sorry. Your account was suspended"), suspended],
  [
    "403 suspended, with no quota left",
    () => errorAnswer(403, "Sorry. Your account was suspended", ownBucket),
    suspended,
  ],

  ["403 anonymous bucket", () => errorAnswer(403, anonymousLimit, anonymousBucket), unrecognised],
  ["429 anonymous bucket", () => errorAnswer(429, anonymousLimit, anonymousBucket), unrecognised],
  ["403 anonymous bucket, secondary", () => errorAnswer(403, secondaryLimit, anonymousBucket), unrecognised],
  ["429 anonymous bucket as a page", () => html(429, "<h1>Whoa</h1>", "text/html", anonymousBucket), unrecognised],
  ["403 anonymous bucket by its words alone", () => errorAnswer(403, anonymousLimit), limited("github_rate_limit")],

  ["403 own bucket", () => errorAnswer(403, ownLimit, ownBucket), limited("github_rate_limit")],
  ["429 own bucket", () => errorAnswer(429, ownLimit, ownBucket), limited("github_rate_limit")],
  [
    "403 own bucket of 15,000",
    () => errorAnswer(403, ownLimit, { ...ownBucket, "x-ratelimit-limit": "15000" }),
    limited("github_rate_limit"),
  ],
  ["403 own bucket by its words alone", () => errorAnswer(403, ownLimit), limited("github_rate_limit")],
  ["429 own bucket by its words alone", () => errorAnswer(429, ownLimit), limited("github_rate_limit")],
  ["403 own bucket by its numbers alone", () => html(403, "", "text/html", ownBucket), limited("github_rate_limit")],
  ["429 own bucket by its numbers alone", () => html(429, "", "text/html", ownBucket), limited("github_rate_limit")],

  ["403 secondary", () => errorAnswer(403, secondaryLimit), limited("github_secondary_limit")],
  ["429 secondary", () => errorAnswer(429, secondaryLimit), limited("github_secondary_limit")],
  [
    "403 secondary with quota left",
    () => errorAnswer(403, secondaryLimit, quotaLeft),
    limited("github_secondary_limit"),
  ],
  [
    "403 secondary with none left",
    () => errorAnswer(403, secondaryLimit, ownBucket),
    limited("github_secondary_limit"),
  ],
  ["403 secondary as in 2018", () => errorAnswer(403, abuse), limited("github_secondary_limit")],
  [
    "403 with Retry-After in seconds",
    () => errorAnswer(403, "Slow down", { "retry-after": "60" }),
    limited("github_secondary_limit"),
  ],
  [
    "429 with Retry-After as a date",
    () => errorAnswer(429, "", { "retry-after": "Fri, 20 Nov 2026 10:01:00 GMT" }),
    limited("github_secondary_limit"),
  ],
  [
    "403 with Retry-After as a date",
    () => errorAnswer(403, "", { "retry-after": "Fri, 20 Nov 2026 10:01:00 GMT" }),
    limited("github_secondary_limit"),
  ],
  ["429 that says nothing", () => new Response(null, { status: 429 }), limited("github_secondary_limit")],
  ["429 as a page", () => html(429, "<h1>Whoa there!</h1>"), limited("github_secondary_limit")],

  [
    "403 for the token of an installation",
    () => errorAnswer(403, integration, quotaLeft),
    limited("github_not_for_integrations"),
  ],
  ["403 IP allow list", () => errorAnswer(403, allowList), limited("github_ip_allow_list")],
  ["403 IP allow list, older wording", () => errorAnswer(403, olderAllowList), limited("github_ip_allow_list")],
  ["403 IP address", () => errorAnswer(403, allowListWithoutItsName), limited("github_ip_allow_list")],
  ["403 lock-out", () => errorAnswer(403, lockout), limited("github_locked_out")],
  [
    "403 an enterprise that forbids tokens which live too long",
    () => json(403, { message: `The 'ACME Inc' enterprise ${lifetime}` }),
    { kind: "denied", reason: "token_lifetime" },
  ],
  [
    "403 an organisation that does so",
    () => json(403, { message: `The 'acme' organization ${lifetime}` }),
    { kind: "denied", reason: "token_lifetime" },
  ],
  [
    "403 an enterprise that forbids classic tokens",
    () => json(403, { message: "The 'ACME Inc' enterprise forbids access via a personal access token (classic)." }),
    { kind: "denied", reason: "token_kind_forbidden" },
  ],
  [
    "403 no second factor",
    () =>
      json(403, { message: "The acme organization requires all members to have two-factor authentication enabled." }),
    { kind: "denied", reason: "two_factor_required" },
  ],
  ["403 without User-Agent", () => html(403, noUserAgent), limited("github_forbidden")],
  [
    "403 permission of a token",
    () => errorAnswer(403, "Resource not accessible by personal access token"),
    limited("github_forbidden"),
  ],
  ["403 as null", () => json(403, null), limited("github_forbidden")],
  ["403 as a word", () => json(403, "rate limit exceeded"), limited("github_forbidden")],
  ["403 without a body", () => new Response(null, { status: 403 }), limited("github_forbidden")],
  [
    "403 with a user in its body",
    () => json(403, { id: 583231, login: "octocat", type: "User" }),
    limited("github_forbidden"),
  ],

  ["410", () => errorAnswer(410, "This API version is no longer supported"), unavailable("github_version_retired")],
  ...[400, 402, 404, 405, 406, 409, 415, 418, 422, 451, 499].map((status): (typeof rows)[number] => [
    `${status}`,
    () => errorAnswer(status, "Not Found"),
    unavailable("github_unexpected_status"),
  ]),
  ...[201, 202, 203, 206, 226, 299].map((status): (typeof rows)[number] => [
    `${status} with a user`,
    () => json(status, { id: 583231, login: "octocat", type: "User" }),
    unavailable("github_unexpected_status"),
  ]),
  ["204", () => new Response(null, { status: 204 }), unavailable("github_unexpected_status")],
  ["205", () => new Response(null, { status: 205 }), unavailable("github_unexpected_status")],
  ["304 without a condition", () => new Response(null, { status: 304 }), unavailable("github_redirect")],
  ...[301, 302, 303, 307, 308, 300].map((status): (typeof rows)[number] => [
    `${status}`,
    () => json(status, { id: 583231, login: "octocat", type: "User" }, { location: "https://evil.test/user" }),
    unavailable("github_redirect"),
  ]),
  ...[500, 501, 502, 503, 504, 520, 530, 599].flatMap((status): (typeof rows)[number][] => [
    [`${status} as a page`, () => html(status, unicorn), unavailable("github_server_error")],
    [
      `${status} as JSON`,
      () => errorAnswer(status, "No server is currently available"),
      unavailable("github_server_error"),
    ],
    [
      `${status} that says Bad credentials`,
      () => errorAnswer(status, "Bad credentials"),
      unavailable("github_server_error"),
    ],
    [
      `${status} of the anonymous bucket`,
      () => html(status, "", "text/html", anonymousBucket),
      unavailable("github_server_error"),
    ],
  ]),

  ["200 as a page", () => html(200, unicorn), unavailable("github_invalid_response")],
  [
    "200 as a page labelled as JSON",
    () => html(200, unicorn, "application/json; charset=utf-8"),
    unavailable("github_invalid_response"),
  ],
  ["200 without a body", () => new Response(null, { status: 200 }), unavailable("github_invalid_response")],
  [
    "200 that says Bad credentials",
    () => json(200, { message: "Bad credentials" }),
    unavailable("github_invalid_response"),
  ],
];

describe("a response of GET /user", () => {
  test.each(rows)("%s", async (_, answer, outcome) => {
    expect(await outcomeOf(answer())).toEqual(outcome);
  });

  test("200 with a user", async () => {
    expect(await outcomeOf(userAnswer())).toMatchObject({ kind: "found" });
  });

  test("200 with a user and the headers of an anonymous bucket: the status decides", async () => {
    expect(await outcomeOf(userAnswer({}, anonymousBucket))).toMatchObject({ kind: "found" });
  });

  test("200 with a user labelled as a page: the body decides", async () => {
    const text = JSON.stringify({ id: 583231, login: "octocat", type: "User" });
    expect(await outcomeOf(html(200, text))).toMatchObject({ kind: "found" });
  });
});

const failures: LookupFailure[] = [
  refused,
  { kind: "refused", reason: "token_client_mismatch" },
  unrecognised,
  suspended,
  limited("github_rate_limit"),
  unavailable("github_timeout"),
  { kind: "denied", reason: "token_lifetime" },
];

test("a lookup failure is every outcome that says nothing about an organisation", () => {
  expect(failures.every(isLookupFailure)).toBe(true);
  for (const kind of ["ok", "absent", "hidden", "active", "pending", "none", "found"]) {
    expect(isLookupFailure({ kind })).toBe(false);
  }
});

test("once the owner is found, a refusal of the same token is inconsistent with that, and a limit is not", () => {
  const inconsistent = unavailable("github_inconsistent_responses");
  expect(failures.map(afterFound)).toEqual([
    inconsistent,
    inconsistent,
    inconsistent,
    inconsistent,
    limited("github_rate_limit"),
    unavailable("github_timeout"),
    { kind: "denied", reason: "token_lifetime" },
  ]);
  for (const failure of failures.slice(4)) expect(afterFound(failure)).toBe(failure);
});

test("the worst of several failures is the first outage, or else the first one", () => {
  expect(worst([...failures, unavailable("github_invalid_response")])).toBe(failures[5]);
  expect(worst(failures.slice(2, 5))).toBe(failures[2]);
  expect(worst([])).toBeUndefined();
});
