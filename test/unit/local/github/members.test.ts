import { describe, expect, test } from "vitest";
import { appJwt, get, listIn, objectIn, post, start } from "./support.ts";

/** An organisation with an owner, two members, one of them in a child team, a billing manager and two invitations. */
async function scene() {
  const standIn = await start();
  const acme = standIn.addOrganisation({ login: "acme" });
  const add = (login: string, membership = {}) => {
    const account = standIn.addAccount({ login });
    standIn.addMember(acme, account, membership);
    return account;
  };
  const olga = add("olga", { role: "admin" });
  const ada = add("ada");
  const ben = add("ben");
  add("bill", { role: "billing_manager" });
  const ines = add("ines", { state: "pending" });
  standIn.inviteAddress(acme, "new@acme.example");
  const top = standIn.addTeam(acme, { name: "Top", id: 55 });
  const low = standIn.addTeam(acme, { name: "Low", parent: top });
  standIn.addToTeam(top, ada);
  for (const account of [ada, ben, ines]) standIn.addToTeam(low, account);
  const outsider = standIn.addAccount({ login: "outsider" });
  const tokenOf = (account = olga, scopes = ["read:org"]) => standIn.issueToken(account, { kind: "classic", scopes });
  const app = standIn.addApp();
  const path = `/app/installations/${standIn.installApp(app, acme).id}/access_tokens`;
  const installationToken = String((await objectIn(await post(standIn, path, `Bearer ${appJwt(app)}`))).token);
  const logins = async (path: string, token: string) =>
    (await listIn(await get(standIn, path, token))).map(({ login }) => login);
  return { standIn, acme, olga, ada, outsider, tokenOf, installationToken, logins };
}

describe("the list of an organisation's members", () => {
  test("has full members alone, by role", async () => {
    const { tokenOf, installationToken, logins } = await scene();
    for (const token of [tokenOf(), installationToken]) {
      expect(await logins("/orgs/acme/members", token)).toEqual(["olga", "ada", "ben"]);
      expect(await logins("/orgs/acme/members?role=admin", token)).toEqual(["olga"]);
      expect(await logins("/orgs/acme/members?role=member", token)).toEqual(["ada", "ben"]);
    }
  });

  test("shows a member concealed members, and neither an outsider nor a token without a scope", async () => {
    const { ada, outsider, tokenOf, logins } = await scene();
    expect(await logins("/orgs/acme/members", tokenOf(ada))).toHaveLength(3);
    expect(await logins("/orgs/acme/members", tokenOf(outsider))).toEqual([]);
    expect(await logins("/orgs/acme/members", tokenOf(ada, []))).toEqual([]);
  });

  test("comes in pages", async () => {
    const { standIn, acme, tokenOf } = await scene();
    for (let count = 0; count < 100; count += 1) {
      standIn.addMember(acme, standIn.addAccount({ login: `member-${count}` }));
    }
    const first = await get(standIn, "/orgs/acme/members?per_page=100", tokenOf());
    expect(first.headers.get("link")).toContain('page=2>; rel="next"');
  });
});

describe("the list of invitations", () => {
  test("names accounts and addresses, to owners and to an installation", async () => {
    const { standIn, tokenOf, installationToken } = await scene();
    for (const token of [tokenOf(), installationToken]) {
      expect(await listIn(await get(standIn, "/orgs/acme/invitations", token))).toMatchObject([
        { login: "ines", email: null, role: "direct_member", team_count: 1 },
        { login: null, email: "new@acme.example", role: "direct_member", team_count: 0 },
      ]);
    }
  });

  test("is not there for members, and where GitHub has none", async () => {
    const { standIn, ada, tokenOf } = await scene();
    expect((await get(standIn, "/orgs/acme/invitations", tokenOf(ada))).status).toBe(404);
    standIn.listsInvitations = false;
    expect((await get(standIn, "/orgs/acme/invitations", tokenOf())).status).toBe(404);
  });
});

describe("the list of a team's members", () => {
  test("has the members of child teams, and says so", async () => {
    const { standIn, acme, installationToken } = await scene();
    const members = [
      { login: "ada", inherited: false },
      { login: "ben", inherited: true },
    ];
    for (const path of ["/orgs/acme/teams/top/members", `/organizations/${acme.id}/team/55/members`]) {
      expect(await listIn(await get(standIn, path, installationToken))).toMatchObject(members);
    }
  });
});
