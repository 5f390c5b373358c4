// Teams and organisations that no one expected in a user's lists. Others make them: owners put people into teams, and
// GitHub adds kinds of teams. One that is odd decides about nothing but itself.
import { describe, expect, test } from "vitest";
import { acme, acmeBody, globexBody, json, membershipBody, paths, pinnedAcme, teamBody } from "../support.ts";
import { loadMemberships } from "./own-token-support.ts";

const inAcme = paths.membership("acme");
const platform = { id: 55, slug: "platform" };

async function loadWith(items: readonly unknown[], reference = acme) {
  const { memberships } = await loadMemberships([reference], {
    [inAcme]: json(membershipBody()),
    [paths.teams]: json([...items, teamBody(55, "platform")]),
  });
  const membership = memberships?.[0];
  if (membership?.kind !== "active") throw new Error(`no member, but ${JSON.stringify(membership)}`);
  return { teams: membership.teams, teamsHidden: membership.teamsHidden };
}

const complete = { teams: [platform], teamsHidden: null };

describe("an odd team of an organisation that no policy names decides about no one", () => {
  test.each<[string, unknown]>([
    ["without a slug", teamBody(1, "", { organization: globexBody })],
    ["with a slug in another script", teamBody(1, "\u958b\u767a", { organization: globexBody })],
    ["with a slug that leads elsewhere", teamBody(1, "../..", { organization: globexBody })],
    ["without a number", { ...teamBody(1, "dev", { organization: globexBody }), id: null }],
    ["with a parent of another shape", { ...teamBody(1, "dev", { organization: globexBody }), parent: ["x"] }],
    ["of an organisation of GitHub's first years", teamBody(1, "dev", { organization: { login: "-DNA-", id: 7 } })],
    ["of an organisation with an unheard-of name", teamBody(1, "dev", { organization: { login: "\u00e4 b", id: 7 } })],
    ["of an organisation without a name", teamBody(1, "dev", { organization: { id: 7 } })],
    [
      "of an enterprise, without an organisation",
      { ...teamBody(1, "ent:all"), organization: null, type: "enterprise" },
    ],
    ["of an enterprise, with no member about an organisation", { id: 1, slug: "ent:all", type: "enterprise" }],
    ["that is a number", 7],
  ])("%s", async (_, item) => {
    expect(await loadWith([item])).toEqual(complete);
    expect(await loadWith([item], pinnedAcme)).toEqual(complete);
  });
});

describe("an odd team of the organisation itself", () => {
  test.each(["", "\u958b\u767a", "a b", "..", "x".repeat(256), null])(
    "has its number alone with the slug %j, and the others stay",
    async (slug) => {
      expect(await loadWith([{ ...teamBody(1, "x"), slug }])).toEqual({
        teams: [{ id: 1, slug: "" }, platform],
        teamsHidden: null,
      });
    },
  );

  test("of its enterprise is a team like others", async () => {
    expect(await loadWith([{ ...teamBody(1, "ent:all"), type: "enterprise" }])).toEqual({
      teams: [{ id: 1, slug: "ent:all" }, platform],
      teamsHidden: null,
    });
  });

  test.each<[string, unknown]>([
    ["has no number", { ...teamBody(1, "dev"), id: undefined }],
    ["has a number that is none", { ...teamBody(1, "dev"), id: "1" }],
    ["has a parent of another shape", { ...teamBody(1, "dev"), parent: 7 }],
    ["has a parent without a number", { ...teamBody(1, "dev"), parent: { slug: "all" } }],
    ["names the organisation without its number", { ...teamBody(1, "dev"), organization: { login: "ACME" } }],
  ])("that %s leaves open in which teams the user is, and those that are known stay", async (_, item) => {
    const expected = { teams: [platform], teamsHidden: "github_invalid_response" };
    expect(await loadWith([item])).toEqual(expected);
    expect(await loadWith([item], pinnedAcme)).toEqual(expected);
  });

  test("is found by the organisation's number, whatever name the item has", async () => {
    const organization = { ...acmeBody, login: "Acme-New" };
    expect(await loadWith([teamBody(1, "dev", { organization })])).toEqual({
      teams: [{ id: 1, slug: "dev" }, platform],
      teamsHidden: null,
    });
    const other = { ...acmeBody, id: 999 };
    expect(await loadWith([teamBody(1, "dev", { organization: other })])).toEqual(complete);
  });

  test("whose parent has no slug is looked up in the list of the organisation", async () => {
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "" } })]),
      [paths.teamsOf("Acme")]: json([
        teamBody(7, "", { parent: { id: 8, slug: "all" } }),
        { id: 0, slug: "ent:x" },
        teamBody(8, "all"),
      ]),
    });
    expect(memberships).toMatchObject([
      { teams: [platform, { id: 7, slug: "" }, { id: 8, slug: "all" }], teamsHidden: null },
    ]);
  });
});
