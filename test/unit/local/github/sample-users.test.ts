import { expect, test } from "vitest";
import { addSampleUsers } from "../../../../src/local/github/sample-users.ts";
import { readClusterPolicy } from "../../../../src/worker/config/cluster.ts";
import { get, listIn, messageIn, objectIn, start } from "./support.ts";

async function sampleUsers() {
  const standIn = await start();
  const { users, policy } = addSampleUsers(standIn);
  const askAt = (name: string, path: string) => {
    const user = users.find((candidate) => candidate.name === name);
    if (user === undefined) throw new Error(`no sample user is called ${name}`);
    return get(standIn, path, user.token);
  };
  const ask = (name: string) => askAt(name, "/user");
  const entryOf = async (name: string) => {
    const { login, id } = await objectIn(await ask(name));
    return `user:${login}#${id}`;
  };
  return { users, policy, ask, askAt, entryOf };
}

test("each sample user has a name, a token of their own and a line that says what it shows", async () => {
  const { users } = await sampleUsers();
  expect(users.map(({ name }) => name)).toEqual([
    ...["admitted", "outsider", "blocked", "revoked", "unlisted-app", "github-down"],
    ...["org-member", "team-member", "invited", "no-scope", "no-sso", "other-owner", "left-team"],
  ]);
  expect(new Set(users.map(({ token }) => token)).size).toBe(users.length);
  for (const { shows } of users) expect(shows).toMatch(/^(authenticated|unauthenticated|denied|undetermined)\b.*\S$/);
});

test("the policy is a valid one", async () => {
  const { policy } = await sampleUsers();
  const checked = readClusterPolicy("CLUSTER_LOCAL", { ...policy, client_certificates: ["0".repeat(64)] });
  expect(checked).toMatchObject({ ok: true });
});

test("the policy names each person as their line says", async () => {
  const { policy, entryOf } = await sampleUsers();
  const { allow, deny } = policy;
  expect(allow).toContain(await entryOf("admitted"));
  expect(deny).not.toContain(await entryOf("admitted"));
  expect(allow).not.toContain(await entryOf("outsider"));
  expect(allow).toContain(await entryOf("blocked"));
  expect(deny).toContain(await entryOf("blocked"));
});

test("the revoked token is refused and the one for outages meets an outage", async () => {
  const { ask } = await sampleUsers();
  expect((await ask("revoked")).status).toBe(401);
  const down = await ask("github-down");
  expect(down.status).toBe(503);
  expect(down.headers.get("content-type")).toContain("text/html");
});

test("the app's token belongs to an allowed person, but names a client that is not listed", async () => {
  const { policy, ask, entryOf } = await sampleUsers();
  const { allow, oauth_clients } = policy;
  expect(allow).toContain(await entryOf("unlisted-app"));
  const client = (await ask("unlisted-app")).headers.get("x-oauth-client-id");
  expect(client).toMatch(/^Iv23li[0-9A-Za-z]{14}$/);
  expect(oauth_clients).not.toContain(client);
});

test("memberships and teams are as each person's line says", async () => {
  const { askAt } = await sampleUsers();
  const membership = (name: string, organisation: string) => askAt(name, `/user/memberships/orgs/${organisation}`);
  expect(await objectIn(await membership("org-member", "reef-works"))).toMatchObject({ state: "active" });
  expect(await listIn(await askAt("team-member", "/user/teams"))).toMatchObject([
    { slug: "platform-storage", parent: { slug: "platform" } },
  ]);
  expect(await objectIn(await membership("invited", "reef-works"))).toMatchObject({ state: "pending" });
  expect(await messageIn(await membership("no-scope", "reef-works"))).toContain("read:org");
  expect((await membership("no-sso", "kelp-bank")).headers.get("x-github-sso")).toMatch(/^required; url=https:/);
  expect(await messageIn(await membership("other-owner", "reef-works"))).toContain("by personal access token");
  expect(await objectIn(await membership("left-team", "trench-labs"))).toMatchObject({ state: "active" });
  expect(await listIn(await askAt("left-team", "/user/teams"))).toEqual([]);
});

test("the outsider's token shows that they are in no organisation of the policy", async () => {
  const { askAt } = await sampleUsers();
  for (const organisation of ["reef-works", "trench-labs", "kelp-bank"]) {
    expect((await askAt("outsider", `/user/memberships/orgs/${organisation}`)).status).toBe(404);
  }
});

test("the tokens of an earlier start are issued again, but none that is damaged or belongs to another user", async () => {
  const before = (await sampleUsers()).users;
  const tokens = new Map(before.map(({ name, token }) => [name, token]));
  const again = addSampleUsers(await start(), tokens);
  expect(again.users).toEqual(before);

  const admitted = tokens.get("admitted") ?? "";
  const damaged = new Map([...tokens, ["outsider", "no-token"], ["blocked", admitted]]);
  const changed = addSampleUsers(await start(), damaged).users.filter(({ name, token }) => tokens.get(name) !== token);
  expect(changed.map(({ name }) => name)).toEqual(["outsider", "blocked"]);
  expect(changed.map(({ token }) => token)).not.toContain(admitted);
});
