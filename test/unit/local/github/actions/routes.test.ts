import { createRemoteJWKSet, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import type { NewJob } from "../../../../../src/local/github/actions/jobs.ts";
import { objectIn, start } from "../support.ts";

const audience = "https://login.example.com/clusters/production";

async function withJob(options: Partial<NewJob> = {}) {
  const standIn = await start();
  const owner = standIn.addOrganisation({ login: "reef-works" });
  const repository = standIn.addRepository(owner, { name: "shop" });
  const job = standIn.startJob({ repository, ...options });
  /** As the client library of GitHub's actions asks. */
  const request = (bearer = job.requestToken, query = `&audience=${encodeURIComponent(audience)}`) =>
    fetch(`${job.variables.ACTIONS_ID_TOKEN_REQUEST_URL}${query}`, { headers: { authorization: `Bearer ${bearer}` } });
  return { standIn, repository, job, request };
}

test("the issuer's documents lead to the keys, by which a job's token is good", async () => {
  const { standIn, request, repository } = await withJob({ environment: "production" });
  const issuer = `${standIn.webUrl}/_services/token`;
  const discovery = await objectIn(await fetch(`${issuer}/.well-known/openid-configuration`));
  expect(discovery).toMatchObject({ issuer, id_token_signing_alg_values_supported: ["RS256"] });
  const { value } = await objectIn(await request());
  const keys = createRemoteJWKSet(new URL(String(discovery.jwks_uri)));
  const { payload } = await jwtVerify(String(value), keys, { issuer, audience });
  expect(payload).toMatchObject({ repository_id: String(repository.id), environment: "production" });
  for (const claim of Object.keys(payload)) expect(discovery.claims_supported).toContain(claim);
});

test("the request's address has a query already, and without an audience the owner's page is it", async () => {
  const { standIn, job, request } = await withJob();
  expect(new URL(job.variables.ACTIONS_ID_TOKEN_REQUEST_URL ?? "").search).toBe("?api-version=2.0");
  const { value } = await objectIn(await request(job.requestToken, ""));
  const [, claims = ""] = String(value).split(".");
  expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
    aud: `${standIn.webUrl}/reef-works`,
  });
});

test("another token, another job's and that of a job that has ended get nothing", async () => {
  const { standIn, job, request, repository } = await withJob();
  const other = standIn.startJob({ repository });
  expect((await request("x")).status).toBe(401);
  expect((await request(other.requestToken)).status).toBe(401);
  expect((await request()).status).toBe(200);
  standIn.endJob(job);
  expect((await request()).status).toBe(401);
});

test("a job without the permission has no variables to ask with, as that of a fork's pull request", async () => {
  const { job } = await withJob({ idToken: false, event: "pull_request" });
  expect(job.requestToken).toBeNull();
  expect(Object.keys(job.variables).filter((name) => name.startsWith("ACTIONS_"))).toEqual([]);
  expect(job.variables).toMatchObject({ GITHUB_EVENT_NAME: "pull_request", GITHUB_REPOSITORY: "reef-works/shop" });
});

test("a renamed repository keeps its number, and its token has the new name", async () => {
  const { repository, request } = await withJob();
  repository.name = "store";
  const [, claims = ""] = String((await objectIn(await request())).value).split(".");
  expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
    repository: "reef-works/store",
    repository_id: String(repository.id),
    workflow_ref: "reef-works/store/.github/workflows/deploy.yml@refs/heads/main",
  });
});

describe("a program starts a job", () => {
  const startJob = (webUrl: string, body: string) => fetch(`${webUrl}/stand-in/jobs`, { method: "POST", body });

  test("and gets the variables of its steps", async () => {
    const { standIn } = await withJob();
    const body = JSON.stringify({ repository: "Reef-Works/shop", ref: "refs/tags/v1", event: "release" });
    const response = await startJob(standIn.webUrl, body);
    expect(response.status).toBe(201);
    expect(await objectIn(response)).toMatchObject({
      variables: {
        GITHUB_REF: "refs/tags/v1",
        GITHUB_REF_NAME: "v1",
        GITHUB_REF_TYPE: "tag",
        GITHUB_EVENT_NAME: "release",
        GITHUB_SERVER_URL: standIn.webUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: expect.any(String),
      },
    });
  });

  test.each([
    ["{}", 422],
    ["no JSON", 422],
    ['{"repository":"reef-works/shop","ref":7}', 422],
    ['{"repository":"reef-works/other"}', 404],
  ])("but not by %s", async (body, status) => {
    const { standIn } = await withJob();
    expect((await startJob(standIn.webUrl, body)).status).toBe(status);
  });
});
