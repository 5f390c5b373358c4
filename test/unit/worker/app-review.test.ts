// What a review comes to once its caller is known and its body is right: the lower rows of the table of HTTP answers.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import {
  cfOf,
  clusterTable,
  environment,
  errorAnswer,
  noCertificate,
  recordIn,
  startApp,
  startOfTests,
  statusIn,
  userAnswer,
} from "./support.ts";

describe("a token that is no GitHub user token", () => {
  test.each([
    makeToken("installation"),
    makeToken("refresh"),
    "a.b.c",
    "x",
    " ",
    "\ud800",
    "é\u0000",
    "ghp_",
    "z".repeat(250_000),
  ])("gets a plain no, and GitHub hears nothing of it", async (token) => {
    const { review, lines } = startApp();
    const response = await review(token);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ kind: "TokenReview", status: { authenticated: false } });
    // A token that was not copied whole has a line, which holds nothing of it.
    expect(lines.filter((line) => !line.includes('"foreignKind":"github_malformed"'))).toEqual([]);
  });
});

describe("a GitHub user token", () => {
  test.each(["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"])(
    "becomes a user, in a review of %s",
    async (apiVersion) => {
      let time = startOfTests;
      const { review, lines, calls } = startApp({
        now: () => time,
        github: async () => {
          time += 42;
          return userAnswer();
        },
      });
      const token = makeToken("classic");
      const response = await review(token, { apiVersion });
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.json()).toMatchObject({
        kind: "TokenReview",
        apiVersion,
        status: { authenticated: true, user: { username: "github:octocat:583231", uid: "583231", groups: [] } },
      });
      expect(calls).toEqual([`Bearer ${token}`]);
      expect(lines.map(recordIn)).toMatchObject([
        { verdict: "authenticated", certificateDaysLeft: 30, durationMs: 42 },
      ]);
    },
  );

  test("has no audiences, whatever the review asks for", async () => {
    const { send } = startApp({ github: async () => userAnswer() });
    const spec = { token: makeToken("classic"), audiences: ["vault"] };
    const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec });
    expect(await (await send("/authenticate", { method: "POST", body })).text()).not.toContain("audiences");
  });

  test("is evaluated by the policy of the cluster whose certificate asks", async () => {
    const other = "b2".repeat(32);
    const env = environment({ CLUSTER_STAGING: clusterTable({ client_certificates: [other], allow: ["user:hubot"] }) });
    const { review, lines } = startApp({ env, github: async () => userAnswer() });
    const token = makeToken("classic");
    await review(token);
    await review(token, { cf: cfOf({ certFingerprintSHA256: other }) });
    expect(lines.map(recordIn)).toMatchObject([
      { cluster: "production", reason: "admitted" },
      { cluster: "staging", reason: "not_allowed" },
    ]);
  });

  test("of a person who can put it right is denied with the reason, of an outsider without one", async () => {
    const { review } = startApp({ github: async () => errorAnswer(403, "Sorry. Your account was suspended") });
    expect(await (await review(makeToken("classic"))).json()).toMatchObject({
      status: { authenticated: false, error: expect.stringMatching(/^account_suspended: /) },
    });
    const outsider = startApp({ github: async () => userAnswer({ id: 2, login: "hubot" }) });
    const answer: unknown = await (await outsider.review(makeToken("classic"))).json();
    expect(answer).toMatchObject({ status: { authenticated: false } });
    expect(JSON.stringify(answer)).not.toContain("error");
  });

  test.each([
    ["a server error", () => Promise.resolve(new Response("<html>", { status: 502 })), "github_server_error"],
    ["a redirect", () => Promise.resolve(Response.redirect("https://evil.test/")), "github_redirect"],
    [
      "a limit",
      () => Promise.resolve(new Response(null, { status: 429, headers: { "retry-after": "60" } })),
      "github_secondary_limit",
    ],
    ["no answer", () => Promise.reject(new TypeError("fetch failed")), "github_unreachable"],
    [
      "an exception of fetch itself",
      () => {
        throw new TypeError("Invalid URL");
      },
      "github_unreachable",
    ],
  ])("of which GitHub says nothing for %s is undetermined", async (_, github, reason) => {
    const { review, lines } = startApp({ github });
    const response = await review(makeToken("classic"));
    expect([...response.headers.keys()]).toEqual(["content-type"]);
    const status = await statusIn(response);
    expect(status).toMatchObject({ code: 503, reason: "ServiceUnavailable" });
    expect(status.message).toMatch(new RegExp(`^${reason}: `));
    expect(lines.map(recordIn)).toMatchObject([{ verdict: "undetermined", reason }]);
  });
});

describe("a wrong configuration", () => {
  test("of a cluster is named to its callers, and to no others", async () => {
    const other = "b2".repeat(32);
    const env = environment({ CLUSTER_STAGING: clusterTable({ client_certificates: [other], allow: ["org:a.b"] }) });
    const { review, lines } = startApp({ env, github: async () => userAnswer() });
    const status = await statusIn(await review(makeToken("classic"), { cf: cfOf({ certFingerprintSHA256: other }) }));
    expect(status).toMatchObject({ code: 503, reason: "ServiceUnavailable" });
    expect(status.message).toContain("CLUSTER_STAGING.allow[0]: ");
    expect((await review(makeToken("classic"))).status).toBe(200);
    expect(lines.map(recordIn)).toMatchObject([
      { cluster: "staging", reason: "configuration", problems: [{ setting: "CLUSTER_STAGING.allow[0]" }] },
      { cluster: "production", reason: "admitted" },
    ]);
  });

  test.each([
    ["CACHE_SECRET", { CACHE_SECRET: undefined }],
    ["GITHUB_API_URL", { GITHUB_API_URL: "http://api.github.com" }],
    ["CLUSTER_PRODUCTION.client_certificates", { CLUSTER_STAGING: clusterTable() }],
  ])("of %s is named, and GitHub hears nothing", async (setting, changes) => {
    const { review } = startApp({ env: environment(changes) });
    const status = await statusIn(await review(makeToken("classic")));
    expect(status.code).toBe(503);
    expect(status.message).toContain(`${setting}: `);
  });

  test("does not include a name that is unknown: it is a warning, once", async () => {
    const { review, errors } = startApp({ env: environment({ TYPO: "secret" }), github: async () => userAnswer() });
    for (let count = 0; count < 3; count += 1) expect((await review(makeToken("classic"))).status).toBe(200);
    expect(errors).toEqual([expect.stringMatching(/^TYPO: is no variable of this service/)]);
    expect(errors.join()).not.toContain("secret");
  });

  test("leaves a caller without a certificate refused", async () => {
    const { review } = startApp({ env: environment({ TOKEN_SHAPE: "loose" }) });
    expect((await review(makeToken("classic"), { cf: noCertificate })).status).toBe(403);
  });
});
