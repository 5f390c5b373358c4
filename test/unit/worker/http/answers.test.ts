import { describe, expect, test } from "vitest";
import { statusResponse, verdictResponse } from "../../../../src/worker/http/answers.ts";
import { apiVersions } from "../../../../src/worker/http/token-review.ts";
import { denied, unauthenticated, undetermined, type Verdict } from "../../../../src/worker/verdict.ts";

const authenticated: Verdict = {
  kind: "authenticated",
  reason: "admitted",
  user: {
    username: "github:octocat:583231",
    uid: "583231",
    groups: [],
    extra: { "octogate.dev/login": ["octocat"] },
  },
};

function headersOf(response: Response): Record<string, string> {
  return Object.fromEntries(response.headers);
}

describe.each(apiVersions)("to a review of %s", (apiVersion) => {
  test.each<[string, Verdict, string]>([
    [
      "authenticated: the user, and no audiences",
      authenticated,
      '{"authenticated":true,"user":{"username":"github:octocat:583231","uid":"583231","groups":[],"extra":{"octogate.dev/login":["octocat"]}}}',
    ],
    [
      "unauthenticated: a plain no, which the apiserver remembers",
      unauthenticated("not_allowed"),
      '{"authenticated":false}',
    ],
    [
      "denied: a no with the problem and the hint, which the apiserver does not remember",
      denied("scope_missing"),
      '{"authenticated":false,"error":"scope_missing: The token may not see organisations: give it the scope read:org."}',
    ],
    [
      "denied: with the detail behind the sentence",
      denied("scope_missing", "acme"),
      '{"authenticated":false,"error":"scope_missing: The token may not see organisations: give it the scope read:org. (acme)"}',
    ],
  ])("%s", async (_, verdict, status) => {
    const response = verdictResponse(apiVersion, verdict);
    expect(response.status).toBe(200);
    expect(headersOf(response)).toEqual({ "content-type": "application/json" });
    expect(await response.text()).toBe(
      `{"kind":"TokenReview","apiVersion":"${apiVersion}","metadata":{},"spec":{},"status":${status}}`,
    );
  });

  test("undetermined: 503, which costs the apiserver one call", async () => {
    const response = verdictResponse(apiVersion, undetermined("github_timeout"));
    expect(response.status).toBe(503);
    expect(headersOf(response)).toEqual({ "content-type": "application/json" });
    expect(await response.text()).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"github_timeout: GitHub did not answer in time: try again later.","reason":"ServiceUnavailable","details":{"causes":[{"reason":"github_timeout"}]},"code":503}',
    );
  });

  test("undetermined with a detail: the detail in place of the reason's own sentence", async () => {
    const response = verdictResponse(apiVersion, undetermined("configuration", "X: must be Y"));
    expect(await response.json()).toMatchObject({
      message: "configuration: X: must be Y",
      details: { causes: [{ reason: "configuration" }] },
    });
  });
});

describe("a Status", () => {
  // The reasons are metav1's: by them, not by the HTTP status, the apiserver's client decides whether it tries again.
  test.each([
    [400, "BadRequest"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [405, "MethodNotAllowed"],
    [413, "RequestEntityTooLarge"],
    [503, "ServiceUnavailable"],
  ] as const)("of %i has the reason %s", async (code, reason) => {
    const response = statusResponse(code, "why");
    expect(response.status).toBe(code);
    expect(headersOf(response)).toEqual({ "content-type": "application/json" });
    expect(await response.json()).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "why",
      reason,
      code,
    });
  });

  test("has the cause that it is given, for programs", async () => {
    const cause = { reason: "FieldValueInvalid", field: "spec.token" };
    expect(await statusResponse(400, "why", { cause }).json()).toMatchObject({ details: { causes: [cause] } });
  });

  test("keeps the headers it is given", () => {
    expect(headersOf(statusResponse(405, "why", { headers: { Allow: "POST" } }))).toEqual({
      "content-type": "application/json",
      allow: "POST",
    });
  });
});
