// The settings of an installed GitHub App and of OAuth clients: secrets, so nothing of them may be repeated where they
// are wrong.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readServiceSettings } from "../../../../src/worker/config/service.ts";

const CACHE_SECRET = randomBytes(32).toString("base64");
const read = (changes: Record<string, unknown> = {}) => readServiceSettings({ CACHE_SECRET, ...changes });

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const pkcs1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const encrypted = privateKey
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
  .toString();

describe("an installed GitHub App", () => {
  test.each([
    [1, "1"],
    ["1234567", "1234567"],
    [Number.MAX_SAFE_INTEGER, String(Number.MAX_SAFE_INTEGER)],
    ["Iv23liABCdef01234567", "Iv23liABCdef01234567"],
    ["Iv1.a0facee5139c0213", "Iv1.a0facee5139c0213"],
    ["a".repeat(64), "a".repeat(64)],
  ])("may have GITHUB_APP_ID = %j", (GITHUB_APP_ID, id) => {
    expect(read({ GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY: pkcs8 })).toMatchObject({
      ok: true,
      value: { githubApp: { id, privateKey: pkcs8.trim() } },
    });
  });

  test("may have its key between blank lines, and with the line ends of another system", () => {
    for (const text of [`\n${pkcs8}\n\n`, pkcs8.replaceAll("\n", "\r\n"), pkcs8.trim()]) {
      expect(read({ GITHUB_APP_ID: 1, GITHUB_APP_PRIVATE_KEY: text })).toMatchObject({
        value: { githubApp: { privateKey: text.trim() } },
      });
    }
  });

  test.each([
    ["\\n", String.raw`\n`],
    ["\\r\\n", String.raw`\r\n`],
  ])("may have its key in one line, with %s in letters for each line's end", (_what, lineEnd) => {
    for (const text of [pkcs8.replaceAll("\n", lineEnd), pkcs8.trim().replaceAll("\n", lineEnd)]) {
      expect(read({ GITHUB_APP_ID: 1, GITHUB_APP_PRIVATE_KEY: text })).toMatchObject({
        ok: true,
        value: { githubApp: { privateKey: pkcs8.trim() } },
      });
    }
  });

  test.each([
    "",
    "0",
    "012",
    0,
    -1,
    1.5,
    "1 2",
    "a b",
    "<app id>",
    "a".repeat(65),
    2 ** 53,
    Number.NaN,
    null,
    true,
    {},
  ])("must not have GITHUB_APP_ID = %j", (GITHUB_APP_ID) => {
    expect(read({ GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY: pkcs8 })).toEqual({
      ok: false,
      problems: [{ setting: "GITHUB_APP_ID", message: "must be the number of a GitHub App, or its client id" }],
    });
  });

  test.each([
    ["as GitHub hands it out, in PKCS#1", pkcs1],
    ["that is encrypted", encrypted],
    ["that is public", pkcs8.replaceAll("PRIVATE", "PUBLIC")],
    ["without its first line", pkcs8.split("\n").slice(1).join("\n")],
    ["without its last line", pkcs8.trim().split("\n").slice(0, -1).join("\n")],
    [
      "without anything in it",
      pkcs8
        .split("\n")
        .filter((line) => line.startsWith("-----"))
        .join(""),
    ],
    ["with something before it", `key: ${pkcs8}`],
    ["with something behind it", `${pkcs8}#`],
    ["of another alphabet", pkcs8.replace("\n", "\n!")],
    ["that is empty", ""],
    ["that is a number", 1],
    ["that is null", null],
  ])("must not have a key %s, and is told how to convert it", (_, GITHUB_APP_PRIVATE_KEY) => {
    const message =
      "must be the GitHub App's private key as PKCS#8 in PEM: openssl pkcs8 -topk8 -nocrypt -in the-key-from-github.pem";
    expect(read({ GITHUB_APP_ID: 1, GITHUB_APP_PRIVATE_KEY })).toEqual({
      ok: false,
      problems: [{ setting: "GITHUB_APP_PRIVATE_KEY", message }],
    });
  });

  test.each([
    ["GITHUB_APP_PRIVATE_KEY", { GITHUB_APP_ID: 1 }],
    ["GITHUB_APP_ID", { GITHUB_APP_PRIVATE_KEY: pkcs8 }],
  ])("misses its other half without %s", (setting, changes) => {
    const message = "is missing: GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY go together";
    expect(read(changes)).toEqual({ ok: false, problems: [{ setting, message }] });
  });
});

describe("the secrets of OAuth clients", () => {
  test("are read by client id", () => {
    const secrets = { "Iv1.a0facee5139c0213": "!~", Ov23liabc: "s".repeat(255), [`${"a".repeat(62)}_-`]: "x" };
    expect(read({ OAUTH_CLIENT_SECRETS: JSON.stringify(secrets) })).toMatchObject({
      ok: true,
      value: { oauthClientSecrets: new Map(Object.entries(secrets)) },
    });
  });

  test("may be none", () => {
    expect(read({ OAUTH_CLIENT_SECRETS: " {} " })).toMatchObject({ value: { oauthClientSecrets: new Map() } });
  });

  const wrong: ((secret: string) => unknown)[] = [
    (secret) => secret,
    (secret) => `{"Iv1.a": "${secret}`,
    (secret) => JSON.stringify([secret]),
    (secret) => JSON.stringify(secret),
    (secret) => JSON.stringify({ "Iv1.a": [secret] }),
    (secret) => JSON.stringify({ "Iv1.a": { secret } }),
    (secret) => JSON.stringify({ "Iv1 a": secret }),
    (secret) => JSON.stringify({ "": secret }),
    (secret) => JSON.stringify({ [`<${secret}>`]: secret }),
    (secret) => JSON.stringify({ [secret.repeat(5)]: secret }),
    (secret) => JSON.stringify({ "Iv1.a": `${secret}\n` }),
    (secret) => JSON.stringify({ "Iv1.a": `${secret} ${secret}` }),
    (secret) => JSON.stringify({ "Iv1.a": `${secret}é` }),
    (secret) => JSON.stringify({ "Iv1.a": secret.repeat(20) }),
    (secret) => JSON.stringify({ "Iv1.a": secret, ["a".repeat(65)]: "x" }),
    (secret) => JSON.stringify({ "Iv1.a": secret, "Iv1.b": "s".repeat(256) }),
    (secret) => JSON.stringify({ "Iv1.a": secret, "Iv1.b": "" }),
    (secret) => JSON.stringify({ "Iv1.a": secret, "Iv1.b": 1 }),
    (secret) => ({ "Iv1.a": secret }),
    () => "",
    () => "null",
    () => "1",
    () => null,
    () => 1,
  ];

  test("are never quoted where they are wrong", () => {
    const secret = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(secret, fc.constantFrom(...wrong), (text, make) => {
        expect(read({ OAUTH_CLIENT_SECRETS: make(text) })).toEqual({
          ok: false,
          problems: [
            {
              setting: "OAUTH_CLIENT_SECRETS",
              message: 'must be JSON: an object of client ids and their secrets, {"Iv23…": "…"}',
            },
          ],
        });
      }),
      { numRuns: 500 },
    );
  });
});

test("whatever stands in the App's settings, no problem quotes it", () => {
  const secret = fc.string({ unit: fc.constantFrom(..."abcdefghij!§"), minLength: 16, maxLength: 60 });
  const names = fc.constantFrom("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS");
  fc.assert(
    fc.property(names, secret, (name, text) => {
      const checked = read({ [name]: text });
      expect(JSON.stringify(checked.ok ? [] : checked.problems)).not.toContain(text);
    }),
    { numRuns: 500 },
  );
});
