// An entry in KV is worth nothing to a reader: it shows neither the token nor its owner, nor any membership. The tests
// search the files of the local edge's state folder, as a thief of these files would.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { credentialIdOf } from "../../support/credential-id.ts";
import { call, identityOf, tokenReview } from "../../support/edge-client.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { filesIn, findPieces, type Output } from "../../support/token-search.ts";

/** All of them longer than the shortest piece that is looked for. */
const login = "mona-lisa-of-the-louvre";
const organisation = "department-of-paintings";
const team = "keepers-of-the-italian-wing";
const accountId = 987_654_321_012;
const clusterName = "production";

let folder = "";
let github: GitHubStandIn;
let edge: LocalEdge;
const tokens: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octogate-sealed-"));
  github = await startGitHubStandIn();
  const account = github.addAccount({ login, id: accountId });
  const acme = github.addOrganisation({ login: organisation });
  github.addMember(acme, account);
  github.addToTeam(github.addTeam(acme, { name: team }), account);
  const policy = join(folder, "policy.json");
  await writeFile(policy, JSON.stringify({ allow: [`org:${organisation}`], token_kinds: ["classic", "fine_grained"] }));
  const args = ["--github", github.url, "--cluster", `${clusterName}=${policy}`];
  edge = await startLocalEdge({ args: [...args, "--var", "CACHE_TTL_SECONDS=5"], stateDir: join(folder, "state") });
  for (const kind of ["classic", "fine_grained"] as const) {
    tokens.push(github.issueToken(account, { kind, scopes: ["read:org"], resourceOwner: acme }));
  }
});
afterAll(async () => {
  await edge?.stop();
  await github?.close();
  await rm(folder, { recursive: true, force: true });
});

const review = (token: string) => call(edge, { body: tokenReview(token), identity: identityOf(edge, clusterName) });

/** The files of KV alone: what else lies in the state folder holds no facts. */
const filesOfKv = (): Output[] => filesIn(join(edge.stateDir, "storage"));

test("KV has been written: facts, and a tombstone in the place of others", async () => {
  for (const token of tokens) {
    const { body } = await review(token);
    expect(body).toContain(`github:${organisation}/${team}`);
  }
  const [revoked = ""] = tokens;
  github.revokeToken(revoked);
  // From half of the TTL on, the review after the one that had GitHub asked.
  await vi.waitFor(async () => expect(JSON.parse((await review(revoked)).body).status.authenticated).toBe(false), {
    timeout: 10_000,
    interval: 200,
  });
  // Which names there are can be read: the HMACs of two tokens.
  await vi.waitFor(() => {
    const text = filesOfKv().map(({ bytes }) => Buffer.from(bytes).toString("latin1"));
    expect(new Set(text.join("\n").match(/v2:[0-9a-f]{64}/g)).size).toBe(tokens.length);
  });
});

test.each<[string, () => string[]]>([
  ["no token, and no piece of one", () => tokens],
  ["no credential-id", () => tokens.map((token) => credentialIdOf(token).slice("GITHUBSHA256=".length))],
  ["no login", () => [login]],
  ["no number of an account", () => [String(accountId)]],
  ["no organisation and no team", () => [organisation, team]],
  ["no GitHub address", () => [github.url, "/user/memberships/orgs"]],
  ["no JSON of ours", () => ['"organisations"', '"credentialId"', '"validators"', '"tombstone","askedAt"']],
])("there is %s in its files", (_, secrets) => {
  expect(findPieces(secrets(), filesOfKv())).toEqual([]);
});

test("the search would find them", async () => {
  const planted = join(edge.stateDir, "storage", "planted");
  for (const secret of [login, organisation, team, String(accountId), ...tokens]) {
    await writeFile(planted, `{"login":"${secret}"}`);
    expect(findPieces([secret], filesOfKv())).toEqual([expect.stringMatching(/^planted: /)]);
  }
  await rm(planted);
});
