import { describe, expect, test } from "vitest";
import type { TokenOptions } from "../../../../src/local/github/grants.ts";
import type { OrganisationRestrictions } from "../../../../src/local/github/organisations.ts";
import { get, getUser, listIn, messageIn, objectIn, start } from "./support.ts";

const path = "/user/memberships/orgs/acme";
const readOrg: TokenOptions = { kind: "classic", scopes: ["read:org"] };

/** A stand-in with one organisation and one member of it. */
async function acme() {
  const standIn = await start();
  const organisation = standIn.addOrganisation({ login: "Acme", id: 1234 });
  const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
  standIn.addMember(organisation, account);
  const ask = (options: TokenOptions, at = path) => get(standIn, at, standIn.issueToken(account, options));
  return { standIn, organisation, account, ask };
}

describe("a person's membership in one organisation", () => {
  test("is shown with state, role, organisation and user, and the name is compared without case", async () => {
    const { ask } = await acme();
    const response = await ask(readOrg, "/user/memberships/orgs/ACME");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-accepted-oauth-scopes")).toBe("admin:org, read:org, repo, user, write:org");
    expect(await objectIn(response)).toMatchObject({
      state: "active",
      role: "member",
      organization: { login: "Acme", id: 1234 },
      user: { login: "octo-reader", id: 4711 },
    });
  });

  test("is pending for an invited person, until they are added as active", async () => {
    const { standIn, organisation, account, ask } = await acme();
    standIn.addMember(organisation, account, { state: "pending", role: "admin" });
    expect(await objectIn(await ask(readOrg))).toMatchObject({ state: "pending", role: "admin" });
    standIn.addMember(organisation, account);
    expect(await objectIn(await ask(readOrg))).toMatchObject({ state: "active", role: "member" });
  });

  test("is not found for organisations that do not exist, that the person is not in, or that they left", async () => {
    const { standIn, organisation, account, ask } = await acme();
    standIn.addOrganisation({ login: "others" });
    expect((await ask(readOrg, "/user/memberships/orgs/others")).status).toBe(404);
    expect((await ask(readOrg, "/user/memberships/orgs/unknown")).status).toBe(404);
    expect((await ask(readOrg, "/user/memberships/orgs/%zz")).status).toBe(404);
    standIn.removeMember(organisation, account);
    expect((await ask(readOrg)).status).toBe(404);
  });

  test("follows a renamed organisation; the old name is not found, and may be taken over", async () => {
    const { standIn, organisation, account, ask } = await acme();
    organisation.login = "acme-new";
    expect((await ask(readOrg)).status).toBe(404);
    expect(await objectIn(await ask(readOrg, "/user/memberships/orgs/acme-new"))).toMatchObject({
      organization: { id: 1234 },
    });
    const taker = standIn.addOrganisation({ login: "acme" });
    standIn.addMember(taker, account);
    expect(await objectIn(await ask(readOrg))).toMatchObject({ organization: { id: taker.id } });
  });

  test("is refused without a token, and to an installation", async () => {
    const { standIn, ask } = await acme();
    expect(await messageIn(await get(standIn, path, null))).toBe("Requires authentication");
    expect((await get(standIn, path, "unknown")).status).toBe(401);
    const response = await ask({ kind: "installation" });
    expect(response.status).toBe(403);
    expect(await messageIn(response)).toBe("Resource not accessible by integration");
  });

  test("counts in the same bucket as GET /user, and may be cached like it", async () => {
    const { standIn, account } = await acme();
    const token = standIn.issueToken(account, readOrg);
    await getUser(standIn, token);
    const response = await get(standIn, path, token);
    expect(response.headers.get("x-ratelimit-remaining")).toBe("4998");
    const again = await get(standIn, path, token, { headers: { "if-none-match": response.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect(again.headers.get("x-ratelimit-remaining")).toBe("4998");
  });
});

test("a membership shows any state and role that the test gives, and no role where there is none", async () => {
  const { standIn, organisation, account, ask } = await acme();
  for (const membership of [
    { state: "active", role: "billing_manager" },
    { state: "suspended", role: "guest_collaborator" },
  ]) {
    standIn.addMember(organisation, account, membership);
    expect(await objectIn(await ask(readOrg))).toMatchObject(membership);
  }
  standIn.addMember(organisation, account, { role: null });
  expect(await objectIn(await ask(readOrg))).not.toHaveProperty("role");
});

describe("scopes", () => {
  test.each(["read:org", "write:org", "admin:org", "repo", "user"])("%s is enough", async (scope) => {
    const { ask } = await acme();
    for (const kind of ["classic", "oauth", "legacy"] as const) {
      expect((await ask({ kind, scopes: [scope] })).status).toBe(200);
    }
  });

  test.each([[[]], [["read:user", "public_repo"]]])("%j are not", async (scopes) => {
    const { ask } = await acme();
    for (const kind of ["classic", "oauth", "legacy"] as const) {
      for (const at of [path, "/user/memberships/orgs", "/user/teams"]) {
        const response = await ask({ kind, scopes }, at);
        expect(response.status).toBe(403);
        expect(response.headers.get("x-accepted-oauth-scopes")).toContain("read:org");
        expect(await messageIn(response)).toContain("You need at least read:org scope");
      }
    }
  });

  test("do not limit the tokens of GitHub Apps and fine-grained tokens", async () => {
    const { organisation, ask } = await acme();
    expect((await ask({ kind: "app" })).status).toBe(200);
    expect((await ask({ kind: "fine_grained", resourceOwner: organisation })).status).toBe(200);
  });
});

describe("a fine-grained token", () => {
  test("sees its resource owner and no other organisation of its owner", async () => {
    const { standIn, organisation, account, ask } = await acme();
    const other = standIn.addOrganisation({ login: "other" });
    standIn.addMember(other, account);
    const own = { kind: "fine_grained", resourceOwner: organisation } as const;
    expect((await ask(own)).status).toBe(200);
    for (const response of [await ask(own, "/user/memberships/orgs/other"), await ask({ kind: "fine_grained" })]) {
      expect(response.status).toBe(403);
      expect(await messageIn(response)).toBe("Resource not accessible by personal access token");
    }
  });

  test("may not list memberships, unless the test says otherwise: then those of its resource owner", async () => {
    const { standIn, organisation, account, ask } = await acme();
    standIn.addMember(standIn.addOrganisation({ login: "other" }), account);
    const list = () => ask({ kind: "fine_grained", resourceOwner: organisation }, "/user/memberships/orgs");
    const response = await list();
    expect(response.status).toBe(403);
    expect(await messageIn(response)).toBe("Resource not accessible by personal access token");
    standIn.fineGrainedListsMemberships = true;
    expect(await listIn(await list())).toMatchObject([{ organization: { id: organisation.id } }]);
  });

  test("without the permission Members sees no membership, no team and no word about why", async () => {
    const { standIn, organisation, account, ask } = await acme();
    standIn.addToTeam(standIn.addTeam(organisation, { name: "Platform" }), account);
    const blind = { kind: "fine_grained", resourceOwner: organisation, seesMembers: false } as const;
    expect((await ask(blind)).status).toBe(404);
    expect(await listIn(await ask(blind, "/user/teams"))).toEqual([]);
    expect((await ask(blind, "/orgs/acme/teams/platform")).status).toBe(404);
  });
});

describe("what an organisation demands", () => {
  const cases: [string, OrganisationRestrictions, TokenOptions, string][] = [
    [
      "an approved OAuth app",
      { approvedClients: ["good"] },
      { ...readOrg, kind: "oauth", oauthClientId: "bad" },
      "`Acme` organization has enabled OAuth App access restrictions",
    ],
    [
      "an approved GitHub App",
      { approvedClients: ["good"] },
      { kind: "app", oauthClientId: "bad" },
      "Resource not accessible by integration",
    ],
    ["a listed address", { ipAllowList: true }, readOrg, "the `Acme` organization has an IP allow list enabled"],
    [
      "no classic token",
      { forbidsClassic: true },
      readOrg,
      "`Acme` forbids access via a personal access token (classic)",
    ],
    ["single sign-on", { sso: {} }, readOrg, "Resource protected by organization SAML enforcement."],
    [
      "a second factor",
      { twoFactor: true },
      readOrg,
      "The Acme organization requires all members to have two-factor authentication enabled.",
    ],
  ];

  test.each(cases)(
    "%s: members are refused with the reason, and outsiders get 404",
    async (_, restrictions, options, message) => {
      const { standIn, organisation, ask } = await acme();
      standIn.restrictOrganisation(organisation, restrictions);
      const response = await ask(options);
      expect(response.status).toBe(403);
      expect(await messageIn(response)).toContain(message);
      const outsider = standIn.addAccount({ login: "outsider" });
      if (options.kind === "app") return;
      expect((await get(standIn, path, standIn.issueToken(outsider, options))).status).toBe(404);
      standIn.restrictOrganisation(organisation, {});
      expect((await ask(options)).status).toBe(200);
    },
  );

  test("a shorter life: a fine-grained token is refused, and no other", async () => {
    const { standIn, organisation, ask } = await acme();
    standIn.restrictOrganisation(organisation, { tokenLifetime: true });
    const response = await ask({ kind: "fine_grained", resourceOwner: organisation });
    expect(response.status).toBe(403);
    expect(await messageIn(response)).toMatch(/^The 'Acme' organization forbids access via a fine-grained .* lifetime/);
    expect((await ask(readOrg)).status).toBe(200);
  });

  test("nothing of it is shown where the law forbids it, to members and outsiders", async () => {
    const { standIn, organisation, account, ask } = await acme();
    standIn.addToTeam(standIn.addTeam(organisation, { name: "Platform" }), account);
    standIn.restrictOrganisation(organisation, { legalReasons: true });
    expect((await ask(readOrg)).status).toBe(451);
    expect(await listIn(await ask(readOrg, "/user/teams"))).toEqual([]);
    const outsider = standIn.issueToken(standIn.addAccount({ login: "outsider" }), readOrg);
    const response = await get(standIn, path, outsider);
    expect(response.status).toBe(451);
    expect(await objectIn(response)).toMatchObject({ message: "Repository access blocked", block: { reason: "dmca" } });
  });

  test("approved clients, other kinds of tokens and fine-grained ones under single sign-on pass", async () => {
    const { standIn, organisation, ask } = await acme();
    standIn.restrictOrganisation(organisation, { approvedClients: ["good"], forbidsClassic: true });
    expect((await ask({ ...readOrg, kind: "oauth", oauthClientId: "good" })).status).toBe(200);
    expect((await ask({ kind: "app", oauthClientId: "good" })).status).toBe(200);
    standIn.restrictOrganisation(organisation, { approvedClients: [], sso: {} });
    expect((await ask({ kind: "fine_grained", resourceOwner: organisation })).status).toBe(200);
  });

  test("single sign-on names the address to authorise at, until the token is authorised", async () => {
    const { standIn, organisation, account } = await acme();
    const [first, second, third] = [readOrg, readOrg, readOrg].map((options) => standIn.issueToken(account, options));
    if (first === undefined || second === undefined || third === undefined) throw new Error("no tokens");
    standIn.restrictOrganisation(organisation, { sso: { authorisedTokens: new Set([second]) } });
    const refused = await get(standIn, path, first);
    expect(refused.headers.get("x-github-sso")).toMatch(
      /^required; url=https:\/\/github\.com\/orgs\/Acme\/sso\?authorization_request=[0-9A-F]{32}$/,
    );
    expect((await get(standIn, path, second)).status).toBe(200);
    standIn.authoriseSso(organisation, first);
    expect((await get(standIn, path, first)).status).toBe(200);
    standIn.restrictOrganisation(organisation, { sso: { authorisedTokens: (token) => token === third } });
    expect((await get(standIn, path, third)).status).toBe(200);
    expect((await get(standIn, path, second)).status).toBe(403);
  });

  test("a GitHub App that the stand-in knows has to be installed, and not suspended", async () => {
    const { standIn, organisation, ask } = await acme();
    const app = standIn.addApp();
    const options: TokenOptions = { kind: "app", oauthClientId: app.clientId };
    const refused = await ask(options);
    expect(await messageIn(refused)).toBe("Resource not accessible by integration");
    const installation = standIn.installApp(app, organisation);
    expect((await ask(options)).status).toBe(200);
    standIn.suspendInstallation(installation);
    expect((await ask(options)).status).toBe(403);
    installation.suspendedAt = null;
    expect((await ask(options)).status).toBe(200);
    standIn.uninstall(installation);
    expect((await ask(options)).status).toBe(403);
  });
});

describe("the list of memberships", () => {
  const list = "/user/memberships/orgs";

  test("can be limited to a state", async () => {
    const { standIn, account, ask } = await acme();
    standIn.addMember(standIn.addOrganisation({ login: "inviting" }), account, { state: "pending" });
    const logins = async (query: string) => {
      const items = await listIn(await ask(readOrg, list + query));
      return items.map(({ organization }) => organization);
    };
    expect(await logins("")).toMatchObject([{ login: "Acme" }, { login: "inviting" }]);
    expect(await logins("?state=active")).toMatchObject([{ login: "Acme" }]);
    expect(await logins("?state=pending")).toMatchObject([{ login: "inviting" }]);
  });

  test("names the organisations behind single sign-on, and not those that did not approve the app", async () => {
    const { standIn, organisation, account, ask } = await acme();
    const hidden = ["one", "two"].map((login, index) => standIn.addOrganisation({ login, id: 77 + index }));
    for (const one of hidden) {
      standIn.addMember(one, account);
      standIn.restrictOrganisation(one, { sso: {} });
    }
    const closed = standIn.addOrganisation({ login: "closed" });
    standIn.addMember(closed, account);
    standIn.restrictOrganisation(closed, { approvedClients: [], sso: {} });
    const response = await ask({ ...readOrg, kind: "oauth", oauthClientId: "some-client" }, `${list}?state=active`);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-github-sso")).toBe("partial-results; organizations=77,78");
    expect(await listIn(response)).toMatchObject([{ organization: { id: organisation.id } }]);
  });

  test("comes in pages that name the others", async () => {
    const { standIn, account, ask } = await acme();
    for (let count = 0; count < 204; count += 1) {
      standIn.addMember(standIn.addOrganisation({ login: `more-${count}` }), account);
    }
    const linkOf = (response: Response) => response.headers.get("link");
    const url = (page: number) => `<${standIn.url}${list}?state=active&per_page=100&page=${page}>`;
    const first = await ask(readOrg, `${list}?state=active&per_page=100`);
    expect(linkOf(first)).toBe(`${url(2)}; rel="next", ${url(3)}; rel="last"`);
    expect(await listIn(first)).toHaveLength(100);
    const last = await ask(readOrg, `${list}?state=active&per_page=100&page=3`);
    expect(linkOf(last)).toBe(`${url(2)}; rel="prev", ${url(1)}; rel="first"`);
    expect(await listIn(last)).toHaveLength(5);
    expect(await listIn(await ask(readOrg, list))).toHaveLength(30);
    expect(await listIn(await ask(readOrg, `${list}?per_page=1000&page=two`))).toHaveLength(100);
  });
});
