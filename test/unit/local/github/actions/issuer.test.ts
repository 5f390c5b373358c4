import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { expect, test } from "vitest";
import type { WorkflowJob } from "../../../../../src/local/github/actions/claims.ts";
import { ActionsKeys, mintWorkflowToken } from "../../../../../src/local/github/actions/issuer.ts";

const job: WorkflowJob = { repository: { name: "reef-works/shop", id: 9001, ownerId: 1234 } };
const issuer = "https://token.actions.githubusercontent.com";
const audience = "https://login.example.com/clusters/production";
const now = new Date("2026-11-27T10:00:00Z");

function keysOf({ published }: ActionsKeys) {
  return createLocalJWKSet({ keys: published.map((key) => ({ ...key, kty: "RSA" })) });
}

test("a token is good by the published key, and lives for five minutes", async () => {
  const keys = new ActionsKeys();
  const token = mintWorkflowToken(job, { issuer, audience, key: keys.signing, now });
  const { payload } = await jwtVerify(token, keysOf(keys), { issuer, audience, currentDate: now });
  expect(decodeProtectedHeader(token)).toEqual({ typ: "JWT", alg: "RS256", kid: keys.signing.kid });
  const iat = now.getTime() / 1000;
  expect(payload).toMatchObject({ iat, exp: iat + 300, nbf: iat - 600, repository: "reef-works/shop" });
});

test("the list has a key before the first token, and no private half of one", () => {
  const [key, ...others] = new ActionsKeys().published;
  expect(others).toEqual([]);
  expect(Object.keys(key ?? {}).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
});

test("after a rotation the former key is published still, until it is withdrawn", async () => {
  const keys = new ActionsKeys();
  const before = mintWorkflowToken(job, { issuer, audience, key: keys.signing, now });
  const listBefore = keysOf(keys);
  keys.rotate();
  const after = mintWorkflowToken(job, { issuer, audience, key: keys.signing, now });
  await expect(jwtVerify(after, listBefore, { currentDate: now })).rejects.toThrow("no applicable key");
  for (const token of [before, after]) await jwtVerify(token, keysOf(keys), { currentDate: now });
  keys.rotate({ withdraws: true });
  await expect(jwtVerify(before, keysOf(keys), { currentDate: now })).rejects.toThrow("no applicable key");
});

test("each claim and each member of the header can be replaced, and left out", () => {
  const { signing: key } = new ActionsKeys();
  const claims = { environment: "", run_id: 7, ref: undefined };
  const token = mintWorkflowToken(job, { issuer, audience, key, now, claims, header: { kid: undefined, jku: "x" } });
  expect(decodeProtectedHeader(token)).toEqual({ typ: "JWT", alg: "RS256", jku: "x" });
  const payload = decodeJwt(token);
  expect(payload).toMatchObject({ environment: "", run_id: 7 });
  expect(payload).not.toHaveProperty("ref");
});
