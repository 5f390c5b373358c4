// Which key signs ID tokens, and which are published.
import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { problemsIn, problemsInSignIn, readConfig } from "../../../../src/worker/config/config.ts";
import { makeSigningKey } from "../../../support/signing-key.ts";
import { signInEnvironment, signingKey } from "./sign-in-environment.ts";

const other = makeSigningKey(3072);
const read = (changes: Record<string, unknown>) => readConfig(signInEnvironment(changes)).signIn;
const published = "2026-11-27T10:00:00Z";

/** @returns a public key as a JWK with its thumbprint */
function publicJwk(modulusLength = 2048) {
  const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength }).publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(`{"e":"${e}","kty":"RSA","n":"${n}"}`).digest("base64url");
  return { kty: "RSA", n, e, kid };
}

describe("the keys in use are", () => {
  const jwk = publicJwk();
  test.each<[string, Record<string, unknown>, unknown]>([
    ["the only one", {}, { privateKeys: { a: signingKey }, signs: "a", withdrawn: [] }],
    [
      "the only one, in the second slot",
      { SIGNING_KEY_A: undefined, SIGNING_KEY_B: other },
      { privateKeys: { b: other }, signs: "b", withdrawn: [] },
    ],
    [
      "the one that signs, and the other once it is published",
      { SIGNING_KEY_B: other, SIGNING_KEYS: { signs: "a", published: { a: published, b: published } } },
      { privateKeys: { a: signingKey, b: other }, signs: "a", withdrawn: [] },
    ],
    [
      "the one that signs after a rotation, and the other as long as it is published",
      { SIGNING_KEY_B: other, SIGNING_KEYS: { signs: "b", published: { a: published } } },
      { privateKeys: { a: signingKey, b: other }, signs: "b", withdrawn: [] },
    ],
    [
      "not the one whose secret is there, but which the table does not publish yet, or no longer",
      { SIGNING_KEY_B: other, SIGNING_KEYS: { signs: "b" } },
      { privateKeys: { b: other }, signs: "b", withdrawn: [] },
    ],
    [
      "withdrawn ones, without what their readers do not need",
      { SIGNING_KEYS: { signs: "a", withdrawn: [{ ...jwk, use: "sig", alg: "RS256" }, publicJwk(3072)] } },
      { signs: "a", withdrawn: [jwk, { kty: "RSA" }] },
    ],
  ])("%s", (_, changes, signingKeys) => {
    expect(read(changes)).toMatchObject({ ok: true, value: { signingKeys } });
    expect(read(changes)).not.toHaveProperty("value.signingKeys.withdrawn[0].use");
  });
});

test("a key that is not published is not among the keys in use", () => {
  const signIn = read({ SIGNING_KEY_B: other, SIGNING_KEYS: { signs: "b", published: { b: published } } });
  expect(signIn?.ok === true ? Object.keys(signIn.value.signingKeys.privateKeys) : null).toEqual(["b"]);
});

test("a key on one line, as secrets travel, is read", () => {
  expect(read({ SIGNING_KEY_A: signingKey.replaceAll("\n", "\\n") })).toMatchObject({
    value: { signingKeys: { privateKeys: { a: signingKey } } },
  });
});

describe("a key that is wrong is named, and not quoted:", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
  const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  test.each<[string, unknown]>([
    ["one of 1,024 bits", makeSigningKey(1024)],
    ["one of 2,040 bits", makeSigningKey(2040)],
    ["one of 3,080 bits", makeSigningKey(3080)],
    ["one of 4,096 bits", makeSigningKey(4096)],
    ["one of an elliptic curve", ec],
    ["one for RSA-PSS", pss],
    ["a public key", rsa.publicKey.export({ type: "spki", format: "pem" })],
    ["PKCS#1, as GitHub gives it out", rsa.privateKey.export({ type: "pkcs1", format: "pem" })],
    [
      "an encrypted one",
      rsa.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }),
    ],
    ["one without its lines around", signingKey.replaceAll(/-----.*-----/g, "")],
    ["half of one", signingKey.slice(0, 900)],
    ["none", ""],
    ["a placeholder", "<SIGNING_KEY_A>"],
    ["a number", 1],
    ["null", null],
  ])("%s", (_, key) => {
    const signIn = read({ SIGNING_KEY_A: key });
    const problems = signIn?.ok === false ? signIn.problems : [];
    expect(problems.map(({ setting }) => setting)).toEqual(["SIGNING_KEY_A"]);
    if (typeof key === "string" && key.length > 60) expect(JSON.stringify(problems)).not.toContain(key.slice(40, 60));
  });
});

describe("a wrong key that does not have to sign is left out and named, and a deployment is refused for it:", () => {
  const both = { a: published, b: published };
  test.each<[string, Record<string, unknown>, "a" | "b", string]>([
    ["the next key", { SIGNING_KEY_B: "x", SIGNING_KEYS: { signs: "a", published: both } }, "a", "SIGNING_KEY_B"],
    [
      "the key before",
      { SIGNING_KEY_A: "x", SIGNING_KEY_B: other, SIGNING_KEYS: { signs: "b", published: both } },
      "b",
      "SIGNING_KEY_A",
    ],
    ["one that is not published yet", { SIGNING_KEY_B: "x", SIGNING_KEYS: { signs: "a" } }, "a", "SIGNING_KEY_B"],
    ["one that is published, and missing", { SIGNING_KEYS: { signs: "a", published: both } }, "a", "SIGNING_KEY_B"],
    ["a second one without a table: the only key signs", { SIGNING_KEY_B: "x" }, "a", "SIGNING_KEY_B"],
    ["a first one without a table", { SIGNING_KEY_A: "x", SIGNING_KEY_B: other }, "b", "SIGNING_KEY_A"],
  ])("%s", (_, changes, signs, setting) => {
    const config = readConfig(signInEnvironment(changes));
    expect(config.signIn).toMatchObject({ ok: true, value: { signingKeys: { signs, leftOut: [{ setting }] } } });
    expect(config.signIn?.ok === true && Object.keys(config.signIn.value.signingKeys.privateKeys)).toEqual([signs]);
    expect(problemsInSignIn(config)).toEqual([]);
    expect(problemsIn(config)).toMatchObject([{ setting }]);
  });
});

describe("a wrong key that has to sign keeps people from signing in, whatever the other slot holds:", () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      "by the table",
      { SIGNING_KEY_B: "x", SIGNING_KEYS: { signs: "b", published: { a: published } } },
      "SIGNING_KEY_B",
    ],
    ["with another wrong one", { SIGNING_KEY_A: "x", SIGNING_KEY_B: "x" }, "SIGNING_KEY_A"],
    ["as the only one", { SIGNING_KEY_A: undefined, SIGNING_KEY_B: "x" }, "SIGNING_KEY_B"],
    ["of an empty text", { SIGNING_KEY_A: "", SIGNING_KEYS: { signs: "a" } }, "SIGNING_KEY_A"],
  ])("%s", (_, changes, setting) => {
    const signIn = read(changes);
    expect(signIn?.ok === false ? signIn.problems.map((problem) => problem.setting) : []).toEqual([setting]);
  });
});

describe("a table that is wrong is named:", () => {
  const jwk = publicJwk();
  const withdrawing = (changes: Record<string, unknown>) => ({ signs: "a", withdrawn: [{ ...jwk, ...changes }] });
  test.each<[string, Record<string, unknown>, string]>([
    ["none where there are two keys", { SIGNING_KEY_B: other }, "SIGNING_KEYS"],
    ["no key at all", { SIGNING_KEY_A: undefined }, "SIGNING_KEY_A"],
    ["a slot that signs, without its secret", { SIGNING_KEYS: { signs: "b" } }, "SIGNING_KEY_B"],
    ["a text", { SIGNING_KEYS: "a" }, "SIGNING_KEYS"],
    ["one that does not say what signs", { SIGNING_KEYS: {} }, "SIGNING_KEYS.signs"],
    ["a third slot", { SIGNING_KEYS: { signs: "c" } }, "SIGNING_KEYS.signs"],
    ["a slot in capitals", { SIGNING_KEYS: { signs: "A" } }, "SIGNING_KEYS.signs"],
    ["an unknown key", { SIGNING_KEYS: { signs: "a", next: "b" } }, "SIGNING_KEYS.next"],
    [
      "a third slot that is published",
      { SIGNING_KEYS: { signs: "a", published: { c: published } } },
      "SIGNING_KEYS.published.c",
    ],
    [
      "a time without its zone",
      { SIGNING_KEYS: { signs: "a", published: { a: "2026-11-27T10:00:00" } } },
      "SIGNING_KEYS.published.a",
    ],
    [
      "a day that no month has",
      { SIGNING_KEYS: { signs: "a", published: { a: "2026-02-31T10:00:00Z" } } },
      "SIGNING_KEYS.published.a",
    ],
    ["a number for a time", { SIGNING_KEYS: { signs: "a", published: { a: 1795000000 } } }, "SIGNING_KEYS.published.a"],
    ["a withdrawn key that is private", { SIGNING_KEYS: withdrawing({ d: "AQAB" }) }, "SIGNING_KEYS.withdrawn[0].d"],
    ["a withdrawn key with a prime", { SIGNING_KEYS: withdrawing({ p: "AQAB" }) }, "SIGNING_KEYS.withdrawn[0].p"],
    ["a withdrawn key of another kind", { SIGNING_KEYS: withdrawing({ kty: "EC" }) }, "SIGNING_KEYS.withdrawn[0].kty"],
    [
      "a withdrawn key of another algorithm",
      { SIGNING_KEYS: withdrawing({ alg: "none" }) },
      "SIGNING_KEYS.withdrawn[0].alg",
    ],
    ["a withdrawn key without its name", { SIGNING_KEYS: withdrawing({ kid: "1" }) }, "SIGNING_KEYS.withdrawn[0].kid"],
    [
      "a withdrawn key that is too short",
      { SIGNING_KEYS: withdrawing({ n: publicJwk(1024).n }) },
      "SIGNING_KEYS.withdrawn[0].n",
    ],
    ["withdrawn keys that are no list", { SIGNING_KEYS: { signs: "a", withdrawn: jwk } }, "SIGNING_KEYS.withdrawn"],
  ])("%s", (_, changes, setting) => {
    const signIn = read(changes);
    expect(signIn?.ok === false ? signIn.problems.map((problem) => problem.setting) : []).toEqual([setting]);
  });
});
