import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { allowEntrySchema, denyEntrySchema } from "../../../../src/worker/config/entries.ts";

const hash = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0";

describe("an entry of allow and of deny", () => {
  test.each([
    ["user:octocat", { kind: "user", login: "octocat", id: null }],
    ["user:OctoCat", { kind: "user", login: "octocat", id: null }],
    ["user:octocat#583231", { kind: "user", login: "octocat", id: 583231 }],
    ["user:octo-cat_acme#1", { kind: "user", login: "octo-cat_acme", id: 1 }],
    [`user:${"a".repeat(39)}`, { kind: "user", login: "a".repeat(39), id: null }],
    ["user:octocat#9007199254740991", { kind: "user", login: "octocat", id: Number.MAX_SAFE_INTEGER }],
  ])("may be %s", (text, entry) => {
    expect(v.parse(allowEntrySchema, text)).toEqual(entry);
    expect(v.parse(denyEntrySchema, text)).toEqual(entry);
  });

  test.each([
    "",
    "octocat",
    "user:",
    "user:-octocat",
    "user:octo cat",
    "user:octocat ",
    "user:octocat\n",
    "user:octocat#",
    "user:octocat#0",
    "user:octocat#-1",
    "user:octocat#01",
    "user:octocat#1.5",
    "user:octocat#1e3",
    "user:octocat#9007199254740992",
    "user:octocat#9007199254740993",
    `user:octocat#${"9".repeat(20)}`,
    `user:${"a".repeat(40)}`,
    "user:\u043e\u0441tocat",
    "user:*",
    "User:octocat",
    "Anyone",
    "org:acme",
    "org:acme#1234",
    "team:acme/platform#55",
    "token:",
    `token:${hash}`,
    `token:GITHUBSHA256=${hash.slice(1)}`,
    `token:GITHUBSHA256=${hash}a`,
    `token:GITHUBSHA256=${hash}==`,
    `token:githubsha256=${hash}`,
    null,
    1,
    true,
    ["user:octocat"],
    { user: "octocat" },
  ])("must not be %j", (value) => {
    for (const schema of [allowEntrySchema, denyEntrySchema]) {
      const messages = v.safeParse(schema, value).issues?.map(({ message }) => message);
      expect(messages).toHaveLength(1);
      expect(messages?.[0]).toMatch(/^must be /);
    }
  });

  test("of an organisation or a team is refused by name, since it would be silently ignored otherwise", () => {
    const { issues } = v.safeParse(allowEntrySchema, "org:acme");
    expect(issues?.[0].message).toContain("organisations and teams are not supported yet");
  });
});

test("only allow may say 'anyone'", () => {
  expect(v.parse(allowEntrySchema, "anyone")).toEqual({ kind: "anyone" });
  expect(v.safeParse(denyEntrySchema, "anyone").success).toBe(false);
});

test("only deny may name a token, with or without its padding", () => {
  const entry = { kind: "token", credentialId: `GITHUBSHA256=${hash}=` };
  expect(v.parse(denyEntrySchema, `token:GITHUBSHA256=${hash}`)).toEqual(entry);
  expect(v.parse(denyEntrySchema, `token:GITHUBSHA256=${hash}=`)).toEqual(entry);
  expect(v.safeParse(allowEntrySchema, `token:GITHUBSHA256=${hash}`).success).toBe(false);
});
