import { expect, test } from "vitest";
import { addCast } from "../../../../src/local/github/cast.ts";
import { readClusterPolicy } from "../../../../src/worker/config/cluster.ts";
import { get, getUser, listIn, messageIn, objectIn, start } from "./support.ts";

async function cast() {
  const standIn = await start();
  const { members, policy } = addCast(standIn);
  const ask = (name: string) => {
    const member = members.find((candidate) => candidate.name === name);
    if (member === undefined) throw new Error(`nobody in the cast is called ${name}`);
    return getUser(standIn, member.token);
  };
  const entryOf = async (name: string) => {
    const { login, id } = await objectIn(await ask(name));
    return `user:${login}#${id}`;
  };
  const askAt = (name: string, path: string) => {
    const member = members.find((candidate) => candidate.name === name);
    return get(standIn, path, member?.token ?? null);
  };
  return { members, policy, ask, askAt, entryOf };
}

test("everybody in the cast has a name, a token of their own and a line that says what it shows", async () => {
  const { members } = await cast();
  expect(members.map(({ name }) => name)).toEqual([
    "admitted",
    "outsider",
    "blocked",
    "revoked",
    "unlisted-app",
    "github-down",
    "org-member",
    "team-member",
    "invited",
    "no-scope",
    "no-sso",
    "other-owner",
    "left-team",
  ]);
  expect(new Set(members.map(({ token }) => token)).size).toBe(members.length);
  for (const { shows } of members) expect(shows).toMatch(/^(authenticated|unauthenticated|denied|undetermined)\b.*\S$/);
});

test("the policy is a valid one", async () => {
  const { policy } = await cast();
  const checked = readClusterPolicy("CLUSTER_LOCAL", { ...policy, client_certificates: ["0".repeat(64)] });
  expect(checked).toMatchObject({ ok: true });
});

test("the policy says of each person what their line says", async () => {
  const { policy, entryOf } = await cast();
  const { allow, deny } = policy;
  expect(allow).toContain(await entryOf("admitted"));
  expect(deny).not.toContain(await entryOf("admitted"));
  expect(allow).not.toContain(await entryOf("outsider"));
  expect(allow).toContain(await entryOf("blocked"));
  expect(deny).toContain(await entryOf("blocked"));
});

test("the revoked token is refused and the one for outages meets an outage", async () => {
  const { ask } = await cast();
  expect((await ask("revoked")).status).toBe(401);
  const down = await ask("github-down");
  expect(down.status).toBe(503);
  expect(down.headers.get("content-type")).toContain("text/html");
});

test("the app's token belongs to somebody who is allowed, but names a client that is not listed", async () => {
  const { policy, ask, entryOf } = await cast();
  const { allow, oauth_clients } = policy;
  expect(allow).toContain(await entryOf("unlisted-app"));
  const client = (await ask("unlisted-app")).headers.get("x-oauth-client-id");
  expect(client).toMatch(/^Iv23li[0-9A-Za-z]{14}$/);
  expect(oauth_clients).not.toContain(client);
});

test("each who comes through an organisation meets what their line says", async () => {
  const { askAt } = await cast();
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

test("the stranger's token shows that they are in no organisation of the policy", async () => {
  const { askAt } = await cast();
  for (const organisation of ["reef-works", "trench-labs", "kelp-bank"]) {
    expect((await askAt("outsider", `/user/memberships/orgs/${organisation}`)).status).toBe(404);
  }
});
