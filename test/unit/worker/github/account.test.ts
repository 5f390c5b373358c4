import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { errorAnswer, userAnswer } from "../support.ts";
import { loadFacts, loadOwner, outcomeOf, scriptGitHub } from "./support.ts";

const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" };
const raw = (text: string) => new Response(text, { headers: { "content-type": "application/json; charset=utf-8" } });

describe("a valid response", () => {
  test("gives the facts, and nothing else that it holds", async () => {
    expect(await outcomeOf(userAnswer({ email: "octocat@github.test", site_admin: true }))).toEqual({
      kind: "found",
      facts: {
        host: "github.test",
        account: { id: 583231, login: "octocat", type: "User" },
        oauthClientId: null,
        scopes: null,
        expiry: { kind: "never" },
        organisations: {},
      },
    });
  });

  test.each(["o", "Octo-Cat", "octocat_acme", "123", "octocat-", "a".repeat(39)])(
    "may have the login %s",
    async (login) => {
      expect(await outcomeOf(userAnswer({ login }))).toMatchObject({ facts: { account: { login } } });
    },
  );

  test.each([1, 583231, 2 ** 31, 2 ** 53 - 1])("may have the id %i", async (id) => {
    expect(await outcomeOf(userAnswer({ id }))).toMatchObject({ facts: { account: { id } } });
  });

  test.each(["Bot", "Organization", "Mannequin", "user", "EnterpriseUserAccount"])(
    "may have the type %s",
    async (type) => {
      expect(await outcomeOf(userAnswer({ type }))).toMatchObject({ kind: "found", facts: { account: { type } } });
    },
  );

  test("of a bot may have a bot's login, which no user can have", async () => {
    const login = "github-actions[bot]";
    expect(await outcomeOf(userAnswer({ login, type: "Bot" }))).toMatchObject({ kind: "found" });
    expect(await outcomeOf(userAnswer({ login, type: "User" }))).toEqual(invalidResponse);
  });

  test.each(["Iv1.a0facee5139c0213", "178c6fc778ccc68e1d6a", ""])(
    "says that the token belongs to the app with the client id %j",
    async (id) => {
      expect(await outcomeOf(userAnswer({}, { "X-Oauth-Client-Id": id }))).toMatchObject({
        facts: { oauthClientId: id },
      });
    },
  );

  test.each<[string, string[]]>([
    ["", []],
    ["read:org", ["read:org"]],
    ["read:org, repo", ["read:org", "repo"]],
    ["gist,  user ,repo,", ["gist", "user", "repo"]],
  ])("says which scopes the token has: %j", async (header, scopes) => {
    expect(await outcomeOf(userAnswer({}, { "X-OAuth-Scopes": header }))).toMatchObject({ facts: { scopes } });
  });

  test("says when the token ends", async () => {
    const header = "github-authentication-token-expiration";
    expect(await outcomeOf(userAnswer({}, { [header]: "2023-07-19 10:23:39 +0100" }))).toMatchObject({
      facts: { expiry: { kind: "at", epochMs: Date.parse("2023-07-19T09:23:39Z") } },
    });
    for (const value of ["2023-13-19 10:23:39 +0100", "", "soon"]) {
      expect(await outcomeOf(userAnswer({}, { [header]: value }))).toMatchObject({
        facts: { expiry: { kind: "unreadable" } },
      });
    }
  });
});

const wrongAccounts: [description: string, changes: Record<string, unknown>][] = [
  ...[0, -1, 1.5, 2 ** 53, 2 ** 53 + 2, 1e300, "1", "583231", null, true, [583231], {}, undefined].map(
    (id): [string, Record<string, unknown>] => [`id ${JSON.stringify(id)}`, { id }],
  ),
  ...[
    "",
    " ",
    "octo cat",
    "octocat ",
    "octocat\n",
    "\noctocat",
    "octo\u0000cat",
    "octocat\u007f",
    "system:masters",
    "System:admin",
    "octocat:583231",
    "octo/cat",
    "octocat[bot]",
    "a".repeat(40),
    "\u0430".repeat(3),
    "\u043e\u0441tocat",
    "octoc\u0430t",
    "octocat\u200b",
    "\uff4fctocat",
    583231,
    null,
    true,
    ["octocat"],
    undefined,
  ].map((login): [string, Record<string, unknown>] => [`login ${JSON.stringify(login)}`, { login }]),
  ...[
    "",
    "User ",
    "User\n",
    "Us er",
    "a".repeat(41),
    "\u041f\u043e\u043b\u044c\u0437\u043e\u0432\u0430\u0442\u0435\u043b\u044c",
    null,
    1,
    ["User"],
    undefined,
  ].map((type): [string, Record<string, unknown>] => [`type ${JSON.stringify(type)}`, { type }]),
  ["a bot's login with control characters", { type: "Bot", login: "bot\n[bot]" }],
  ["an organisation's login that begins like Kubernetes' names", { type: "Organization", login: "system:masters" }],
];

test("the token goes with the call, and nothing else does", async () => {
  const sent: (string | null)[] = [];
  const token = makeToken("classic");
  const github = scriptGitHub({
    "GET /user": ({ authorization, body }) => {
      sent.push(authorization, body);
      return userAnswer();
    },
  });
  await loadFacts(github, { token, request: { organisations: [] } });
  expect(sent).toEqual([`Bearer ${token}`, ""]);
});

describe("a 200 of another shape is an invalid response", () => {
  test.each(wrongAccounts)("%s", async (_, changes) => {
    expect(await outcomeOf(userAnswer(changes))).toEqual(invalidResponse);
  });

  test.each([
    "",
    "null",
    "true",
    "1",
    '"octocat"',
    "[]",
    '[{"id":583231,"login":"octocat","type":"User"}]',
    "{}",
    '{"data":{"viewer":{"databaseId":583231,"login":"octocat"}}}',
    '{"user":{"id":583231,"login":"octocat","type":"User"}}',
    '{"id":9007199254740993,"login":"octocat","type":"User"}',
    '{"id":583231,"login":"octocat","type":"User"',
    '{"id":583231,"login":"octocat","type":"User"}}',
    '{"id":583231,"login":"octocat","type":"User"}{}',
    '{"id":1,"id":0,"login":"octocat","type":"User"}',
    '{"ID":583231,"Login":"octocat","Type":"User"}',
    '{"__proto__":{"id":583231,"login":"octocat","type":"User"}}',
    "id: 583231\nlogin: octocat\ntype: User",
  ])("%s", async (text) => {
    expect(await outcomeOf(raw(text))).toEqual(invalidResponse);
  });

  test("a valid response that is cut anywhere", async () => {
    const text = JSON.stringify({ id: 583231, login: "octocat", type: "User" });
    for (let length = 0; length < text.length; length += 1) {
      expect(await outcomeOf(raw(text.slice(0, length)))).toEqual(invalidResponse);
    }
  });
});

describe("the call", () => {
  test("that decides has GitHub's status and its name for the request, also where the token is refused", async () => {
    const requestId = "8A2C:1F2E:9B3D:4C5E:6749D8B1";
    const refusal = errorAnswer(401, "Bad credentials", { "x-github-request-id": requestId });
    const { call } = await loadOwner(async () => refusal);
    expect(call).toEqual({ status: 401, requestId, retryAfterMs: null });
  });

  test.each([
    "",
    "0123456789abcdef0123456789abcdef01234567",
    `${"x".repeat(100)}:`,
    'a","verdict":"authenticated',
    "a b",
    "\u00e4",
  ])("has no name that does not look like one: %j", async (id) => {
    const { call } = await loadOwner(async () => userAnswer({}, { "x-github-request-id": id }));
    expect(call).toEqual({ status: 200, requestId: null, retryAfterMs: null });
  });

  test("has no status where no response came", async () => {
    const { call } = await loadOwner(() => Promise.reject(new TypeError("fetch failed")));
    expect(call).toEqual({ status: null, requestId: null, retryAfterMs: null });
  });
});

describe("any response of GitHub", () => {
  const oneOf = fc.constantFrom;
  const owner = fc.record(
    {
      id: fc.oneof({ weight: 5, arbitrary: oneOf(1, 583231) }, fc.integer(), fc.double(), fc.jsonValue()),
      login: fc.oneof(
        { weight: 5, arbitrary: oneOf("octocat", "o-c_t") },
        fc.string({ unit: "binary" }),
        fc.jsonValue(),
      ),
      type: fc.oneof({ weight: 8, arbitrary: oneOf("User") }, oneOf("Bot", "user", ""), fc.jsonValue()),
      message: oneOf("Bad credentials", "Sorry. Your account was suspended"),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    { weight: 4, arbitrary: owner.map((value) => JSON.stringify(value)) },
    {
      weight: 1,
      arbitrary: fc.tuple(owner, fc.nat(60)).map(([value, length]) => JSON.stringify(value).slice(0, length)),
    },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes)) },
  );
  const status = fc.oneof(
    { weight: 3, arbitrary: oneOf(200) },
    { weight: 2, arbitrary: fc.integer({ min: 200, max: 599 }) },
  );
  const headers = fc.dictionary(
    oneOf("x-ratelimit-limit", "x-ratelimit-remaining", "retry-after", "location", "content-type", "x-oauth-client-id"),
    oneOf("", "0", "60", "5000", "application/json", "https://evil.test/user"),
  );

  /** A complete and valid response, in other words than the code under test. */
  function isValidAccount(text: string): boolean {
    try {
      const { id, login, type } = JSON.parse(text);
      const isLogin = typeof login === "string" && /^[a-z0-9_-]{1,39}$/i.test(login);
      return (
        Number.isSafeInteger(id) && id > 0 && (type === "User" ? isLogin : typeof type === "string" && type !== "")
      );
    } catch {
      return false;
    }
  }

  test("an owner is found only by a complete, valid 200", async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(status, headers, body, async (code, fields, content) => {
        const withoutBody = [204, 205, 304].includes(code);
        const { outcome } = await loadOwner(
          async () => new Response(withoutBody ? null : content, { status: code, headers: fields }),
        );
        if (outcome.kind !== "found") return;
        found += 1;
        expect(code).toBe(200);
        expect(isValidAccount(typeof content === "string" ? content : new TextDecoder().decode(content))).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(20);
  });
});
