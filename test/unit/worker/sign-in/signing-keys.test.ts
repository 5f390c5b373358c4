// The keys that sign ID tokens: proved before they are used, named by their thumbprint, and published without their
// private half.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { calculateJwkThumbprint, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { createSigningKeys } from "../../../../src/worker/sign-in/signing-keys.ts";
import { makeSigningKey } from "../../../support/signing-key.ts";
import { idTokenClaims } from "./support/id-token-claims.ts";

const [keyA, keyB] = [makeSigningKey(2048), makeSigningKey(3072)];
const claims = idTokenClaims({ iat: 1, exp: 2_000_000_000 });

const nothing = { privateKeys: {}, signs: "a", withdrawn: [], leftOut: [] } as const;

async function keysOf(settings: Partial<Parameters<typeof createSigningKeys>[0]>) {
  const keys = await createSigningKeys({ ...nothing, ...settings }, () => {})();
  if (!keys.ok) throw new Error(JSON.stringify(keys.problems));
  return keys.value;
}

test.each([
  ["a", keyA],
  ["b", keyB],
] as const)("the key in slot %s signs where it is named, under its thumbprint", async (signs, pem) => {
  const { sign, published } = await keysOf({ privateKeys: { a: keyA, b: keyB }, signs });
  const publicKey = createPublicKey(pem);
  const { protectedHeader, payload } = await jwtVerify(await sign(claims), publicKey);
  const kid = await calculateJwkThumbprint(publicKey.export({ format: "jwk" }));
  expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid });
  expect(payload).toEqual(claims);
  expect(published.map((key) => key.kid)).toContain(kid);
});

describe("the published set", () => {
  const withdrawn = { kty: "RSA", kid: "k".repeat(43), n: "n".repeat(342), e: "AQAB", d: "secret" } as const;

  test("has both slots and the withdrawn keys, each once and without a private member", async () => {
    const { published } = await keysOf({ privateKeys: { a: keyA, b: keyB }, withdrawn: [withdrawn, withdrawn] });
    expect(published).toHaveLength(3);
    for (const key of published) expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
  });

  test("has the withdrawn keys first, then slot a, then slot b: octogate signing-key status goes by it", async () => {
    const { published } = await keysOf({ privateKeys: { b: keyB, a: keyA }, signs: "b", withdrawn: [withdrawn] });
    const moduli = [keyA, keyB].map((pem) => createPublicKey(pem).export({ format: "jwk" }).n);
    expect(published.map(({ n }) => n)).toEqual([withdrawn.n, ...moduli]);
  });

  test("has a key once that is in both slots", async () => {
    expect((await keysOf({ privateKeys: { a: keyA, b: keyA } })).published).toHaveLength(1);
  });
});

describe("a key that cannot sign is named by its setting, and nothing of it is told: where it has to sign, no key signs, and in the other slot it is left out,", () => {
  const pem = (type: "ec" | "rsa-pss" | "ed25519") => {
    const { privateKey } =
      type === "ec"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : type === "rsa-pss"
          ? generateKeyPairSync("rsa-pss", { modulusLength: 2048 })
          : generateKeyPairSync("ed25519");
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  };
  const wrongExponents = () => {
    const jwk = createPrivateKey(keyA).export({ format: "jwk" });
    const other = createPrivateKey(makeSigningKey()).export({ format: "jwk" });
    const key = { ...jwk, ...Object.fromEntries(["d", "dp", "dq"].map((name) => [name, other[name]])) };
    return createPrivateKey({ key, format: "jwk" }).export({ type: "pkcs8", format: "pem" }).toString();
  };
  const brokenInside = () => {
    const middle = Math.floor(keyA.length / 2);
    return `${keyA.slice(0, middle)}${"A".repeat(60)}${keyA.slice(middle + 60)}`;
  };

  test.each<[string, () => string]>([
    ["is too short", () => makeSigningKey(1024)],
    ["is too long", () => makeSigningKey(4096)],
    ["is of an elliptic curve", () => pem("ec")],
    ["is for another way to sign", () => pem("rsa-pss")],
    ["is of Edwards' curve", () => pem("ed25519")],
    ["has broken numbers", brokenInside],
    ["signs what its public half does not verify", wrongExponents],
    ["is no key", () => "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"],
    ["is no base64", () => "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----"],
    ["is empty", () => ""],
  ])("one that %s", async (_, make) => {
    const broken = make();
    for (const [slot, setting] of [
      ["a", "SIGNING_KEY_A"],
      ["b", "SIGNING_KEY_B"],
    ] as const) {
      const privateKeys = slot === "a" ? { a: broken, b: keyB } : { a: keyA, b: broken };
      const problem = { setting, message: expect.stringContaining("2048 to 3072 bits") };
      for (const signs of ["a", "b"] as const) {
        const errors: string[] = [];
        const keysSource = createSigningKeys({ ...nothing, privateKeys, signs }, (text) => errors.push(text));
        const [keys] = await Promise.all([keysSource(), keysSource()]);
        if (signs === slot) expect(keys).toEqual({ ok: false, problems: [problem] });
        else expect(keys).toMatchObject({ ok: true, value: { leftOut: [problem], published: [{ kty: "RSA" }] } });
        expect(errors).toEqual([expect.stringContaining(`${setting}: `)]);
        expect(errors.join()).toContain(signs === slot ? "people are kept from signing in" : "left out");
        const middle = broken.split("\n")[2];
        if (middle !== undefined && middle.length > 20) expect(JSON.stringify([keys, errors])).not.toContain(middle);
      }
    }
  });

  test("one that signs and is not there", async () => {
    const keys = await createSigningKeys({ ...nothing, privateKeys: { a: keyA }, signs: "b" }, () => {})();
    expect(keys).toMatchObject({ ok: false, problems: [{ setting: "SIGNING_KEY_B" }] });
  });
});
