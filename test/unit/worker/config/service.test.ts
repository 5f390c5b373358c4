import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readServiceSettings } from "../../../../src/worker/config/service.ts";

const bytes = randomBytes(32);
const CACHE_SECRET = bytes.toString("base64");
const read = (changes: Record<string, unknown> = {}) => readServiceSettings({ CACHE_SECRET, ...changes });

describe("settings that are right", () => {
  test("get the documented defaults", () => {
    expect(read()).toEqual({
      ok: true,
      value: {
        githubApiUrl: "https://api.github.com",
        cacheTtlSeconds: 120,
        outageGraceSeconds: 600,
        tokenShape: "exact",
        cacheSecret: Uint8Array.from(bytes),
        githubApp: null,
        oauthClientSecrets: new Map(),
      },
    });
  });

  test.each([
    ["https://api.github.com", "https://api.github.com"],
    ["https://api.github.com/", "https://api.github.com"],
    ["https://github.acme.test/api/v3", "https://github.acme.test/api/v3"],
    ["https://github.acme.test/api/v3///", "https://github.acme.test/api/v3"],
    ["https://api.acme.ghe.com", "https://api.acme.ghe.com"],
    ["https://github.acme.test:8443/api/v3", "https://github.acme.test:8443/api/v3"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://127.9.9.9", "http://127.9.9.9"],
    ["http://localhost:8080/api/v3", "http://localhost:8080/api/v3"],
    ["http://[::1]:8080", "http://[::1]:8080"],
  ])("GITHUB_API_URL = %j", (GITHUB_API_URL, githubApiUrl) => {
    expect(read({ GITHUB_API_URL })).toMatchObject({ ok: true, value: { githubApiUrl } });
  });

  test.each([
    [5, 5],
    [600, 600],
    ["5", 5],
    ["600", 600],
  ])("CACHE_TTL_SECONDS = %j", (CACHE_TTL_SECONDS, cacheTtlSeconds) => {
    expect(read({ CACHE_TTL_SECONDS })).toMatchObject({ ok: true, value: { cacheTtlSeconds } });
  });

  test.each([
    [0, 0],
    [3600, 3600],
    ["0", 0],
    ["3600", 3600],
  ])("OUTAGE_GRACE_SECONDS = %j", (OUTAGE_GRACE_SECONDS, outageGraceSeconds) => {
    expect(read({ OUTAGE_GRACE_SECONDS })).toMatchObject({ ok: true, value: { outageGraceSeconds } });
  });

  test.each(["exact", "prefix"])("TOKEN_SHAPE = %j", (TOKEN_SHAPE) => {
    expect(read({ TOKEN_SHAPE })).toMatchObject({ ok: true, value: { tokenShape: TOKEN_SHAPE } });
  });

  test.each([32, 33, 34, 64])("CACHE_SECRET of %i bytes, also with the line's end that a file has", (length) => {
    const secret = randomBytes(length);
    const base64 = secret.toString("base64");
    for (const text of [base64, `${base64}\n`, base64.replace(/=+$/, "")]) {
      expect(read({ CACHE_SECRET: text })).toMatchObject({ ok: true, value: { cacheSecret: Uint8Array.from(secret) } });
    }
  });
});

describe("a setting that is wrong is named, and its value is not quoted", () => {
  test.each([
    ...[
      "",
      "api.github.com",
      "ftp://api.github.com",
      "javascript:alert(1)",
      "xhttp://localhost",
      "https://",
      "http://api.github.com",
      "http://127.0.0.1.evil.test",
      "http://evil.test/127.0.0.1",
      "http://localhost.evil.test",
      "http://evil-localhost",
      "http://0.0.0.0",
      "http://[::]",
      "http://[::2]",
      "http://10.0.0.1",
      "http://128.0.0.1",
      "https://user:word@api.github.com",
      "http://127.0.0.1@evil.test",
      "http://evil.test#@127.0.0.1",
      "https://api.github.com?x=1",
      "https://api.github.com#x",
      "https://api.github.com\\@evil.test",
      "https://api.git\thub.com",
      " https://api.github.com",
      "https://<host>/api/v3",
      null,
      1,
      {},
    ].map((value) => ["GITHUB_API_URL", value] as const),
    ...[
      4,
      601,
      5.5,
      -5,
      "4",
      "601",
      "",
      " 120",
      "120s",
      "1e2",
      "-120",
      "0x20",
      "1".repeat(7),
      Number.NaN,
      null,
      true,
      [120],
    ].map((value) => ["CACHE_TTL_SECONDS", value] as const),
    ...[-1, 3601, 0.5, "-1", "3601", "", "10m", null].map((value) => ["OUTAGE_GRACE_SECONDS", value] as const),
    ...["", "EXACT", "loose", null, 1].map((value) => ["TOKEN_SHAPE", value] as const),
    ...[
      "",
      "<secret>",
      randomBytes(31).toString("base64"),
      randomBytes(31).toString("hex").slice(1),
      `${CACHE_SECRET}=`,
      CACHE_SECRET.replace(/=+$/, "=="),
      `${CACHE_SECRET.slice(0, 20)} ${CACHE_SECRET.slice(20)}`,
      `-_${CACHE_SECRET.slice(2)}`,
      `${"a".repeat(44)}a`,
      null,
      1,
      { secret: CACHE_SECRET },
    ].map((value) => ["CACHE_SECRET", value] as const),
  ])("%s = %j", (name, value) => {
    const checked = read({ [name]: value });
    const problems = checked.ok ? [] : checked.problems;
    expect(problems.map(({ setting }) => setting)).toEqual([name]);
    if (typeof value === "string" && value.length > 30) expect(problems[0]?.message).not.toContain(value);
  });

  test("CACHE_SECRET where it is missing", () => {
    expect(readServiceSettings({})).toMatchObject({
      ok: false,
      problems: [{ setting: "CACHE_SECRET", message: expect.stringMatching(/^must be set as a secret/) }],
    });
  });
});
