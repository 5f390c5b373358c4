// The four verdicts, in both API versions: what kube-apiserver gets to read, byte by byte where it cares.
import { describe, expect, test } from "vitest";
import { version } from "../../src/worker/version.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import { accountOf, clusters, dora, heir, listedClientId, mona, nell } from "../support/people.ts";
import { useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters });

describe.each(["v1", "v1beta1"] as const)("in %s", (apiVersion) => {
  const reviewAnswer = (status: object) => ({
    kind: "TokenReview",
    apiVersion: `authentication.k8s.io/${apiVersion}`,
    metadata: {},
    spec: {},
    status,
  });
  const review = async (token: string) => {
    const { status, body } = await worker().review(token, { apiVersion });
    return { status, json: JSON.parse(body) };
  };

  test("a person whom allow names is authenticated", async () => {
    const { github } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "fine_grained" });
    expect(await review(token)).toEqual({
      status: 200,
      json: reviewAnswer({
        authenticated: true,
        user: {
          username: "github:Mona-Lisa:1001",
          uid: "1001",
          groups: [],
          extra: {
            "authentication.kubernetes.io/credential-id": [credentialIdOf(token)],
            "octogate.dev/credential-kind": ["fine_grained"],
            "octogate.dev/github-host": [new URL(github.url).host],
            "octogate.dev/login": ["Mona-Lisa"],
          },
        },
      }),
    });
  });

  test.each([
    ["an outsider", nell, "not_allowed"],
    ["a person denied by name", dora, "user_denied"],
    ["a person who took over a pinned login", heir, "name_reassigned"],
  ])("%s gets a plain no", async (_, person, reason) => {
    const { github, decisionAbout } = worker();
    const token = github.issueToken(accountOf(github, person), { kind: "classic" });
    expect(await review(token)).toEqual({ status: 200, json: reviewAnswer({ authenticated: false }) });
    expect(await decisionAbout(token)).toMatchObject({
      verdict: "unauthenticated",
      reason,
      login: person.login,
      uid: String(person.id),
    });
  });

  test("a token of a listed app is authenticated", async () => {
    const { github } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "app", oauthClientId: listedClientId });
    expect((await review(token)).json.status.authenticated).toBe(true);
  });

  test.each([
    ["of an app that is not listed", { kind: "app", oauthClientId: "Iv23somebodyelses" }, "client_not_listed"],
    ["of an app that GitHub does not name", { kind: "app" }, "client_unknown"],
    ["in the shape of a person's, but an app's", { kind: "classic", oauthClientId: "Ov23x" }, "client_not_listed"],
    ["of a kind that is not welcome", { kind: "oauth", oauthClientId: listedClientId }, "token_kind_not_allowed"],
  ] as const)("a token %s is denied, with the hint", async (_, options, reason) => {
    const { github } = worker();
    const token = github.issueToken(accountOf(github, mona), options);
    const error = expect.stringMatching(new RegExp(`^${reason}: .+\\.$`));
    expect(await review(token)).toEqual({ status: 200, json: reviewAnswer({ authenticated: false, error }) });
  });

  test("while GitHub is down, nothing is known", async () => {
    const { github } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
    github.setFault(token, { kind: "server_error", status: 502, body: "unicorn_html" });
    expect(await review(token)).toEqual({
      status: 503,
      json: {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: expect.stringMatching(/^github_server_error: /),
        reason: "ServiceUnavailable",
        details: { causes: [{ reason: "github_server_error" }] },
        code: 503,
      },
    });
  });

  test("audiences that are asked for are not echoed", async () => {
    const { github, post } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
    const spec = { token, audiences: ["vault"] };
    const { body } = await post(
      JSON.stringify({ kind: "TokenReview", apiVersion: `authentication.k8s.io/${apiVersion}`, spec }),
    );
    expect(JSON.parse(body).status.authenticated).toBe(true);
    expect(body).not.toContain("audiences");
    expect(body).not.toContain("vault");
  });
});

describe("GitHub", () => {
  test("is asked exactly once, in the way that it asks for", async () => {
    const { github, review } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });

    await review(token);

    const asked = github.requests.filter((request) => request.token === token);
    expect(asked).toMatchObject([
      {
        method: "GET",
        path: "/user",
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/vnd.github+json",
          "user-agent": `octogate/${version}`,
          "x-github-api-version": "2022-11-28",
        },
      },
    ]);
  });

  test("gets to see nothing of what kube-apiserver sent but the token", async () => {
    const { github, review } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });

    await review(token, { headers: { authorization: "Bearer of-the-webhook", cookie: "a=b", "x-canary": "canary" } });

    const asked = JSON.stringify(github.requests.filter((request) => request.token === token));
    for (const foreign of ["of-the-webhook", "cookie", "canary", worker().fingerprintOf("production")]) {
      expect(asked).not.toContain(foreign);
    }
  });

  test("is not asked about a kind of token that is not welcome", async () => {
    const { github, review } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "legacy" });

    await review(token);

    expect(github.requests.filter((request) => request.token === token)).toEqual([]);
  });
});
