import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxReviewBytes, parseTokenReview } from "../../../../src/worker/http/token-review.ts";

const parse = (value: unknown) => parseTokenReview(JSON.stringify(value));
const v1 = "authentication.k8s.io/v1";
const v1beta1 = "authentication.k8s.io/v1beta1";
const review = { kind: "TokenReview", apiVersion: v1, spec: { token: "secret" } };

describe("a TokenReview", () => {
  test.each([v1, v1beta1])("of %s is taken", (apiVersion) => {
    expect(parse({ ...review, apiVersion })).toEqual({ ok: true, review: { apiVersion, token: "secret" } });
  });

  test("is taken as kube-apiserver sends it", () => {
    const current = `{"kind":"TokenReview","apiVersion":"${v1}","metadata":{},"spec":{"token":"a\\u003c\\u0026\\u003e\\"\\u00e9\\u0001","audiences":["https://kubernetes.default.svc.cluster.local"]},"status":{"user":{}}}\n`;
    expect(parseTokenReview(current)).toEqual({ ok: true, review: { apiVersion: v1, token: 'a<&>"é\u0001' } });
    const older = `{"kind":"TokenReview","apiVersion":"${v1beta1}","metadata":{"creationTimestamp":null},"spec":{"token":"a"},"status":{"user":{}}}\n`;
    expect(parseTokenReview(older)).toEqual({ ok: true, review: { apiVersion: v1beta1, token: "a" } });
  });

  test.each([" ", "\u0000", "\ud800", "ghp_", "__proto__", "\n"])("may hold any token: %j", (token) => {
    expect(parse({ ...review, spec: { token } })).toEqual({ ok: true, review: { apiVersion: v1, token } });
  });

  test("may hold a long token", () => {
    const token = "a".repeat(100_000);
    expect(parse({ ...review, spec: { token } })).toEqual({ ok: true, review: { apiVersion: v1, token } });
  });
});

describe("a body that is none is refused by the field's name", () => {
  test.each([
    ["", "body"],
    [" ", "body"],
    ["null", "body"],
    ["true", "body"],
    ["1", "body"],
    ['"TokenReview"', "body"],
    ["{", "body"],
    [JSON.stringify(review).slice(0, -1), "body"],
    [`${JSON.stringify(review)}{}`, "body"],
    [`kind: TokenReview\napiVersion: ${v1}\nspec: {token: secret}`, "body"],
    ["<html></html>", "body"],
    ["[]", "body"],
    ["{}", "apiVersion"],
    [JSON.stringify([review]), "body"],
    [`{"__proto__":${JSON.stringify(review)}}`, "apiVersion"],
    [JSON.stringify({ ...review, apiVersion: undefined }), "apiVersion"],
    [JSON.stringify({ ...review, apiVersion: "v1" }), "apiVersion"],
    [JSON.stringify({ ...review, apiVersion: "authentication.k8s.io/v2" }), "apiVersion"],
    [JSON.stringify({ ...review, apiVersion: "Authentication.k8s.io/v1" }), "apiVersion"],
    [JSON.stringify({ ...review, apiVersion: 1 }), "apiVersion"],
    [JSON.stringify({ ...review, kind: undefined }), "kind"],
    [JSON.stringify({ ...review, kind: "tokenreview" }), "kind"],
    [JSON.stringify({ ...review, kind: "SubjectAccessReview" }), "kind"],
    [JSON.stringify({ ...review, kind: null }), "kind"],
    [JSON.stringify({ ...review, spec: undefined }), "spec"],
    [JSON.stringify({ ...review, spec: null }), "spec"],
    [JSON.stringify({ ...review, spec: "secret" }), "spec"],
    [JSON.stringify({ ...review, spec: {} }), "spec.token"],
    [JSON.stringify({ ...review, spec: [] }), "spec.token"],
    [JSON.stringify({ ...review, spec: { token: "" } }), "spec.token"],
    [JSON.stringify({ ...review, spec: { token: null } }), "spec.token"],
    [JSON.stringify({ ...review, spec: { token: 1 } }), "spec.token"],
    [JSON.stringify({ ...review, spec: { token: ["secret"] } }), "spec.token"],
    [JSON.stringify({ ...review, spec: { Token: "secret" } }), "spec.token"],
    [JSON.stringify({ ...review, token: "secret", spec: {} }), "spec.token"],
  ])("%s", (text, field) => {
    const parsed = parseTokenReview(text);
    expect(parsed).toMatchObject({ ok: false, problem: { field } });
    expect(JSON.stringify(parsed)).not.toContain("secret");
  });

  test("also where it is nested without end", () => {
    expect(parseTokenReview("[".repeat(100_000))).toEqual({
      ok: false,
      problem: { field: "body", message: "must be JSON" },
    });
  });

  test("which says what would be right", () => {
    expect(parse({ ...review, apiVersion: "v1" })).toEqual({
      ok: false,
      problem: {
        field: "apiVersion",
        message: "must be one of authentication.k8s.io/v1, authentication.k8s.io/v1beta1",
      },
    });
    expect(parse({ ...review, kind: "x" })).toEqual({
      ok: false,
      problem: { field: "kind", message: "must be TokenReview" },
    });
  });
});

test("whatever the text is, there is a review with a token or a sentence that quotes nothing", () => {
  const nearReview = fc.record(
    {
      kind: fc.constantFrom("TokenReview", "x"),
      apiVersion: fc.constantFrom(v1, v1beta1, "canary1"),
      spec: fc.oneof(
        fc.record({ token: fc.oneof(fc.string({ unit: "binary" }), fc.constant("canary2"), fc.jsonValue()) }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    nearReview.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (body) => {
      const parsed = parseTokenReview(body);
      if (parsed.ok) expect(parsed.review.token).not.toBe("");
      else {
        expect(["body", "apiVersion", "kind", "spec", "spec.token"]).toContain(parsed.problem.field);
        expect(parsed.problem.message).toMatch(/^(?!.*canary)[ -~]+$/);
      }
    }),
    { numRuns: 1000 },
  );
});

test("the limit lets every real token through, and is far below what an isolate can hold", () => {
  expect(maxReviewBytes).toBe(256 * 1024);
});
