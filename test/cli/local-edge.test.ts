// `octogate explain` and `octogate doctor` on the local edge, with what `npm start` writes for them.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import { run } from "../support/program.ts";
import { main } from "./support/octogate.ts";

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startLocalEdge();
});
afterAll(() => edge?.stop());

const octogate = (args: readonly string[], stdin = "") =>
  run(process.execPath, [main, ...args], { cwd: edge.stateDir, env: process.env, stdin });

test.each([
  ["admitted", "Verdict: authenticated"],
  ["outsider", "Verdict: unauthenticated (not_allowed)"],
])("explain says of the sample user %s what the edge decides", async (name, verdict) => {
  const token = await readFile(join(edge.stateDir, "tokens", name), "utf8");
  const { exitCode, stdout } = await octogate(["explain", "--cluster", "local"], token);
  expect(stdout).toContain(verdict);
  expect(exitCode).toBe(0);
});

test("doctor finds the edge in order, but for what only Cloudflare has", async () => {
  const { stdout } = await octogate([
    ...["doctor", "--cluster", "local", "--hostname", `localhost:${edge.port}`],
    ...["--certificates", "clients/local", "--ca-file", "ca.crt"],
  ]);
  for (const name of [
    "configuration",
    "client certificate",
    "TLS",
    "fingerprint",
    "Worker",
    "KV",
    "GitHub",
    "review",
    "sign-in",
    "sign-in clock",
    "discovery",
    "signing keys",
    "callback",
    "no reviews there",
  ]) {
    expect(stdout).toMatch(new RegExp(`^✓ ${name} `, "m"));
  }
});

test("the file that they read holds no secret", async () => {
  const text = await readFile(join(edge.stateDir, "wrangler.toml"), "utf8");
  expect(text).toContain("[vars.CLUSTER_LOCAL]");
  expect(text).not.toContain("SECRET");
});
