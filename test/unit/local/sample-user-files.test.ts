import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { addSampleUsers } from "../../../src/local/github/sample-users.ts";
import { makeToken } from "../../../src/local/github/token.ts";
import {
  prepareStateFolder,
  readSampleTokens,
  type StateFolder,
  stateFolderAt,
  writeSampleUserFiles,
} from "../../../src/local/state-folder.ts";
import { getUser, start } from "./github/support.ts";

let folder: StateFolder;
beforeEach(async () => {
  folder = stateFolderAt(await mkdtemp(join(tmpdir(), "octogate-users-")));
  await prepareStateFolder(folder);
});
afterEach(() => rm(folder.path, { recursive: true, force: true }));

/** What a start does. */
async function startOnce() {
  const standIn = await start();
  const warnings: string[] = [];
  const kept = await readSampleTokens(folder);
  const { users } = addSampleUsers(standIn, kept);
  await writeSampleUserFiles(folder, users, kept, { exec: {} }, (message) => warnings.push(message));
  const tokens = new Map(users.map(({ name, token }) => [name, token]));
  const statusOf = async (name: string) => (await getUser(standIn, tokens.get(name) ?? "")).status;
  return { tokens, warnings, statusOf };
}

const fileOf = (name: string) => join(folder.tokens, name);
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("the next start has the same tokens, and they are as good and as bad as before", async () => {
  const first = await startOnce();
  const second = await startOnce();
  expect(second.tokens).toEqual(first.tokens);
  expect([...first.warnings, ...second.warnings]).toEqual([]);
  expect(await second.statusOf("admitted")).toBe(200);
  expect(await second.statusOf("revoked")).toBe(401);
  expect(await second.statusOf("github-down")).toBe(503);
});

test("only the owner of the state folder can read the tokens and the kubeconfig", async () => {
  const { tokens } = await startOnce();
  for (const name of tokens.keys()) expect(await modeOf(fileOf(name))).toBe(0o600);
  expect(await modeOf(folder.userKubeconfig)).toBe(0o600);
  expect(await modeOf(folder.tokens)).toBe(0o700);
});

test("without the state folder's tokens there are new ones, and nothing is said", async () => {
  const first = await startOnce();
  await rm(folder.tokens, { recursive: true });
  await prepareStateFolder(folder);
  const second = await startOnce();
  for (const [name, token] of first.tokens) expect(second.tokens.get(name)).not.toBe(token);
  expect(second.warnings).toEqual([]);
});

test.each([
  ["is empty", () => ""],
  ["lost its end", (token: string) => token.slice(0, -3)],
  ["holds something else", () => "<html>"],
  ["holds a token of another kind", () => makeToken("classic")],
])("a file that %s is named and gets a new token; the others stay", async (_what, damage) => {
  const first = await startOnce();
  await writeFile(fileOf("admitted"), damage(first.tokens.get("admitted") ?? ""));
  const second = await startOnce();
  expect(second.warnings).toEqual([`${fileOf("admitted")}: was damaged, and has a new token now`]);
  expect(await second.statusOf("admitted")).toBe(200);
  expect(await readFile(fileOf("admitted"), "utf8")).toBe(`${second.tokens.get("admitted")}\n`);
  second.tokens.delete("admitted");
  first.tokens.delete("admitted");
  expect(second.tokens).toEqual(first.tokens);
});

test("two users never share a token", async () => {
  const first = await startOnce();
  await writeFile(fileOf("blocked"), first.tokens.get("admitted") ?? "");
  const second = await startOnce();
  expect(second.warnings).toEqual([`${fileOf("blocked")}: was damaged, and has a new token now`]);
  expect(new Set(second.tokens.values()).size).toBe(second.tokens.size);
});

test("the kubeconfig has all users, one who signs in with a browser and an administrator, and a context for each", async () => {
  const { tokens } = await startOnce();
  const kubeconfig: unknown = parse(await readFile(folder.userKubeconfig, "utf8"));
  const names = [...tokens.keys(), "browser", "admin"];
  expect(kubeconfig).toMatchObject({
    users: [
      ...[...tokens].map(([name, token]) => ({ name, user: { token } })),
      { name: "browser", user: { exec: {} } },
      { name: "admin", user: { tokenFile: "cluster/admin-token" } },
    ],
    contexts: names.map((name) => ({ name, context: { cluster: "try", user: name } })),
    "current-context": "admitted",
  });
});
