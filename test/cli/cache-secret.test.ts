// `octogate cache-secret rotate`: the new secret and the earlier one go up in one version, and after a leak no earlier
// one is left.
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { longestSessionSeconds } from "../../src/cli/commands/cache-secret.ts";
import { readSignIn } from "../../src/worker/config/read-sign-in.ts";
import { sessionSeconds } from "../../src/worker/sign-in/github-sign-in.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  await rig.run([
    ...["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"],
    ...rig.edgeArgs,
  ]);
  rig.letPass(120_000);
});
afterEach(() => rig.close());

const secret = (name: string) => rig.deployed()?.secrets.get(name);
const rotate = (...args: string[]) => rig.run(["cache-secret", "rotate", ...args]);

/** @returns until when what the earlier secret sealed is accepted, as the Worker reads it; null for none */
function previous(): { secret: string; refusedFrom: number } | null {
  const [encoded = "", time = ""] = secret("CACHE_SECRET_PREVIOUS")?.split("@") ?? [];
  return encoded === "" ? null : { secret: encoded, refusedFrom: Date.parse(time) };
}

test("the earlier secret is accepted for as long as the longest session, and both go up in one version", async () => {
  expect(longestSessionSeconds).toBe(sessionSeconds);
  const before = secret("CACHE_SECRET") ?? "";
  const calls = rig.clone.wranglerCalls().length;
  rig.stdin = `${before}\n`;
  const began = Date.now();
  const { exitCode, stderr, stdout } = await rotate("--previous-from-stdin", "--yes");
  expect(exitCode, stderr).toBe(0);
  expect(rig.clone.wranglerCalls()).toHaveLength(calls + 1);
  expect(secret("CACHE_SECRET")).not.toBe(before);
  const { secret: kept, refusedFrom } = previous() ?? { secret: "", refusedFrom: 0 };
  expect(kept).toBe(before);
  expect(refusedFrom - began).toBeGreaterThan((longestSessionSeconds - 2) * 1000);
  expect(refusedFrom - began).toBeLessThan((longestSessionSeconds + 60) * 1000);
  expect(stdout + stderr + rig.clone.read("wrangler.toml")).not.toContain(before);
  const read = readSignIn(
    { CACHE_SECRET_PREVIOUS: secret("CACHE_SECRET_PREVIOUS") },
    { ok: false, problems: [] },
    false,
  );
  expect(read.settings).toBeNull();
});

test("without the earlier one, it says before it asks that all sessions end, and drops one that is there", async () => {
  rig.deployed()?.secrets.set("CACHE_SECRET_PREVIOUS", `${randomBytes(32).toString("base64")}@2099-01-01T00:00:00Z`);
  const left = secret("CACHE_SECRET_PREVIOUS");
  const before = secret("CACHE_SECRET");
  const asked = await rig.run(["cache-secret", "rotate"], false);
  expect(asked.exitCode).toBe(1);
  expect(asked.stderr).toContain("end every browser session and refresh token: people sign in anew, by a click");
  expect(asked.stderr).toContain("begin with an empty KV");
  expect(secret("CACHE_SECRET")).toBe(before);

  expect((await rig.run(["cache-secret", "rotate"], true)).exitCode).toBe(0);
  expect(secret("CACHE_SECRET")).not.toBe(before);
  expect(secret("CACHE_SECRET_PREVIOUS")).not.toBe(left);
  // What the Worker has refused since 1970 opens nothing.
  expect(previous()?.refusedFrom).toBe(0);
});

test("after a leak no earlier one is taken", async () => {
  rig.stdin = secret("CACHE_SECRET") ?? "";
  expect((await rotate("--leaked", "--previous-from-stdin", "--yes")).exitCode).toBe(2);
  const { exitCode, stdout } = await rotate("--leaked", "--yes");
  expect(exitCode).toBe(0);
  expect(secret("CACHE_SECRET_PREVIOUS")).toBeUndefined();
  expect(stdout).toContain("what to revoke at GitHub");
});

test.each([
  ["nothing", ""],
  ["a short one", randomBytes(16).toString("base64")],
  ["another thing", "hunter2 hunter2 hunter2"],
])("%s on stdin is no secret, changes nothing and is not repeated", async (_what, text) => {
  const before = secret("CACHE_SECRET");
  rig.stdin = text;
  const { exitCode, stderr } = await rotate("--previous-from-stdin", "--yes");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("stdin: holds no CACHE_SECRET");
  if (text !== "") expect(stderr).not.toContain(text);
  expect(secret("CACHE_SECRET")).toBe(before);
});

test("--dry-run shows the changes, and a file from before a certificate was accepted changes nothing", async () => {
  const before = [secret("CACHE_SECRET"), rig.clone.read("wrangler.toml")];
  expect((await rotate("--dry-run")).stdout).toContain("make a new CACHE_SECRET, and deploy");
  await rig.run(["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"]);
  rig.clone.write("wrangler.toml", before[1] ?? "");
  const { exitCode, stderr } = await rotate("--yes");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("which is deployed");
  expect(secret("CACHE_SECRET")).toBe(before[0]);
});
