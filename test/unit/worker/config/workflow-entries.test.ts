// Entries that name workflows: what may be written, and that nothing but two numbers is a pin.
import * as fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  allowEntrySchema,
  denyEntrySchema,
  groupSourceSchema,
  printEntry,
} from "../../../../src/worker/config/entries.ts";
import { foldCase, printPin } from "../../../../src/worker/config/workflow-entries.ts";

const acmeShop = { owner: "acme", repository: "shop" };
const pin = { ownerId: 1234, repositoryId: 9001 };
const deploy = { kind: "workflow", ...acmeShop, path: ".github/workflows/deploy.yml", ref: "refs/heads/main" };
const file = "acme/shop/.github/workflows";

describe("an entry", () => {
  test.each([
    [`workflow:${file}/deploy.yml@refs/heads/main`, { ...deploy, pin: null }],
    [`workflow:${file}/deploy.yml@refs/heads/main#1234/9001`, { ...deploy, pin }],
    [
      `workflow:ACME/Shop/.github/workflows/Deploy.yaml@refs/tags/v1.0#1234/9001`,
      { ...deploy, path: ".github/workflows/Deploy.yaml", ref: "refs/tags/v1.0", pin },
    ],
    [
      `workflow:${file}/a@b.yml@refs/heads/x@refs/heads/main`,
      { ...deploy, path: ".github/workflows/a@b.yml", ref: "refs/heads/x@refs/heads/main", pin: null },
    ],
    [`workflow:${file}/deploy.yml@refs/heads/issue#7#1234/9001`, { ...deploy, ref: "refs/heads/issue#7", pin }],
    [
      `workflow:${file}/my deploy.yml@refs/heads/grün`,
      { ...deploy, path: ".github/workflows/my deploy.yml", ref: "refs/heads/grün", pin: null },
    ],
    ["environment:acme/shop/production", { kind: "environment", ...acmeShop, environment: "production", pin: null }],
    [
      "environment:Acme/Shop/Production#1234/9001",
      { kind: "environment", ...acmeShop, environment: "Production", pin },
    ],
    [
      "environment:acme/shop/prod / eu west#1234/9001",
      { kind: "environment", ...acmeShop, environment: "prod / eu west", pin },
    ],
    ["environment:acme/shop/a#b#1234/9001", { kind: "environment", ...acmeShop, environment: "a#b", pin }],
    ["environment:acme/shop/ #1234/9001", { kind: "environment", ...acmeShop, environment: " ", pin }],
    [
      "environment:-x_/...a/ö#1/1",
      { kind: "environment", owner: "-x_", repository: "...a", environment: "ö", pin: { ownerId: 1, repositoryId: 1 } },
    ],
  ])("may be %s", (text, entry) => {
    expect(v.parse(allowEntrySchema, text)).toEqual(entry);
    expect(v.parse(denyEntrySchema, text)).toEqual(entry);
    expect(v.safeParse(groupSourceSchema, text).success).toBe(false);
  });

  test.each([
    ["repository:Acme/Shop", { kind: "repository", ...acmeShop, pin: null }],
    ["repository:acme/shop#1234/9001", { kind: "repository", ...acmeShop, pin }],
  ])("of deny alone may be %s", (text, entry) => {
    expect(v.parse(denyEntrySchema, text)).toEqual(entry);
    expect(v.safeParse(allowEntrySchema, text).success).toBe(false);
  });

  test.each([
    ...[
      "#1234",
      "#1234/",
      "#/9001",
      "#1234/9001/1",
      "#0/9001",
      "#1234/09001",
      "#1234/9001 ",
      "#",
      "#a/b",
      "##1234/9001x",
    ].flatMap((end) => [
      `workflow:${file}/deploy.yml@refs/heads/main${end}`,
      `environment:acme/shop/production${end}`,
      `repository:acme/shop${end}`,
    ]),
    "environment:acme/shop/production#9007199254740992/1",
    "environment:acme/shop/production#1/9007199254740992",
    "environment:acme/shop/a#b",
    "environment:acme/shop/",
    "environment:acme/shop",
    "environment:acme",
    "environment:/shop/production",
    "environment:acme//production",
    "environment:acme/../production",
    "environment:ac me/shop/production",
    `environment:${"a".repeat(40)}/shop/production`,
    `environment:acme/shop/${"x".repeat(256)}`,
    "environment:acme/shop/production\n",
    "environment: acme/shop/production",
    `workflow:${file}/deploy.yml`,
    `workflow:${file}/deploy.yml@main`,
    `workflow:${file}/deploy.yml@refs/`,
    `workflow:${file}/deploy.yml@${"a".repeat(40)}`,
    `workflow:${file}/deploy.txt@refs/heads/main`,
    `workflow:${file}/x/deploy.yml@refs/heads/main`,
    "workflow:acme/shop/deploy.yml@refs/heads/main",
    "workflow:acme/shop/.github/workflows/@refs/heads/main",
    `workflow:${file}/deploy.yml@refs/heads/*`,
    `workflow:${file}/deploy.yml@refs/heads/a b`,
    `workflow:${file}/deploy.yml@refs/heads/a\\b`,
    "workflow:*",
    "repository:acme/shop/x",
    "repository:acme",
    "repository:acme/*",
  ])("must not be %j", (text) => {
    expect(v.safeParse(allowEntrySchema, text).success).toBe(false);
    expect(v.safeParse(denyEntrySchema, text).success).toBe(false);
  });

  test("of any names and numbers comes out as it went in", () => {
    const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const name = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
    const environment = fc
      .string({ minLength: 1, maxLength: 60, unit: "grapheme" })
      .filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(name, name, environment, number, number, (owner, repository, called, ownerId, repositoryId) => {
        const text = `environment:${owner}/${repository}/${called}`;
        const pinned = v.parse(denyEntrySchema, `${text}#${ownerId}/${repositoryId}`);
        expect(pinned).toEqual({
          kind: "environment",
          owner,
          repository,
          environment: called,
          pin: { ownerId, repositoryId },
        });
        expect(printEntry(pinned)).toBe(text);
        expect(printPin({ ownerId, repositoryId })).toBe(`#${ownerId}/${repositoryId}`);
      }),
    );
  });
});

test("case is folded for ASCII alone", () => {
  expect(foldCase("Production EU/Ü\u212a")).toBe("production eu/Ü\u212a");
});
