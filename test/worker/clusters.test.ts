// One deployment, many clusters: the certificate picks the policy, and one cluster's mistake concerns that cluster
// alone.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../src/local/github/token.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import { accountOf, clusters, mona, nell } from "../support/people.ts";
import { useWorker } from "../support/worker-harness.ts";

const deniedToken = makeToken("classic");
const sharedFingerprint = randomBytes(32).toString("hex");
const anyone = { allow: ["anyone"], token_kinds: ["classic"] };

const worker = useWorker({
  clusters: {
    ...clusters,
    "prod-eu": { ...anyone, deny: [`token:${credentialIdOf(deniedToken)}`] },
    north: { ...anyone, client_certificates: [sharedFingerprint] },
    south: { ...anyone, client_certificates: [sharedFingerprint] },
    unsafe: { ...anyone, prefix: "" },
    misspelt: { ...anyone, alow: ["user:mona"] },
  },
});

const statusOf = (body: string) => JSON.parse(body).status;

test.each([
  ["production", mona, { authenticated: true, user: { username: "github:Mona-Lisa:1001" } }],
  ["production", nell, { authenticated: false }],
  ["staging", mona, { authenticated: false }],
  ["staging", nell, { authenticated: true, user: { username: "staging:1003" } }],
] as const)("in %s its own policy decides about $login", async (cluster, person, expected) => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, person), { kind: "classic" });

  const { body } = await review(token, { cluster });

  expect(statusOf(body)).toMatchObject(expected);
  expect(await decisionAbout(token)).toMatchObject({ cluster });
});

test("one token gets another answer in each cluster", async () => {
  const { github, review } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
  const verdicts = await Promise.all(
    ["production", "staging", "production", "staging"].map(
      async (cluster) => statusOf((await review(token, { cluster })).body).authenticated,
    ),
  );
  expect(verdicts).toEqual([true, false, true, false]);
});

test("neither path nor headers nor the body can choose another cluster", async () => {
  const { github, fetch, certificateOf } = worker();
  const token = github.issueToken(accountOf(github, nell), { kind: "classic" });
  const body = JSON.stringify({
    kind: "TokenReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name: "staging", clusterName: "staging" },
    spec: { token },
    cluster: "staging",
  });
  const answer = await fetch("/authenticate?cluster=staging", {
    method: "POST",
    headers: { "x-cluster": "staging", host: "staging.test" },
    body,
    cf: { cluster: "staging", tlsClientAuth: certificateOf("production") },
  });
  expect(statusOf(answer.body)).toEqual({ authenticated: false });
});

test("a cluster's name is its variable's, with dashes", async () => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, nell), { kind: "classic" });
  await review(token, { cluster: "prod-eu" });
  expect(await decisionAbout(token)).toMatchObject({ cluster: "prod-eu", verdict: "authenticated" });
});

test("a token that is denied by its name gets a plain no, and GitHub is not asked", async () => {
  const { github, review, decisionAbout } = worker();
  github.issueToken(accountOf(github, nell), { kind: "classic", token: deniedToken });

  const { body } = await review(deniedToken, { cluster: "prod-eu" });

  expect(statusOf(body)).toEqual({ authenticated: false });
  expect(await decisionAbout(deniedToken)).toMatchObject({ reason: "token_denied", source: "none" });
  expect(github.requests.filter(({ token }) => token === deniedToken)).toEqual([]);
});

describe("a cluster whose policy is wrong", () => {
  test.each([
    ["broken", "CLUSTER_BROKEN.allow[0]: "],
    ["unsafe", "CLUSTER_UNSAFE.prefix: "],
    ["misspelt", "CLUSTER_MISSPELT.alow: "],
  ])("%s is answered with 503 and the setting, and GitHub is not asked", async (cluster, setting) => {
    const { github, review, decisions } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });

    const { status, body } = await review(token, { cluster });

    expect(status).toBe(503);
    expect(JSON.parse(body).message).toContain(setting);
    expect(github.requests.filter((request) => request.token === token)).toEqual([]);
    expect(decisions().at(-1)).toMatchObject({ cluster, verdict: "undetermined", reason: "configuration" });
  });

  test("leaves the others in peace", async () => {
    const { github, review } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
    const [broken, production] = await Promise.all([
      review(token, { cluster: "broken" }),
      review(token, { cluster: "production" }),
    ]);
    expect([broken.status, production.status]).toEqual([503, 200]);
    expect(statusOf(production.body).authenticated).toBe(true);
  });

  test("a certificate that two clusters list lets in through neither", async () => {
    const { github, fetch, certificateOf } = worker();
    const token = github.issueToken(accountOf(github, nell), { kind: "classic" });
    const { status, body } = await fetch("/authenticate", {
      method: "POST",
      body: JSON.stringify({ kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", spec: { token } }),
      cf: { tlsClientAuth: { ...certificateOf("production"), certFingerprintSHA256: sharedFingerprint } },
    });
    expect(status).toBe(503);
    expect(JSON.parse(body).message).toContain("client_certificates");
  });
});
