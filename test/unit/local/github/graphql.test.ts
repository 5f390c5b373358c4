import { describe, expect, test } from "vitest";
import type { StandInOptions } from "../../../../src/local/github/server.ts";
import { appJwt, get, objectIn, post, start } from "./support.ts";

const query =
  "query($org:String!,$login:String!,$after:String){organization(login:$org){databaseId teams(first:100,after:$after,userLogins:[$login])" +
  "{pageInfo{hasNextPage endCursor} nodes{databaseId slug ancestors(first:20){pageInfo{hasNextPage} nodes{databaseId slug}}}}} " +
  "user(login:$login){databaseId}}";

/** An installation in an organisation with nested teams, and one member of the lowest. */
async function nested(options?: StandInOptions) {
  const standIn = await start(options);
  const app = standIn.addApp();
  const organisation = standIn.addOrganisation({ login: "Acme", id: 1234 });
  const installation = standIn.installApp(app, organisation);
  const top = standIn.addTeam(organisation, { name: "Top", id: 1 });
  const middle = standIn.addTeam(organisation, { name: "Middle", id: 2, parent: top });
  const low = standIn.addTeam(organisation, { name: "Low", id: 3, parent: middle });
  const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
  standIn.addMember(organisation, account);
  standIn.addToTeam(low, account);
  const mint = await post(standIn, `/app/installations/${installation.id}/access_tokens`, `Bearer ${appJwt(app)}`);
  const token = String((await objectIn(mint)).token);
  const ask = (variables: Record<string, unknown> = {}, text = query) =>
    post(standIn, "/graphql", `bearer ${token}`, {
      query: text,
      variables: { org: "acme", login: "octo-reader", after: null, ...variables },
    });
  return { standIn, app, organisation, low, account, installation, token, ask };
}

describe("the teams of a login, asked in GraphQL by an installation", () => {
  test("are the direct ones, with all of their ancestors", async () => {
    const { ask } = await nested();
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.headers.get("x-ratelimit-resource")).toBe("graphql");
    expect(response.headers.has("etag")).toBe(false);
    expect(await objectIn(response)).toEqual({
      data: {
        organization: {
          databaseId: 1234,
          teams: {
            pageInfo: { hasNextPage: false, endCursor: expect.any(String) },
            nodes: [
              {
                databaseId: 3,
                slug: "low",
                ancestors: {
                  pageInfo: { hasNextPage: false },
                  nodes: [
                    { databaseId: 2, slug: "middle" },
                    { databaseId: 1, slug: "top" },
                  ],
                },
              },
            ],
          },
        },
        user: { databaseId: 4711 },
      },
    });
  });

  test("are found by login without case, and an invited person and an outsider have none", async () => {
    const { standIn, organisation, account, ask } = await nested();
    const slugs = async (login: string) => JSON.stringify(await (await ask({ login })).json());
    expect(await slugs("OCTO-READER")).toContain('"low"');
    standIn.addMember(organisation, account, { state: "pending" });
    expect(await slugs("octo-reader")).toContain('"nodes":[]');
    standIn.addAccount({ login: "outsider" });
    expect(await slugs("outsider")).toContain('"nodes":[]');
  });

  test("come in pages, and ancestors say when there are more of them", async () => {
    const { standIn, organisation, account, ask } = await nested();
    for (let count = 0; count < 100; count += 1) {
      standIn.addToTeam(standIn.addTeam(organisation, { name: `Team ${count}` }), account);
    }
    const first = await ask();
    const { data } = await objectIn(first);
    expect(data).toMatchObject({ organization: { teams: { pageInfo: { hasNextPage: true } } } });
    const after = /"endCursor":"([^"]+)"/.exec(JSON.stringify(data))?.[1];
    expect(await objectIn(await ask({ after }))).toMatchObject({
      data: {
        organization: { teams: { pageInfo: { hasNextPage: false }, nodes: [{ slug: "team-99" }] } },
      },
    });
    const short = await ask({}, query.replace("ancestors(first:20)", "ancestors(first: 1)"));
    expect(JSON.stringify(await short.json())).toContain(
      '"ancestors":{"pageInfo":{"hasNextPage":true},"nodes":[{"databaseId":2,"slug":"middle"}]}',
    );
  });

  test("names that lead nowhere are null, with an error, in an answer with status 200", async () => {
    const { ask } = await nested();
    const noOrganisation = await ask({ org: "nowhere" });
    expect(noOrganisation.status).toBe(200);
    expect(await objectIn(noOrganisation)).toMatchObject({
      data: { organization: null, user: { databaseId: 4711 } },
      errors: [{ type: "NOT_FOUND", path: ["organization"] }],
    });
    expect(await objectIn(await ask({ login: "unknown" }))).toMatchObject({
      data: { organization: { databaseId: 1234, teams: { nodes: [] } }, user: null },
      errors: [{ type: "NOT_FOUND", path: ["user"] }],
    });
  });
});

test("GraphQL resolves no hidden account and no managed user of another enterprise, but finds their teams", async () => {
  const { standIn, account, ask } = await nested();
  account.visibility = "hidden";
  expect(await objectIn(await ask())).toMatchObject({
    data: { organization: { teams: { nodes: [{ slug: "low" }] } }, user: null },
    errors: [{ type: "NOT_FOUND", path: ["user"] }],
  });
  account.visibility = "enterprise";
  expect(await objectIn(await ask())).toMatchObject({ data: { user: { databaseId: 4711 } } });
  standIn.addAccount({ login: "managed_else", visibility: "enterprise" });
  expect(await objectIn(await ask({ login: "managed_else" }))).toMatchObject({ data: { user: null } });
});

describe("GraphQL's refusals", () => {
  test("come with status 200 for other organisations, missing permissions, people's tokens and addresses", async () => {
    const { standIn, app, organisation, account, installation, ask } = await nested();
    standIn.addOrganisation({ login: "elsewhere" });
    const forbidden = { data: { organization: null }, errors: [{ type: "FORBIDDEN" }] };
    expect(await objectIn(await ask({ org: "elsewhere" }))).toMatchObject(forbidden);

    const body = { query, variables: { org: "acme", login: "octo-reader" } };
    const narrow = await post(standIn, `/app/installations/${installation.id}/access_tokens`, `Bearer ${appJwt(app)}`, {
      permissions: { metadata: "read" },
    });
    const person = standIn.issueToken(account, { kind: "classic", scopes: ["read:org"] });
    for (const token of [String((await objectIn(narrow)).token), person]) {
      const response = await post(standIn, "/graphql", `Bearer ${token}`, body);
      expect(response.status).toBe(200);
      expect(await objectIn(response)).toMatchObject(forbidden);
    }

    standIn.restrictOrganisation(organisation, { ipAllowList: true });
    const { errors } = await objectIn(await ask());
    expect(errors).toMatchObject([{ type: "FORBIDDEN", message: expect.stringContaining("IP allow list") }]);
  });

  test("come with status 401 without a token that GitHub knows", async () => {
    const { standIn } = await nested();
    expect((await post(standIn, "/graphql", null, { query })).status).toBe(401);
    expect((await post(standIn, "/graphql", "Bearer unknown", { query })).status).toBe(401);
  });

  test("tell of a used-up bucket with status 200; the bucket is for GraphQL alone", async () => {
    const { standIn, token, ask } = await nested({ installationLimit: 2 });
    await ask();
    await ask();
    const refused = await ask();
    expect(refused.status).toBe(200);
    expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(await objectIn(refused)).toMatchObject({ errors: [{ type: "RATE_LIMITED" }] });
    expect((await get(standIn, "/orgs/acme/memberships/octo-reader", token)).status).toBe(200);
  });

  test("answer every other query", async () => {
    const { ask } = await nested();
    expect(await objectIn(await ask({}, "{viewer{login}}"))).toMatchObject({ errors: [{}] });
  });
});
