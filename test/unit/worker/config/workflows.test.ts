// What the deployment says about tokens of workflows: the issuer, the audience, and which mistakes concern whom.
import { describe, expect, test } from "vitest";
import { problemsIn, readConfig } from "../../../../src/worker/config/config.ts";
import { actionsIssuerOf } from "../../../../src/worker/config/workflows.ts";
import { clusterTable, environment } from "../support.ts";
import { signInEnvironment } from "./sign-in-environment.ts";

const entry = "environment:acme/shop/production#1234/9001";
const withWorkflows = (changes: Record<string, unknown> = {}) =>
  environment({
    CLUSTER_PRODUCTION: clusterTable({ allow: ["user:octocat#583231", entry] }),
    CLUSTER_STAGING: clusterTable({ client_certificates: ["b2".repeat(32)] }),
    ...changes,
  });
const issuerUrl = "https://login.acme.test";

function policyIn(env: Record<string, unknown>, name = "production") {
  const { clusters } = readConfig(env);
  return clusters.find((cluster) => cluster.name === name)?.policy;
}

describe("the issuer", () => {
  test.each([
    ["https://api.github.com", "https://token.actions.githubusercontent.com"],
    ["https://github.acme.test/api/v3", "https://github.acme.test/_services/token"],
    ["https://github.acme.test:8443/api/v3", "https://github.acme.test:8443/_services/token"],
    ["https://api.acme.ghe.com", "https://token.actions.acme.ghe.com"],
    ["https://api.acme.test/api/v3", "https://api.acme.test/_services/token"],
    ["http://127.0.0.1:8081/api/v3", "http://127.0.0.1:8081/_services/token"],
  ])("follows from GITHUB_API_URL: %s", (apiUrl, issuer) => {
    expect(actionsIssuerOf(apiUrl)).toBe(issuer);
    const { workflows } = readConfig(withWorkflows({ ISSUER_URL: issuerUrl, GITHUB_API_URL: apiUrl }));
    expect(workflows).toEqual({ ok: true, value: { actionsIssuerUrl: issuer, issuerUrl } });
  });

  test.each(["https://token.actions.githubusercontent.com/acme", "http://localhost:9000", "http://127.0.0.1:1/x"])(
    "may be an enterprise's own, and on loopback: %s",
    (ACTIONS_ISSUER_URL) => {
      const config = readConfig(withWorkflows({ ISSUER_URL: issuerUrl, ACTIONS_ISSUER_URL }));
      expect(config.workflows).toMatchObject({ ok: true, value: { actionsIssuerUrl: ACTIONS_ISSUER_URL } });
      expect(problemsIn(config)).toEqual([]);
    },
  );

  test.each([
    "",
    "token.actions.githubusercontent.com",
    "http://token.actions.githubusercontent.com",
    "https://token.actions.githubusercontent.com/",
    "https://token.actions.githubusercontent.com/acme/",
    "https://token.actions.githubusercontent.com?x",
    "https://token.actions.githubusercontent.com#x",
    "https://user@token.actions.githubusercontent.com",
    "https://TOKEN.actions.githubusercontent.com",
    "https://token.actions.githubusercontent.com/a/../b",
    7,
  ])("must not be %j: policies with workflows say so, and others go on", (ACTIONS_ISSUER_URL) => {
    const env = withWorkflows({ ISSUER_URL: issuerUrl, ACTIONS_ISSUER_URL });
    expect(policyIn(env)).toMatchObject({ ok: false, problems: [{ setting: "ACTIONS_ISSUER_URL" }] });
    expect(policyIn(env, "staging")).toMatchObject({ ok: true });
    expect(readConfig(env).service.ok).toBe(true);
    expect(problemsIn(readConfig(env))).toEqual([
      { setting: "ACTIONS_ISSUER_URL", message: expect.stringMatching(/^must be /) },
    ]);
  });
});

describe("ISSUER_URL", () => {
  test("is required where allow names workflows, and there alone", () => {
    const env = withWorkflows();
    expect(policyIn(env)).toEqual({
      ok: false,
      problems: [
        {
          setting: "ISSUER_URL",
          message: "is required where allow names workflows: their tokens' audience begins with it",
        },
      ],
    });
    expect(policyIn(env, "staging")).toMatchObject({ ok: true, value: { workflowAudience: null } });
    const denying = { CLUSTER_PRODUCTION: clusterTable({ deny: ["repository:acme/shop#1234/9001"] }) };
    expect(policyIn(withWorkflows(denying))).toMatchObject({ ok: true });
  });

  test("that is wrong is no audience either", () => {
    const config = readConfig(withWorkflows({ ISSUER_URL: "https://login.acme.test/" }));
    expect(problemsIn(config).map(({ setting }) => setting)).toEqual(["ISSUER_URL", "ISSUER_URL"]);
  });

  test("makes the audience without any sign-in, and names clusters and clients apart", () => {
    expect(policyIn(withWorkflows({ ISSUER_URL: issuerUrl }))).toMatchObject({
      value: { workflowAudience: `${issuerUrl}/clusters/production` },
    });
    const { clients } = readConfig(
      signInEnvironment({
        CLUSTER_PROD_EU: clusterTable({ client_certificates: undefined, sign_in: true }),
        CLIENT_ARGOCD: clusterTable({ client_certificates: undefined }),
      }),
    );
    expect(clients.map(({ exchangePolicy }) => exchangePolicy.ok && exchangePolicy.value.workflowAudience)).toEqual([
      `${issuerUrl}/clusters/production`,
      `${issuerUrl}/clusters/prod-eu`,
      `${issuerUrl}/clients/argocd`,
    ]);
  });
});

describe("a policy", () => {
  const withTable = (changes: Record<string, unknown>) =>
    policyIn(environment({ ISSUER_URL: issuerUrl, CLUSTER_PRODUCTION: clusterTable(changes) }));

  test("that admits workflows alone needs no kinds of people's tokens; one that admits people does", () => {
    expect(withTable({ allow: [entry], token_kinds: undefined })).toMatchObject({
      ok: true,
      value: { tokenKinds: [] },
    });
    expect(withTable({ allow: [entry], token_kinds: [] })).toMatchObject({ ok: true });
    for (const allow of [[entry, "user:octocat"], [], "workflow:", [7]]) {
      expect(withTable({ allow, token_kinds: undefined })).toMatchObject({ ok: false });
    }
  });

  test("names no account for people by its workflows", () => {
    expect(withTable({ allow: ["user:octocat#583231", entry] })).toMatchObject({
      value: { candidates: { only: [{ login: "octocat" }] } },
    });
    expect(withTable({ allow: [entry] })).toMatchObject({ value: { candidates: { only: [] } } });
    expect(withTable({ allow: ["org:acme", entry] })).toMatchObject({ value: { candidates: { only: null } } });
  });

  test.each([
    [[entry], ["repository:acme/shop#1234/9001"]],
    [[entry], ["environment:other/name/PRODUCTION#1234/9001"]],
    [["environment:acme/shop/production"], ["repository:ACME/shop"]],
    [
      ["workflow:acme/shop/.github/workflows/a.yml@refs/heads/main"],
      ["workflow:acme/Shop/.github/workflows/a.yml@refs/heads/main"],
    ],
  ])("is wrong where deny takes every entry back: %j by %j", (allow, deny) => {
    expect(withTable({ allow, deny })).toMatchObject({
      ok: false,
      problems: [{ message: "admits no account: deny takes every entry back" }],
    });
  });

  test.each([
    [[entry], ["repository:acme/shop"]],
    [[entry], ["environment:acme/shop/staging#1234/9001"]],
    [[entry], ["user:octocat"]],
  ])("may have entries of deny that leave something: %j and %j", (allow, deny) => {
    expect(withTable({ allow, deny })).toMatchObject({ ok: true });
  });

  test("must not give an organisation called actions the names of workflows", () => {
    for (const changes of [
      { allow: ["org:Actions#44036562", entry] },
      { allow: [entry], groups_from: ["team:actions/x#1"] },
    ]) {
      expect(withTable({ group: "slug:id", ...changes })).toMatchObject({
        ok: false,
        problems: [{ setting: "CLUSTER_PRODUCTION.group" }],
      });
      for (const group of ["slug", "id"]) expect(withTable({ group, ...changes })).toMatchObject({ ok: true });
    }
    expect(withTable({ group: "slug:id", allow: ["org:actions#44036562"] })).toMatchObject({ ok: true });
  });

  test.each([[[]], ["push"], [[""]], [["Push"]], [["push "]], [[7]], [["a".repeat(65)]]])(
    "must not have %j as workflow_events",
    (workflow_events) => {
      expect(withTable({ workflow_events })).toMatchObject({ ok: false });
    },
  );
});
