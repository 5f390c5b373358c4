import { describe, expect, test } from "vitest";
import type { AppPermissions } from "../../../../src/local/github/apps.ts";
import type { StandInOptions } from "../../../../src/local/github/server.ts";
import { appJwt, get, getUser, handClock, listIn, messageIn, objectIn, post, start } from "./support.ts";

/** An app that is installed in one organisation. */
async function installed(options?: StandInOptions, permissions?: AppPermissions) {
  const standIn = await start(options);
  const app = standIn.addApp({ clientId: "client-of-a-test" });
  const organisation = standIn.addOrganisation({ login: "acme", id: 1234 });
  const installation = standIn.installApp(app, organisation, permissions === undefined ? {} : { permissions });
  const path = `/app/installations/${installation.id}/access_tokens`;
  const askToken = (body?: unknown) => post(standIn, path, `Bearer ${appJwt(app)}`, body);
  const mintToken = async (body?: unknown) => String((await objectIn(await askToken(body))).token);
  return { standIn, app, organisation, installation, path, askToken, mintToken };
}

describe("an app's JWT", () => {
  test("is good with the app's id and with its client id", async () => {
    const { standIn, app } = await installed();
    for (const iss of [app.clientId, app.appId, String(app.appId)]) {
      expect((await get(standIn, "/app/installations", appJwt(app, { iss }))).status).toBe(200);
    }
  });

  const now = Math.floor(Date.now() / 1000);
  test.each([
    ["that ends too late", { exp: now + 700 }, "'Expiration time' claim ('exp') is too far in the future"],
    [
      "that lives too long",
      { iat: now - 300, exp: now + 500 },
      "'Expiration time' claim ('exp') is too far in the future",
    ],
    ["that has ended", { iat: now - 600, exp: now - 1 }, "'Expiration time' claim ('exp') must be a numeric value"],
    ["of the future", { iat: now + 100 }, "'Issued at' claim ('iat') must be an Integer"],
    ["without an end", { exp: undefined }, "A JSON web token could not be decoded"],
  ])("%s is refused", async (_, claims, message) => {
    const { standIn, app } = await installed();
    const response = await get(standIn, "/app/installations", appJwt(app, claims));
    expect(response.status).toBe(401);
    expect(await messageIn(response)).toContain(message);
  });

  test("of an unknown app is refused", async () => {
    const { standIn, app } = await installed();
    const response = await get(standIn, "/app/installations", appJwt(app, { iss: "unknown" }));
    expect(response.status).toBe(404);
    expect(await messageIn(response)).toBe("Integration not found");
  });

  test("is refused with another's signature, without one, of another algorithm, and where it is none", async () => {
    const { standIn, app } = await installed();
    const other = standIn.addApp();
    const good = appJwt(app);
    const bad = [
      appJwt(other, { iss: app.clientId }),
      good.slice(0, good.lastIndexOf(".") + 1),
      appJwt(app, {}, "none"),
      "no-jwt",
      "a.b.c",
      null,
    ];
    for (const token of bad) {
      const response = await get(standIn, "/app/installations", token);
      expect(response.status).toBe(401);
      expect(await messageIn(response)).toBe("A JSON web token could not be decoded");
      expect(response.headers.get("x-ratelimit-limit")).toBe(token === null ? "60" : null);
    }
  });

  test("is an unknown token for all other paths", async () => {
    const { standIn, app } = await installed();
    expect((await getUser(standIn, appJwt(app))).status).toBe(401);
  });
});

describe("an app's installations", () => {
  test("are listed with account, permissions and suspension, and counted in the app's own bucket", async () => {
    const { standIn, app, installation } = await installed();
    const other = standIn.addApp();
    standIn.installApp(other, standIn.addOrganisation({ login: "elsewhere" }));
    const response = await get(standIn, "/app/installations?per_page=100", appJwt(app));
    expect(response.headers.get("x-ratelimit-remaining")).toBe("4999");
    expect(await listIn(response)).toMatchObject([
      {
        id: installation.id,
        account: { id: 1234, login: "acme", type: "Organization" },
        app_id: app.appId,
        client_id: app.clientId,
        permissions: { members: "read" },
        suspended_at: null,
      },
    ]);
    standIn.suspendInstallation(installation);
    const [suspended] = await listIn(await get(standIn, "/app/installations", appJwt(app)));
    expect(suspended?.suspended_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    standIn.uninstall(installation);
    expect(await listIn(await get(standIn, "/app/installations", appJwt(app)))).toEqual([]);
  });

  test("are on organisations, people, enterprises and accounts that are gone", async () => {
    const { standIn, app } = await installed();
    standIn.installApp(app, standIn.addAccount({ login: "-ACE-", id: 900 }));
    standIn.installApp(app, { id: 17, slug: "octo-corp" });
    standIn.installApp(app, null);
    const installations = await listIn(await get(standIn, "/app/installations", appJwt(app)));
    expect(installations.map(({ account, target_type }) => ({ account, target_type }))).toMatchObject([
      { account: { login: "acme" }, target_type: "Organization" },
      { account: { login: "-ACE-", id: 900, type: "User" }, target_type: "User" },
      { account: { slug: "octo-corp", id: 17 }, target_type: "Enterprise" },
      { account: null },
    ]);
  });

  test("is found by the organisation's name, suspended or not, and by no other app", async () => {
    const { standIn, app, installation } = await installed();
    const ask = (token: string | null, name = "ACME") => get(standIn, `/orgs/${name}/installation`, token);
    expect(await objectIn(await ask(appJwt(app)))).toMatchObject({ id: installation.id, suspended_at: null });
    standIn.suspendInstallation(installation);
    expect(await objectIn(await ask(appJwt(app)))).toMatchObject({ suspended_at: expect.any(String) });
    standIn.installApp(app, null);
    expect((await ask(appJwt(app), "unknown")).status).toBe(404);
    expect((await ask(appJwt(standIn.addApp()))).status).toBe(404);
    expect((await ask(null)).status).toBe(401);
  });

  test("come in pages", async () => {
    const { standIn, app } = await installed();
    for (let count = 0; count < 100; count += 1)
      standIn.installApp(app, standIn.addOrganisation({ login: `o-${count}` }));
    const first = await get(standIn, "/app/installations?per_page=100", appJwt(app));
    expect(first.headers.get("link")).toContain(`<${standIn.url}/app/installations?per_page=100&page=2>; rel="next"`);
    expect(await listIn(await get(standIn, "/app/installations?per_page=100&page=2", appJwt(app)))).toHaveLength(1);
  });
});

describe("an installation's token", () => {
  test("is good for an hour", async () => {
    const clock = handClock(new Date().toISOString());
    const { standIn, askToken } = await installed({ now: clock.now });
    const response = await askToken({ permissions: { members: "read" } });
    expect(response.status).toBe(201);
    expect(response.headers.has("etag")).toBe(false);
    const { token, expires_at, permissions } = await objectIn(response);
    expect(token).toMatch(/^ghs_[0-9A-Za-z]{36}$/);
    expect(permissions).toEqual({ metadata: "read", members: "read" });
    expect(Date.parse(String(expires_at))).toBe(Math.floor(clock.now().getTime() / 1000) * 1000 + 3_600_000);
    const path = "/orgs/acme/memberships/unknown";
    clock.advanceSeconds(3599);
    expect((await get(standIn, path, String(token))).status).toBe(404);
    clock.advanceSeconds(1);
    expect((await get(standIn, path, String(token))).status).toBe(401);
  });

  test("is refused for as long as GitHub does not know it everywhere, where the test says so", async () => {
    const clock = handClock(new Date().toISOString());
    const { standIn, mintToken } = await installed({ now: clock.now });
    const ask = (token: string) => get(standIn, "/orgs/acme/memberships/unknown", token);
    const token = await mintToken();
    standIn.newTokenRefusal = { seconds: 5, status: 401 };
    expect(await messageIn(await ask(token))).toBe("Bad credentials");
    standIn.newTokenRefusal = { seconds: 5, status: 403 };
    clock.advanceSeconds(4);
    expect(await messageIn(await ask(token))).toBe("Resource not accessible by integration");
    clock.advanceSeconds(1);
    expect((await ask(token)).status).toBe(404);
    expect((await ask(await mintToken())).status).toBe(403);
    standIn.newTokenRefusal = null;
    expect((await ask(await mintToken())).status).toBe(404);
  });

  test("is not given for a suspended, an uninstalled, an unknown or another app's installation", async () => {
    const { standIn, app, installation, path, askToken } = await installed();
    const other = standIn.addApp();
    expect((await post(standIn, path, `Bearer ${appJwt(other)}`)).status).toBe(404);
    expect((await post(standIn, "/app/installations/1/access_tokens", `Bearer ${appJwt(app)}`)).status).toBe(404);
    standIn.suspendInstallation(installation);
    const suspended = await askToken();
    expect(suspended.status).toBe(403);
    expect(await messageIn(suspended)).toBe("This installation has been suspended");
    standIn.uninstall(installation);
    expect((await askToken()).status).toBe(404);
  });

  test("is not given to an address that is not on the organisation's list, nor without a JWT", async () => {
    const { standIn, organisation, path, askToken } = await installed();
    standIn.restrictOrganisation(organisation, { ipAllowList: true });
    const refused = await askToken();
    expect(refused.status).toBe(403);
    expect(await messageIn(refused)).toContain("`acme` organization has an IP allow list enabled");
    expect((await post(standIn, path, null)).status).toBe(401);
  });

  test("has no permission that the installation lacks", async () => {
    const { askToken } = await installed({}, {});
    expect((await askToken({ permissions: { members: "read" } })).status).toBe(422);
    expect((await askToken({ permissions: "all" })).status).toBe(422);
    expect((await askToken()).status).toBe(201);
  });

  test("ends with the installation, and is no good while that is suspended", async () => {
    const { standIn, installation, mintToken } = await installed();
    const token = await mintToken();
    const ask = () => get(standIn, "/orgs/acme/memberships/unknown", token);
    standIn.suspendInstallation(installation);
    expect(await messageIn(await ask())).toBe("This installation has been suspended");
    installation.suspendedAt = null;
    expect((await ask()).status).toBe(404);
    standIn.uninstall(installation);
    expect((await ask()).status).toBe(401);
  });

  test("counts in the bucket of its installation, which is apart from all others", async () => {
    const { standIn, installation, mintToken } = await installed({ installationLimit: 3 });
    const [one, two] = [await mintToken(), await mintToken()];
    const ask = (token: string) => get(standIn, "/orgs/acme/memberships/unknown", token);
    expect((await ask(one)).headers.get("x-ratelimit-remaining")).toBe("2");
    expect((await ask(two)).headers.get("x-ratelimit-remaining")).toBe("1");
    await ask(one);
    const refused = await ask(two);
    expect(refused.status).toBe(403);
    expect(await messageIn(refused)).toContain(`API rate limit exceeded for installation ID ${installation.id}.`);
    const person = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "classic" });
    expect((await getUser(standIn, person)).status).toBe(200);
  });
});

describe("a membership that an installation asks about", () => {
  test("is shown, and the names are compared without case", async () => {
    const { standIn, organisation, mintToken } = await installed();
    const account = standIn.addAccount({ login: "octo-reader" });
    standIn.addMember(organisation, account, { state: "pending", role: "admin" });
    const response = await get(standIn, "/orgs/ACME/memberships/OCTO-reader", await mintToken());
    expect(await objectIn(response)).toMatchObject({
      state: "pending",
      role: "admin",
      organization: { id: 1234 },
      user: { id: account.id },
    });
  });

  test("is not found for an outsider, and for a login that does not exist", async () => {
    const { standIn, organisation, mintToken } = await installed();
    const token = await mintToken();
    const account = standIn.addAccount({ login: "outsider" });
    expect((await get(standIn, "/orgs/acme/memberships/outsider", token)).status).toBe(404);
    expect((await get(standIn, "/orgs/acme/memberships/unknown", token)).status).toBe(404);
    standIn.addMember(organisation, account);
    account.login = "renamed";
    expect((await get(standIn, "/orgs/acme/memberships/outsider", token)).status).toBe(404);
    expect((await get(standIn, "/orgs/acme/memberships/renamed", token)).status).toBe(200);
  });

  test("is refused without the permission, in other organisations, to people and to addresses that are not listed", async () => {
    const { standIn, organisation, mintToken } = await installed();
    standIn.addOrganisation({ login: "elsewhere" });
    const narrow = await mintToken({ permissions: { metadata: "read" } });
    const token = await mintToken();
    const person = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "fine_grained" });
    const path = "/orgs/acme/memberships/octo-reader";
    expect(await messageIn(await get(standIn, path, narrow))).toBe("Resource not accessible by integration");
    expect((await get(standIn, "/orgs/elsewhere/memberships/octo-reader", token)).status).toBe(403);
    expect((await get(standIn, path, person)).status).toBe(403);
    expect((await get(standIn, path, null)).status).toBe(401);
    expect((await get(standIn, "/orgs/unknown/memberships/octo-reader", token)).status).toBe(404);
    standIn.restrictOrganisation(organisation, { ipAllowList: true });
    expect(await messageIn(await get(standIn, path, token))).toContain("IP allow list");
  });

  test("an installation may read teams, too", async () => {
    const { standIn, organisation, mintToken } = await installed();
    standIn.addTeam(organisation, { name: "Platform", id: 55 });
    expect(await objectIn(await get(standIn, "/orgs/acme/teams/platform", await mintToken()))).toMatchObject({
      id: 55,
    });
  });
});
