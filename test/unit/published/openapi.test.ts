// What GitHub publishes about the endpoints that Octogate uses: its examples fit its schemas, and Octogate reads them.
import { describe, expect, test } from "vitest";
import {
  expectPublished,
  publishedErrors,
  publishedExamples,
  publishedSource,
} from "../../published/github/openapi.ts";
import { readers } from "../../published/github/readers.ts";

/** Members that GitHub's schemas require and its own examples lack: the schemas are newer. */
const missingInExamples: Readonly<Record<string, readonly string[]>> = {
  "GET /user/teams": ["type", "archived_at", "updated_at"],
  "GET /orgs/{org}/teams": ["type"],
  "GET /orgs/{org}/teams/{team_slug}": ["type", "archived_at"],
  "GET /orgs/{org}": ["archived_at"],
};

/** Of its response, Octogate looks at the status and the headers alone. */
const unreadEndpoint = "GET /rate_limit";
const readExamples = publishedExamples.filter(({ endpoint }) => endpoint !== unreadEndpoint);

describe(`the examples of ${publishedSource.package} ${publishedSource.version}`, () => {
  test("there are 107, from five editions of GitHub; 88 are exactly as their schemas say; Octogate reads 102", () => {
    expect(new Set(publishedExamples.map(({ edition }) => edition)).size).toBe(5);
    expect(publishedExamples).toHaveLength(107);
    expect(publishedExamples.filter((example) => publishedErrors(example, example.body).length === 0)).toHaveLength(88);
    expect(readExamples).toHaveLength(102);
  });

  test.each(publishedExamples)("$edition: $endpoint, $status, $name, fits its schema", (example) => {
    const missing = missingInExamples[example.endpoint] ?? [];
    const isKnown = (error: string) => missing.some((name) => error.endsWith(`must have required property '${name}'`));
    expect(publishedErrors(example, example.body).filter((error) => !isKnown(error))).toEqual([]);
  });

  test.each(readExamples)("$edition: $endpoint, $status, $name, is read", async ({ endpoint, status, body }) => {
    const result = await readers[endpoint]?.({ status, text: JSON.stringify(body) });
    expect(result?.kind).toBe("ok");
    // What has been read is a part of the example, but for null in the place of what is not there, and for milliseconds
    // in the place of a time.
    const asSent = (key: string, value: unknown) =>
      key === "expires_at" && typeof value === "number" ? new Date(value).toISOString().replace(".000", "") : value;
    const read = JSON.parse(JSON.stringify(result?.body), (key, value) => asSent(key, value) ?? undefined);
    expect(body).toMatchObject(read);
  });
});

describe("a body is not as published", () => {
  const example = publishedExamples.find(({ endpoint }) => endpoint === "GET /user/memberships/orgs/{org}")?.body;
  const expectMembership = (change: object, status = 200) =>
    expectPublished("GET", "/user/memberships/orgs/octo-org", status, Object.assign({}, example, change));

  test("unless something is wrong with it", () => {
    expectMembership({});
    expectPublished("GET", "/user/memberships/orgs/octo-org?per_page=1", 404, { message: "Not Found" });
    expectPublished("GET", "/user/memberships/orgs/octo-org", 304, undefined);
  });

  test.each([
    ["a member is missing", { state: undefined }],
    ["a member has another type", { organization_url: 1 }],
    ["a member has a value that is none of the published ones", { state: "invited" }],
    ["an address is none", { organization_url: "octo-org" }],
    ["a member of a member is wrong", { organization: { id: "1" } }],
  ])("where %s", (_, change) => {
    expect(() => expectMembership(change)).toThrow();
  });

  test("where the endpoint has no such status", () => {
    expect(() => expectMembership({}, 201)).toThrow(/answers with no 201/);
  });

  test("where a 304 has a body", () => {
    expect(() => expectMembership({}, 304)).toThrow(/no body/);
  });

  test("where an error has no message in words", () => {
    expect(() => expectPublished("GET", "/user", 429, { message: 1 })).toThrow(/must be string/);
  });

  test("where Octogate uses no such endpoint", () => {
    expect(() => expectPublished("POST", "/user", 200, {})).toThrow(/uses no such endpoint/);
    expect(() => expectPublished("GET", "/user/memberships", 200, [])).toThrow(/uses no such endpoint/);
  });
});
