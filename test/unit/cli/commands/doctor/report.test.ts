// `octogate doctor --report`: what it saw, in a file that may be sent to others.
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startGitHubStandIn } from "../../../../../src/local/github/server.ts";
import { runCommand } from "../../support/command.ts";

interface Report {
  readonly checks: readonly { readonly name: string; readonly state: string }[];
  readonly github: string | readonly { request: string; status: number | null; headers: string[]; list: unknown }[];
}

async function reportWith(env: Record<string, string>, send: typeof fetch) {
  const folder = await mkdtemp(join(tmpdir(), "octogate-report-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { stdout } = await runCommand(["doctor", "--report", "seen.json"], { folder, env, fetch: send });
  expect(stdout).toContain("seen.json is written");
  expect((await stat(join(folder, "seen.json"))).mode & 0o777).toBe(0o600);
  const text = await readFile(join(folder, "seen.json"), "utf8");
  return { text, report: JSON.parse(text) as Report }; // the command's own
}

const noCall = () => Promise.reject(new Error("an unexpected call"));

test("without GITHUB_TOKEN, GitHub is not asked", async () => {
  const { report } = await reportWith({}, noCall);
  expect(report.github).toMatch(/^not asked/);
  expect(report.checks.map(({ name }) => name)).toContain("configuration");
});

test("with GITHUB_TOKEN it has how api.github.com answers, and nothing of the token or its owner", async () => {
  const github = await startGitHubStandIn();
  onTestFinished(() => github.close());
  const owner = github.addAccount({ login: "olga-octopus", id: 4711 });
  const token = github.issueToken(owner, { kind: "classic", scopes: ["read:org"] });
  const hosts = new Set<string>();
  const toStandIn: typeof fetch = (input, init) => {
    const { host, pathname, search } = new URL(String(input));
    hosts.add(host);
    return fetch(`${github.url}${pathname}${search}`, init);
  };

  const { text, report } = await reportWith({ GITHUB_TOKEN: token }, toStandIn);

  const seen = typeof report.github === "string" ? [] : report.github;
  expect(seen.map(({ request, status }) => [request, status])).toEqual([
    ["GET /user", 200],
    ["GET /user, unchanged", 304],
    ["GET /user/memberships/orgs", 200],
    ["GET /user/teams", 200],
    ["GET /user, with a token that is none", 401],
  ]);
  expect(seen[0]?.headers).toContain("x-oauth-scopes");
  expect(seen[3]?.list).toEqual({ length: 0, odd: 0 });
  expect([...hosts]).toEqual(["api.github.com"]);
  for (const own of [token, "olga", "4711"]) expect(text).not.toContain(own);
});

test("a GitHub that cannot be reached is written down as that", async () => {
  const { report } = await reportWith({ GITHUB_TOKEN: "x" }, noCall);
  const seen = typeof report.github === "string" ? [] : report.github;
  expect(seen.map(({ status }) => status)).toEqual([null, null, null, null]);
});
