import { describe, expect, test } from "vitest";
import type { TokenOptions } from "../../../../src/local/github/grants.ts";
import { appJwt, get, listIn, objectIn, post, start } from "./support.ts";

const readOrg: TokenOptions = { kind: "classic", scopes: ["read:org"] };

/** Teams platform > storage > disks, with one member of disks. */
async function nested() {
  const standIn = await start();
  const organisation = standIn.addOrganisation({ login: "acme" });
  const platform = standIn.addTeam(organisation, { name: "Platform", id: 55 });
  const storage = standIn.addTeam(organisation, { name: "Storage & Backup", parent: platform });
  const disks = standIn.addTeam(organisation, { name: "Disks", slug: "the-disks", parent: storage });
  const account = standIn.addAccount({ login: "octo-reader" });
  standIn.addMember(organisation, account);
  standIn.addToTeam(disks, account);
  const ask = (path: string, options = readOrg) => get(standIn, path, standIn.issueToken(account, options));
  const slugs = async (response: Response) => (await listIn(response)).map(({ slug }) => slug);
  return { standIn, organisation, platform, storage, disks, account, ask, slugs };
}

describe("the list of a person's teams", () => {
  test("names direct teams only, each with one parent and its organisation", async () => {
    const { organisation, storage, disks, ask } = await nested();
    const [team, ...others] = await listIn(await ask("/user/teams"));
    expect(others).toEqual([]);
    expect(team).toMatchObject({
      id: disks.id,
      slug: "the-disks",
      name: "Disks",
      parent: { id: storage.id, slug: "storage-backup" },
      organization: { id: organisation.id, login: "acme" },
    });
    expect(team?.parent).not.toHaveProperty("parent");
  });

  test("follows those who join and leave a team or the organisation", async () => {
    const { standIn, organisation, platform, disks, account, ask, slugs } = await nested();
    standIn.addToTeam(platform, account);
    expect(await slugs(await ask("/user/teams"))).toEqual(["platform", "the-disks"]);
    standIn.removeFromTeam(disks, account);
    expect(await slugs(await ask("/user/teams"))).toEqual(["platform"]);
    standIn.removeMember(organisation, account);
    standIn.addMember(organisation, account);
    expect(await slugs(await ask("/user/teams"))).toEqual([]);
  });

  test("is empty for a person who is only invited", async () => {
    const { standIn, organisation, account, ask, slugs } = await nested();
    standIn.addMember(organisation, account, { state: "pending" });
    expect(await slugs(await ask("/user/teams"))).toEqual([]);
  });

  test("comes in pages", async () => {
    const { standIn, organisation, account, ask, slugs } = await nested();
    for (let count = 0; count < 100; count += 1) {
      standIn.addToTeam(standIn.addTeam(organisation, { name: `Team ${count}` }), account);
    }
    const first = await ask("/user/teams?per_page=100");
    expect(first.headers.get("link")).toBe(
      `<${standIn.url}/user/teams?per_page=100&page=2>; rel="next", <${standIn.url}/user/teams?per_page=100&page=2>; rel="last"`,
    );
    expect(await slugs(await ask("/user/teams?per_page=100&page=2"))).toEqual(["team-99"]);
  });

  test("leaves out organisations behind single sign-on, and says so", async () => {
    const { standIn, organisation, ask, slugs } = await nested();
    standIn.restrictOrganisation(organisation, { sso: {} });
    const response = await ask("/user/teams");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-github-sso")).toBe(`partial-results; organizations=${organisation.id}`);
    expect(await slugs(response)).toEqual([]);
  });

  test("shows a fine-grained token those of its resource owner alone", async () => {
    const { standIn, organisation, account, ask, slugs } = await nested();
    const other = standIn.addOrganisation({ login: "other" });
    standIn.addMember(other, account);
    standIn.addToTeam(standIn.addTeam(other, { name: "Elsewhere" }), account);
    expect(await slugs(await ask("/user/teams"))).toEqual(["the-disks", "elsewhere"]);
    expect(await slugs(await ask("/user/teams", { kind: "fine_grained", resourceOwner: organisation }))).toEqual([
      "the-disks",
    ]);
    const ownTeams = await ask("/user/teams", { kind: "fine_grained" });
    expect(ownTeams.status).toBe(200);
    expect(await slugs(ownTeams)).toEqual([]);
  });
});

describe("odd teams in the list of a person's teams", () => {
  test("a name without a Latin letter has no slug, unless the test says otherwise", async () => {
    const { standIn, organisation, account, ask, slugs } = await nested();
    for (const team of [{ name: "\u{1f419}" }, { name: "\u958b\u767a", slug: "\u958b\u767a" }]) {
      standIn.addToTeam(standIn.addTeam(organisation, team), account);
    }
    expect(await slugs(await ask("/user/teams"))).toEqual(["the-disks", "", "\u958b\u767a"]);
  });

  test("an enterprise's team has a type and a slug of its own, and may name no organisation", async () => {
    const { standIn, organisation, account, ask } = await nested();
    for (const shownOrganisation of ["full", "null", "absent"] as const) {
      const team = { name: `All ${shownOrganisation}`, type: "enterprise", shownOrganisation } as const;
      standIn.addToTeam(standIn.addTeam(organisation, team), account);
    }
    const [, ...teams] = await listIn(await ask("/user/teams"));
    expect(teams).toMatchObject([
      { slug: "ent:all-full", type: "enterprise", organization: { id: organisation.id } },
      { slug: "ent:all-null", organization: null },
      { slug: "ent:all-absent" },
    ]);
    expect(teams[2]).not.toHaveProperty("organization");
    for (const team of teams) expect(team).not.toHaveProperty("organization_id");
  });
});

describe("the list of an organisation's teams", () => {
  test("has every team with its parent, in pages", async () => {
    const { storage, disks, ask } = await nested();
    const first = await ask("/orgs/ACME/teams?per_page=2");
    expect(first.headers.get("link")).toContain('page=2>; rel="next"');
    expect(await listIn(first)).toMatchObject([{ parent: null }, { id: storage.id, parent: { slug: "platform" } }]);
    expect(await listIn(await ask("/orgs/acme/teams?per_page=2&page=2"))).toMatchObject([
      { id: disks.id, parent: { id: storage.id } },
    ]);
  });

  test("shows a secret team to its members, to owners and to an installation alone", async () => {
    const { standIn, organisation, account } = await nested();
    const secret = standIn.addTeam(organisation, { name: "Secret", privacy: "secret" });
    const people = ["member", "owner"].map((login) => standIn.addAccount({ login }));
    const [member = account, owner = account] = people;
    standIn.addMember(organisation, member);
    standIn.addMember(organisation, owner, { role: "admin" });
    standIn.addToTeam(secret, account);
    const isShown = async (token: string) => {
      const list = await listIn(await get(standIn, "/orgs/acme/teams", token));
      const isListed = list.some(({ id }) => id === secret.id);
      expect((await get(standIn, "/orgs/acme/teams/secret", token)).status).toBe(isListed ? 200 : 404);
      return isListed;
    };
    const app = standIn.addApp();
    const path = `/app/installations/${standIn.installApp(app, organisation).id}/access_tokens`;
    const { token } = await objectIn(await post(standIn, path, `Bearer ${appJwt(app)}`));
    const tokens = [account, owner, member].map((person) => standIn.issueToken(person, readOrg));
    expect(await Promise.all([...tokens, String(token)].map(isShown))).toEqual([true, true, false, true]);
  });

  test("is not found for those who may not see the organisation's teams", async () => {
    const { standIn, ask } = await nested();
    const outsider = standIn.issueToken(standIn.addAccount({ login: "outsider" }), readOrg);
    expect((await get(standIn, "/orgs/acme/teams", outsider)).status).toBe(404);
    expect((await ask("/orgs/acme/teams", { kind: "classic" })).status).toBe(404);
    expect((await ask("/orgs/unknown/teams")).status).toBe(404);
    expect((await get(standIn, "/orgs/acme/teams", null)).status).toBe(401);
  });
});

test("an account can't join a team of an organisation that it is not in", async () => {
  const { standIn, platform } = await nested();
  const outsider = standIn.addAccount({ login: "outsider" });
  expect(() => standIn.addToTeam(platform, outsider)).toThrow("outsider is no member of acme");
});

describe("one team", () => {
  test("is shown with its parent, and its names are compared without case", async () => {
    const { platform, storage, ask } = await nested();
    expect(await objectIn(await ask("/orgs/ACME/teams/Storage-Backup"))).toMatchObject({
      id: storage.id,
      parent: { id: platform.id },
    });
    expect(await objectIn(await ask("/orgs/acme/teams/platform"))).toMatchObject({ id: 55, parent: null });
  });

  test("has its new slug only, after it is renamed", async () => {
    const { platform, ask } = await nested();
    platform.slug = "foundation";
    expect((await ask("/orgs/acme/teams/platform")).status).toBe(404);
    expect((await ask("/orgs/acme/teams/foundation")).status).toBe(200);
  });

  test("is not found where it does not exist, or where the caller may not see it", async () => {
    const { standIn, ask } = await nested();
    const outsider = standIn.issueToken(standIn.addAccount({ login: "outsider" }), readOrg);
    expect((await get(standIn, "/orgs/acme/teams/platform", outsider)).status).toBe(404);
    expect((await ask("/orgs/acme/teams/unknown")).status).toBe(404);
    expect((await ask("/orgs/unknown/teams/platform")).status).toBe(404);
    expect((await ask("/orgs/acme/teams/platform", { kind: "classic" })).status).toBe(404);
    expect((await get(standIn, "/orgs/acme/teams/platform", null)).status).toBe(401);
  });

  test("is refused to a token that does not meet the organisation's demands", async () => {
    const { standIn, organisation, ask } = await nested();
    standIn.restrictOrganisation(organisation, { sso: {} });
    expect((await ask("/orgs/acme/teams/platform")).headers.get("x-github-sso")).toMatch(/^required;/);
    standIn.restrictOrganisation(organisation, { ipAllowList: true });
    expect((await ask("/orgs/acme/teams/platform")).status).toBe(403);
  });
});

describe("a person's membership in a team", () => {
  const paths = (organisationId: number, teamId: number, slug: string) => [
    `/orgs/acme/teams/${slug}/memberships/octo-reader`,
    `/organizations/${organisationId}/team/${teamId}/memberships/octo-reader`,
  ];

  test("is that of its child teams, too, by the team's slug and by its number", async () => {
    const { organisation, platform, disks, ask } = await nested();
    for (const team of [platform, disks]) {
      for (const path of paths(organisation.id, team.id, team.slug)) {
        expect(await objectIn(await ask(path))).toMatchObject({ state: "active", role: "member" });
      }
    }
  });

  test("is not there for an account outside of the team, in another organisation's path, and after it has left", async () => {
    const { standIn, organisation, platform, disks, account, ask } = await nested();
    const other = standIn.addTeam(organisation, { name: "Other" });
    const elsewhere = standIn.addOrganisation({ login: "elsewhere" });
    standIn.addMember(elsewhere, account);
    const absent = [
      ...paths(organisation.id, other.id, other.slug),
      `/organizations/${elsewhere.id}/team/${platform.id}/memberships/octo-reader`,
      "/orgs/acme/teams/platform/memberships/no-account",
    ];
    for (const path of absent) expect((await ask(path)).status).toBe(404);
    standIn.removeFromTeam(disks, account);
    for (const path of paths(organisation.id, platform.id, "platform")) expect((await ask(path)).status).toBe(404);
  });

  test("waits for an invited person, and makes an owner a maintainer", async () => {
    const { standIn, organisation, account, ask } = await nested();
    const [path = ""] = paths(organisation.id, 55, "platform");
    standIn.addMember(organisation, account, { role: "admin" });
    expect(await objectIn(await ask(path))).toMatchObject({ state: "active", role: "maintainer" });
    standIn.addMember(organisation, account, { state: "pending" });
    const other = standIn.addAccount({ login: "other" });
    standIn.addMember(organisation, other);
    const response = await get(standIn, path, standIn.issueToken(other, readOrg));
    expect(await objectIn(response)).toMatchObject({ state: "pending" });
  });
});

test("a team is found by its number, whatever its slug is, in its own organisation alone", async () => {
  const { standIn, organisation, platform, ask } = await nested();
  platform.slug = "renamed";
  expect(await objectIn(await ask(`/organizations/${organisation.id}/team/55`))).toMatchObject({ slug: "renamed" });
  const elsewhere = standIn.addOrganisation({ login: "elsewhere" });
  expect((await ask(`/organizations/${elsewhere.id}/team/55`)).status).toBe(404);
  expect((await ask("/organizations/1/team/55")).status).toBe(404);
});
