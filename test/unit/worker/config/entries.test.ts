import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  allowEntrySchema,
  denyEntrySchema,
  groupSourceSchema,
  printEntry,
} from "../../../../src/worker/config/entries.ts";

const hash = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0";

describe("an entry of allow and of deny", () => {
  test.each([
    ["user:octocat", { kind: "user", login: "octocat", id: null }],
    ["user:OctoCat", { kind: "user", login: "octocat", id: null }],
    ["user:octocat#583231", { kind: "user", login: "octocat", id: 583231 }],
    // Accounts of the early years may begin with a dash.
    ["user:-ACE-#42", { kind: "user", login: "-ace-", id: 42 }],
    ["org:_acme", { kind: "organisation", login: "_acme", id: null }],
    ["user:octo-cat_acme#1", { kind: "user", login: "octo-cat_acme", id: 1 }],
    [`user:${"a".repeat(39)}`, { kind: "user", login: "a".repeat(39), id: null }],
    ["user:octocat#9007199254740991", { kind: "user", login: "octocat", id: Number.MAX_SAFE_INTEGER }],
    ["org:acme", { kind: "organisation", login: "acme", id: null }],
    ["org:Acme-Corp#1234", { kind: "organisation", login: "acme-corp", id: 1234 }],
    [`org:${"a".repeat(39)}`, { kind: "organisation", login: "a".repeat(39), id: null }],
    ["org:acme#9007199254740991", { kind: "organisation", login: "acme", id: Number.MAX_SAFE_INTEGER }],
    ["team:acme/platform", { kind: "team", organisation: "acme", slug: "platform", id: null }],
    ["team:Acme/Platform_x.y-1#55", { kind: "team", organisation: "acme", slug: "platform_x.y-1", id: 55 }],
    ["team:acme/...", { kind: "team", organisation: "acme", slug: "...", id: null }],
    ["team:acme/.a#5", { kind: "team", organisation: "acme", slug: ".a", id: 5 }],
    ["team:acme/ent:Security#7", { kind: "team", organisation: "acme", slug: "ent:security", id: 7 }],
    [`team:acme/${"a".repeat(255)}`, { kind: "team", organisation: "acme", slug: "a".repeat(255), id: null }],
    ["team:a/b#9007199254740991", { kind: "team", organisation: "a", slug: "b", id: Number.MAX_SAFE_INTEGER }],
  ])("may be %s", (text, entry) => {
    expect(v.parse(allowEntrySchema, text)).toEqual(entry);
    expect(v.parse(denyEntrySchema, text)).toEqual(entry);
  });

  test.each([
    "",
    "octocat",
    "user:",
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
    "acme",
    "org:",
    "org:acme ",
    " org:acme",
    "Org:acme",
    "org:acme\n",
    "org:acme#",
    "org:acme#0",
    "org:acme#01",
    "org:acme#9007199254740992",
    "org:acme/platform",
    `org:${"a".repeat(40)}`,
    "organisation:acme",
    "team:acme",
    "team:acme/",
    "team:/platform",
    "team:acme/platform/sre",
    "team:acme#1234/platform",
    "team:acme/plat form",
    "team:acme/platform ",
    " team:acme/platform",
    "team:acme/Platform Team",
    "team:acme/ent:",
    "team:acme/org:platform",
    "team:acme/ent:a:b",
    "team:acme/platform#",
    "team:acme/platform#0",
    "team:acme/platform#9007199254740992",
    `team:acme/${"a".repeat(256)}`,
    `team:${"a".repeat(40)}/platform`,
    "team:acme/*",
    "team:acme/.",
    "team:acme/..",
    "team:acme/..#55",
    "team:acme/ent:..",
    "xuser:octocat",
    "xorg:acme",
    "xteam:acme/platform",
    `xtoken:GITHUBSHA256=${hash}`,
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

  test("that is wrong is answered with the forms that there are", () => {
    const [allow, deny] = [allowEntrySchema, denyEntrySchema].map(
      (schema) => v.safeParse(schema, "x").issues?.[0].message,
    );
    const pin = "[#OWNER_NUMBER/REPOSITORY_NUMBER]";
    const forms = [
      "user:LOGIN[#NUMBER], org:LOGIN[#NUMBER], team:LOGIN/SLUG[#NUMBER]",
      `workflow:OWNER/REPO/.github/workflows/FILE@refs/…${pin}, environment:OWNER/REPO/NAME${pin}`,
    ].join(", ");
    const token = "token:GITHUBSHA256= with the 44 characters from the decision log";
    expect(allow).toBe(`must be one of anyone, ${forms}`);
    expect(deny).toBe(`must be one of ${forms}, repository:OWNER/REPO${pin}, ${token}`);
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

test.each([
  ["anyone", "anyone"],
  ["user:OctoCat#583231", "user:octocat"],
  ["org:acme#1234", "org:acme"],
  ["team:Acme/platform#55", "team:acme/platform"],
])("%s is printed as %s: in lower case, without its pin", (text, printed) => {
  expect(printEntry(v.parse(allowEntrySchema, text))).toBe(printed);
});

test("a token's entry is printed with its padding", () => {
  expect(printEntry(v.parse(denyEntrySchema, `token:GITHUBSHA256=${hash}`))).toBe(`token:GITHUBSHA256=${hash}=`);
});

describe("an entry of groups_from", () => {
  test.each([
    ["acme", { kind: "organisation", login: "acme", id: null }],
    ["ACME#1234", { kind: "organisation", login: "acme", id: 1234 }],
    ["team:Acme/Platform#55", { kind: "team", organisation: "acme", slug: "platform", id: 55 }],
  ])("may be %s", (text, entry) => {
    expect(v.parse(groupSourceSchema, text)).toEqual(entry);
  });

  test.each([
    "",
    "org:acme",
    "acme/platform",
    "team:acme",
    "team:acme/platform#0",
    "user:octocat",
    " acme",
    "acme ",
    "acme#",
    "acme#0",
    "acme#9007199254740992",
    1234,
    null,
  ])("must not be %j", (value) => {
    expect(v.safeParse(groupSourceSchema, value).issues?.map(({ message }) => message)).toEqual([
      'must be the login of an organisation, or team:LOGIN/SLUG, with "#NUMBER" behind it or without',
    ]);
  });
});
