import { createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkIdToken, isJwt, type Surroundings } from "../../../../../../src/cli/commands/doctor/cluster/id-token.ts";
import { keyIdOf, makeIdToken } from "../../../../../e2e/support/made-tokens.ts";
import { makeSigningKey } from "../../../../../support/signing-key.ts";

const key = makeSigningKey();
const published = { ...createPublicKey(key).export({ format: "jwk" }), kid: await keyIdOf(key), alg: "RS256" };
const nowSeconds = 1_800_000_000;
const right = {
  iss: "https://login.acme.dev",
  aud: "production",
  sub: "583231",
  iat: nowSeconds - 60,
  exp: nowSeconds + 540,
  username: "octocat:583231",
  groups: ["acme"],
  preferred_username: "octocat",
};

function around(more: Partial<Surroundings> = {}): Surroundings {
  return {
    expected: { issuerUrl: right.iss, audience: right.aud },
    keys: { kind: "answered", status: 200, headers: {}, body: JSON.stringify({ keys: [published] }), durationMs: 1 },
    now: nowSeconds * 1000,
    providerClockErrorMs: 0,
    clusterClockErrorMs: 0,
    ...more,
  };
}

async function check(claims: object = {}, more: Partial<Surroundings> = {}, by = key) {
  const { result } = await checkIdToken(await makeIdToken(by, { ...right, ...claims }), around(more));
  return result;
}

describe("an ID token", () => {
  test("is in order where issuer, audience, signature and time are right", async () => {
    expect(await check()).toEqual({
      state: "ok",
      seen: "issuer, audience, signature and time are right; 540 of 600 s left",
    });
    expect(await check({ aud: ["production"] })).toMatchObject({ state: "ok" });
  });

  test.each([
    [{ iss: "https://login.acme.dev/" }, "its issuer is https://login.acme.dev/, not https://login.acme.dev"],
    [{ aud: "staging" }, "it is for staging, not for production"],
    [{ aud: ["production", "staging"] }, "it is for production, staging, not for production"],
    [{ exp: nowSeconds }, "has ended 0 s ago"],
    [{ username: undefined }, "is no ID token of Octogate's: a claim is missing"],
    [{ groups: "acme" }, "is no ID token of Octogate's: a claim is missing"],
  ])("is broken with %j", async (claims, seen) => {
    expect(await check(claims)).toMatchObject({ state: "broken", seen });
  });

  test("is broken where a key signed it that is not published, also under the name of one that is", async () => {
    const other = makeSigningKey();
    expect(await check({}, {}, other)).toMatchObject({ state: "broken", seen: "no published key signed it" });
    const token = await makeIdToken(other, right, published.kid);
    expect((await checkIdToken(token, around())).result.state).toBe("broken");
  });

  test("that ended by this machine's clock alone shows that the clock is ahead", async () => {
    const ahead = { now: (nowSeconds + 700) * 1000, providerClockErrorMs: -700_000, clusterClockErrorMs: -700_000 };
    expect(await check({}, ahead)).toMatchObject({
      state: "broken",
      seen: "has ended 160 s ago by this machine's clock, and has 540 s left by the provider's",
      hint: expect.stringContaining("set this machine's clock"),
    });
  });

  test("that has not begun by this machine's clock shows that the clock is behind", async () => {
    const behind = { now: (nowSeconds - 300) * 1000, providerClockErrorMs: 300_000, clusterClockErrorMs: 300_000 };
    expect(await check({}, behind)).toMatchObject({
      state: "warning",
      seen: expect.stringContaining("240 s from now"),
    });
  });

  test("that ended by kube-apiserver's clock alone is the control plane's fault", async () => {
    expect(await check({}, { clusterClockErrorMs: 900_000 })).toMatchObject({
      state: "broken",
      seen: "has ended by kube-apiserver's clock, which is 900 s ahead of this machine's",
    });
  });

  test("is nothing to compare where no one says of which issuer", async () => {
    expect(await check({}, { expected: null })).toMatchObject({ state: "broken" });
  });

  test.each(["", "a.b", "a.b.c.d", "a.b.c\n", "ghp_x.y", "a.!.c"])("has three parts, and so is not %j", (text) => {
    expect(isJwt(text)).toBe(false);
  });

  test.each(["a.b.c", "..", "e30.e30.e30"])("of no sense is broken: %j", async (token) => {
    expect((await checkIdToken(token, around())).result.state).toBe("broken");
  });
});
