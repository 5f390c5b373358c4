// The stand-in's responses, held to what GitHub publishes about each endpoint.
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Fault } from "../../../src/local/github/faults.ts";
import type { OrganisationRestrictions } from "../../../src/local/github/organisations.ts";
import { tokenLifetime } from "../../../src/local/github/sentences.ts";
import { startGitHubStandIn } from "../../../src/local/github/server.ts";
import { teamsOfUser } from "../../../src/worker/github/endpoints.ts";
import { expectPublishedData } from "../../published/github/graphql.ts";
import { expectPublished } from "../../published/github/openapi.ts";
import { missingMembers, recordingOf, recordings } from "../../published/github/recordings.ts";
import { appJwt, get, objectIn, post } from "../local/github/support.ts";

const standIn = await startGitHubStandIn();
afterAll(() => standIn.close());

const acme = standIn.addOrganisation({ login: "Acme" });
const member = standIn.addAccount({ login: "member" });
const owner = standIn.addAccount({ login: "owner" });
const invited = standIn.addAccount({ login: "invited" });
const biller = standIn.addAccount({ login: "biller" });
standIn.addMember(acme, member);
standIn.addMember(acme, owner, { role: "admin" });
standIn.addMember(acme, invited, { state: "pending" });
standIn.addMember(acme, biller, { role: "billing_manager" });
standIn.inviteAddress(acme, "new@organisation.example");
const parent = standIn.addTeam(acme, { name: "Top" });
const low = standIn.addTeam(acme, { name: "Low", parent });
for (const account of [member, owner, invited]) standIn.addToTeam(low, account);
const odd = standIn.addOrganisation({ login: "-odd-" });
const oddOne = standIn.addAccount({ login: "-Jerry-" });
standIn.addMember(odd, oddOne);
for (const name of ["\u{1f419}", "\u958b\u767a"]) standIn.addToTeam(standIn.addTeam(odd, { name, slug: name }), oddOne);
standIn.addToTeam(standIn.addTeam(odd, { name: "" }), oddOne);
standIn.addToTeam(standIn.addTeam(odd, { name: "All", type: "enterprise" }), oddOne);
const restricted = standIn.addOrganisation({ login: "restricted" });
standIn.addMember(restricted, member);
const app = standIn.addApp();
const permissions = { members: "read", checks: "write" } as const;
const tokenPath = `/app/installations/${standIn.installApp(app, acme, { permissions }).id}/access_tokens`;
standIn.suspendInstallation(standIn.installApp(app, standIn.addOrganisation({ login: "Suspended" })));
for (const account of [member, oddOne, { id: 17, slug: "octo-corp" }, null]) standIn.installApp(app, account);

const membersToken = standIn.issueToken(member, { kind: "classic", scopes: ["read:org"] });
const ownersToken = standIn.issueToken(owner, { kind: "classic", scopes: ["read:org", "user"] });
const invitedsToken = standIn.issueToken(invited, { kind: "classic", scopes: ["read:org"] });
const oddToken = standIn.issueToken(oddOne, { kind: "classic", scopes: ["read:org"] });
const withoutScope = standIn.issueToken(member, { kind: "classic" });
const fineGrained = standIn.issueToken(member, { kind: "fine_grained", resourceOwner: acme });
const oauthToken = standIn.issueToken(member, { kind: "oauth", scopes: ["user"], oauthClientId: app.clientId });
const expiration = "2027-01-19 10:23:39 UTC";
const appToken = standIn.issueToken(member, { kind: "app", oauthClientId: app.clientId, expiration });
const jwt = appJwt(app);
const installationToken = String((await objectIn(await post(standIn, tokenPath, `Bearer ${jwt}`))).token);
const client = `Basic ${btoa(`${app.clientId}:${app.clientSecret}`)}`;

/** Fails unless GitHub could have sent this. */
async function expectAsPublished(method: string, path: string, response: Response, status: number) {
  expect(response.status).toBe(status);
  const text = await response.text();
  expectPublished(method, path, status, text === "" ? undefined : JSON.parse(text));
}

describe("is as published: the response to GET", () => {
  test.each([
    ["/user", 200, "a token without the scope user", membersToken],
    ["/user", 200, "a token with the scope user", ownersToken],
    ["/user", 200, "a fine-grained token", fineGrained],
    ["/user", 200, "an app's token", appToken],
    ["/user", 401, "no token", null],
    ["/user", 401, "an unknown token", "unknown"],
    ["/user", 403, "an installation's token", installationToken],
    ["/user/memberships/orgs", 200, "a member", membersToken],
    ["/user/memberships/orgs?state=active&per_page=100", 200, "an owner", ownersToken],
    ["/user/memberships/orgs", 200, "an invited person", invitedsToken],
    ["/user/memberships/orgs", 403, "a token without a scope", withoutScope],
    ["/user/memberships/orgs", 403, "a fine-grained token", fineGrained],
    ["/user/memberships/orgs/acme", 200, "a member", membersToken],
    ["/user/memberships/orgs/acme", 200, "an owner", ownersToken],
    ["/user/memberships/orgs/acme", 200, "an invited person", invitedsToken],
    ["/user/memberships/orgs/acme", 200, "a fine-grained token", fineGrained],
    ["/user/memberships/orgs/acme", 403, "a token without a scope", withoutScope],
    ["/user/memberships/orgs/suspended", 404, "an account that is not in it", membersToken],
    ["/user/teams?per_page=100", 200, "a member of a team", membersToken],
    ["/user/teams", 200, "an owner in a team", ownersToken],
    ["/user/teams", 403, "a token without a scope", withoutScope],
    ["/user", 200, "an account of the first years", oddToken],
    ["/user/memberships/orgs/-odd-", 200, "an account of the first years", oddToken],
    ["/user/teams", 200, "a member of teams without a Latin slug and of an enterprise's", oddToken],
    ["/orgs/acme/teams?per_page=100", 200, "a member", membersToken],
    ["/orgs/-odd-/teams", 200, "a member of odd teams", oddToken],
    ["/orgs/acme/teams", 200, "an installation", installationToken],
    ["/orgs/acme/teams", 404, "an account that is not in it", oddToken],
    ["/orgs/-odd-/teams", 403, "an installation elsewhere", installationToken],
    ["/orgs/acme/teams/low", 200, "a member", membersToken],
    ["/orgs/acme/teams/top", 200, "a member", membersToken],
    ["/orgs/acme/teams/none", 404, "a member", membersToken],
    [`/organizations/${acme.id}/team/${low.id}`, 200, "an installation", installationToken],
    [`/organizations/${acme.id}/team/1`, 404, "an installation", installationToken],
    ["/orgs/acme/teams/low/memberships/owner", 200, "an installation", installationToken],
    ["/orgs/acme/teams/low/memberships/invited", 200, "an installation", installationToken],
    [`/organizations/${acme.id}/team/${parent.id}/memberships/member`, 200, "an installation", installationToken],
    ["/orgs/acme/teams/low/memberships/biller", 404, "an installation", installationToken],
    ["/orgs/acme/teams/low/memberships/none", 404, "an installation", installationToken],
    ["/orgs/acme/teams/top/memberships/member", 200, "a member", membersToken],
    ["/orgs/acme/memberships/member", 200, "an installation", installationToken],
    ["/orgs/acme/memberships/owner", 200, "an installation", installationToken],
    ["/orgs/acme/memberships/invited", 200, "an installation", installationToken],
    ["/orgs/acme/memberships/biller", 200, "an installation", installationToken],
    ["/orgs/acme/memberships/none", 404, "an installation", installationToken],
    ["/orgs/acme/members?role=all&per_page=100", 200, "a member", membersToken],
    ["/orgs/acme/members?role=admin&per_page=100", 200, "an installation", installationToken],
    ["/orgs/acme/members", 200, "an account that is not in it", oddToken],
    ["/orgs/acme/members?role=boss", 422, "a member", membersToken],
    ["/orgs/acme/invitations?per_page=100", 200, "an installation", installationToken],
    ["/orgs/acme/invitations", 200, "an owner", ownersToken],
    ["/orgs/acme/invitations", 404, "a member", membersToken],
    ["/orgs/acme/teams/top/members?per_page=100", 200, "a member", membersToken],
    [`/organizations/${acme.id}/team/${parent.id}/members`, 200, "an installation", installationToken],
    ["/orgs/acme/teams/none/members", 404, "a member", membersToken],
    ["/app/installations?per_page=100", 200, "an app", jwt],
    ["/app/installations", 401, "no JWT", null],
    ["/orgs/acme/installation", 200, "an app", jwt],
    ["/orgs/suspended/installation", 200, "a suspended app", jwt],
    ["/orgs/none/installation", 404, "an app", jwt],
    ["/orgs/acme/installation", 401, "a token", membersToken],
    [`/user/${member.id}`, 200, "no token", null],
    [`/user/${acme.id}`, 200, "a member", membersToken],
    [`/user/${oddOne.id}`, 200, "no token", null],
    ["/user/1", 404, "no token", null],
    ["/rate_limit", 200, "no token", null],
    ["/rate_limit", 200, "a token", membersToken],
    ["/rate_limit", 401, "an unknown token", "unknown"],
    ["/orgs/acme", 200, "no token", null],
    ["/orgs/none", 404, "no token", null],
    ["/users/member", 200, "no token", null],
    ["/users/acme", 200, "no token", null],
    ["/users/none", 404, "no token", null],
  ])("%s, %i, to %s", async (path, status, _, token) => {
    await expectAsPublished("GET", path, await get(standIn, path, token), status);
  });

  test("/user, 304", async () => {
    const etag = (await get(standIn, "/user", membersToken)).headers.get("etag") ?? "";
    const response = await get(standIn, "/user", membersToken, { headers: { "if-none-match": etag } });
    await expectAsPublished("GET", "/user", response, 304);
  });
});

describe("is as published: the response to POST", () => {
  const checkPath = `/applications/${app.clientId}/token`;
  test.each([
    ["an installation's token", tokenPath, 201, `Bearer ${jwt}`, { permissions: { members: "read" } }],
    ["an installation's token with all permissions", tokenPath, 201, `Bearer ${jwt}`, undefined],
    ["an installation's token without a JWT", tokenPath, 401, null, undefined],
    ["a token of an unknown installation", "/app/installations/1/access_tokens", 404, `Bearer ${jwt}`, undefined],
    ["too many permissions", tokenPath, 422, `Bearer ${jwt}`, { permissions: { members: "write" } }],
    ["check-token with an OAuth token", checkPath, 200, client, { access_token: oauthToken }],
    ["check-token with a token of a GitHub App", checkPath, 200, client, { access_token: appToken }],
    ["check-token with another app's token", checkPath, 404, client, { access_token: membersToken }],
    ["check-token with a wrong secret", checkPath, 401, `Basic ${btoa(`${app.clientId}:wrong`)}`, {}],
    ["check-token without a token", checkPath, 422, client, {}],
  ])("for %s", async (_, path, status, authorization, body) => {
    await expectAsPublished("POST", path, await post(standIn, path, authorization, body), status);
  });
});

describe("is as published where an organisation has demands:", () => {
  afterEach(() => standIn.restrictOrganisation(restricted, {}));

  const ownersOwn = standIn.issueToken(member, { kind: "fine_grained", resourceOwner: restricted });
  const demands: readonly (readonly [number, OrganisationRestrictions, string])[] = [
    [403, { sso: {} }, membersToken],
    [403, { approvedClients: [] }, oauthToken],
    [403, { ipAllowList: true }, membersToken],
    [403, { forbidsClassic: true }, membersToken],
    [403, { twoFactor: true }, membersToken],
    [403, { tokenLifetime: true }, ownersOwn],
    [451, { legalReasons: true }, membersToken],
  ];
  test.each(demands)("%i, %j", async (status, restrictions, token) => {
    standIn.restrictOrganisation(restricted, restrictions);
    for (const path of ["/user/memberships/orgs/restricted", "/orgs/restricted/teams", "/orgs/restricted/teams/none"]) {
      await expectAsPublished("GET", path, await get(standIn, path, token), status);
    }
    for (const path of ["/user/teams", "/user/memberships/orgs"]) {
      const isListed = token !== ownersOwn || path === "/user/teams";
      await expectAsPublished("GET", path, await get(standIn, path, token), isListed ? 200 : 403);
    }
  });
});

describe("is as published on a bad day:", () => {
  afterEach(() => standIn.setFault("everyone", null));

  test("400, an API version that does not exist", async () => {
    const response = await get(standIn, "/user", membersToken, { headers: { "x-github-api-version": "none" } });
    await expectAsPublished("GET", "/user", response, 400);
  });

  const faults: readonly (readonly [number, Fault])[] = [
    [401, { kind: "bad_credentials" }],
    [403, { kind: "forbidden", message: tokenLifetime("enterprise", "Octo Corp") }],
    [451, { kind: "legally_blocked" }],
    [403, { kind: "suspended" }],
    [403, { kind: "resource_not_accessible" }],
    [403, { kind: "primary_limit", status: 403, headers: "full" }],
    [429, { kind: "primary_limit", status: 429, headers: "retry_after" }],
    [403, { kind: "secondary_limit", status: 403, headers: "full" }],
    [429, { kind: "secondary_limit", status: 429, headers: "retry_after" }],
    [403, { kind: "anonymous_limit", status: 403 }],
    [429, { kind: "anonymous_limit", status: 429 }],
    [403, { kind: "ip_allow_list" }],
    [403, { kind: "lockout" }],
    [410, { kind: "gone" }],
    [502, { kind: "server_error", status: 502, body: "json" }],
    [503, { kind: "server_error", status: 503, body: "json" }],
    [301, { kind: "redirect", status: 301, location: "https://github.com/moved" }],
  ];
  test.each(faults)("%i, $kind", async (status, fault) => {
    standIn.setFault("everyone", fault);
    await expectAsPublished("GET", "/user", await get(standIn, "/user", membersToken), status);
  });
});

describe.skipIf(recordings === null)("has every member of a recorded response:", () => {
  test.each([
    ["the account of a token", "GET", "/user", ownersToken],
    ["memberships in organisations", "GET", "/user/memberships/orgs", ownersToken],
    ["teams of the account, page 1", "GET", "/user/teams", membersToken],
    ["teams of the account, page 2", "GET", "/user/teams", membersToken],
    ["teams of an account in several organisations", "GET", "/user/teams", membersToken],
    ["a team", "GET", "/orgs/acme/teams/low", membersToken],
    ["a membership", "GET", "/orgs/acme/memberships/member", installationToken],
    ["installations of an app", "GET", "/app/installations", jwt],
    ["an installation token", "POST", tokenPath, jwt],
    ["is no member", "GET", "/orgs/acme/memberships/none", installationToken],
    ["a bad app JWT", "GET", "/user", "unknown"],
  ])("%s, by %s %s", async (name, method, path, token) => {
    const response = await get(standIn, path, token, { method });
    expect(missingMembers(recordingOf(name).body, await response.json())).toEqual([]);
  });
});

describe.skipIf(recordings === null)("has the headers of a recorded response, and no other of these:", () => {
  /** Headers that say something about a token, its bucket or the request. */
  const telling = /^(?:x-(?:ratelimit|oauth|accepted|github)-|github-authentication|link$|etag$|last-modified$)/;
  /** GitHub sends these since 2022 or later, so that older recordings lack them. */
  const newer = ["x-ratelimit-used", "x-ratelimit-resource", "x-github-api-version-selected", "x-github-request-id"];
  const toldBy = (headers: Headers) =>
    [...headers.keys()].filter((name) => telling.test(name) && !newer.includes(name)).sort();

  test("a 304", async () => {
    const etag = (await get(standIn, "/user", ownersToken)).headers.get("etag") ?? "";
    const { headers } = await get(standIn, "/user", ownersToken, { headers: { "if-none-match": etag } });
    expect(toldBy(headers)).toEqual(toldBy(recordingOf("not modified").headers));
    const isWeak = (tag: string | null) => tag?.startsWith("W/");
    expect(isWeak(headers.get("etag"))).toBe(isWeak(recordingOf("not modified").headers.get("etag")));
  });

  test("a 200 to a token with scopes", async () => {
    const { headers } = await get(standIn, "/user", ownersToken);
    expect(toldBy(headers)).toEqual(toldBy(recordingOf("the account of a token").headers));
  });

  test("a membership as a fine-grained token sees it", async () => {
    const { headers } = await get(standIn, "/orgs/acme/memberships/member", installationToken);
    const recorded = toldBy(recordingOf("a membership").headers);
    expect(recorded).toEqual(expect.arrayContaining(toldBy(headers)));
  });
});

describe("is not as published, for tests of what GitHub might add or leave out:", () => {
  const guest = standIn.addAccount({ login: "guest" });
  const token = standIn.issueToken(guest, { kind: "classic", scopes: ["read:org"] });

  test.each([
    ["a role of another name", { role: "guest_collaborator" }, /role\/ must be equal to one of the allowed values/],
    ["no role", { role: null }, /must have required property 'role'/],
    ["a state of another name", { state: "suspended" }, /state\/ must be equal to one of the allowed values/],
  ])("a membership with %s", async (_, membership, error) => {
    standIn.addMember(acme, guest, membership);
    const path = "/user/memberships/orgs/acme";
    const body = await (await get(standIn, path, token)).json();
    expect(() => expectPublished("GET", path, 200, body)).toThrow(error);
  });

  test.each(["null", "absent"] as const)("a team whose organisation is %s", async (shownOrganisation) => {
    standIn.addMember(acme, guest);
    const team = standIn.addTeam(acme, { name: "Everyone", type: "enterprise", shownOrganisation });
    standIn.addToTeam(team, guest);
    const body = await (await get(standIn, "/user/teams", token)).json();
    standIn.removeFromTeam(team, guest);
    expect(() => expectPublished("GET", "/user/teams", 200, body)).toThrow(/organization/);
  });
});

test.each([
  ["a member", "acme", "member", { organization: { databaseId: acme.id, teams: { nodes: [{ slug: "low" }] } } }],
  ["an unknown login", "acme", "none", { organization: { databaseId: acme.id }, user: null }],
  ["another organisation", "-odd-", "-Jerry-", { organization: null, user: { databaseId: oddOne.id } }],
])("the data of a GraphQL response about %s are what the query asks for, in the published types", async (...row) => {
  const [, org, login, expected] = row;
  const variables = { org, login, first: 100, after: null };
  const { query } = teamsOfUser;
  const response = await post(standIn, "/graphql", `Bearer ${installationToken}`, { query, variables });
  const { data } = await objectIn(response);
  expect(data).toMatchObject(expected);
  expectPublishedData(query, variables, data);
});
