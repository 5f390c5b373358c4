import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { describe, expect, onTestFinished, test } from "vitest";
import { reportSchema } from "../../src/cli/commands/report/report.ts";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import type { StandInTeam } from "../../src/local/github/organisations.ts";
import { readClusterPolicy } from "../../src/worker/config/cluster.ts";
import { readDocument } from "../support/document-commands.ts";
import { createReviews } from "../support/fitting-reviews.ts";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { startGitHub } from "./support/github.ts";
import { octogate } from "./support/octogate.ts";
import { hostname, makeRig } from "./support/rig.ts";

const table = {
  client_certificates: ["a1".repeat(32)],
  token_kinds: ["classic"],
  allow: ["team:acme/top-0#6000001", "team:acme/top-1", "user:member-2999"],
  deny: ["team:acme/top-0-1", "user:member-7"],
  groups_from: ["acme#1234"],
};

/** A small organisation, and a folder whose policy lets its members in. */
async function small() {
  const github = await startGitHub();
  const acme = github.addOrganisation({ login: "Acme", id: 1234 });
  const olga = github.addAccount({ login: "olga", id: 1 });
  github.addMember(acme, olga, { role: "admin" });
  const ada = github.addAccount({ login: "ada", id: 2 });
  github.addMember(acme, ada);
  const toml = (url: string) => `[vars]
GITHUB_API_URL = "${url}"
[vars.CLUSTER_PRODUCTION]
client_certificates = ["${"a1".repeat(32)}"]
token_kinds = ["classic"]
allow = ["org:acme#1234"]
`;
  const folder = await makeDeploymentFolder(toml(github.url));
  const token = github.issueToken(olga, { kind: "classic", scopes: ["read:org"] });
  const { host } = new URL(github.url);
  return { github, acme, ada, folder, token, host };
}

describe("octogate report", () => {
  test("takes an owner's token from stdin, prints the report alone on stdout, and never the token", async () => {
    const { folder, token, host } = await small();
    const args = ["report", "--format", "csv", "--token-from-stdin", "--token-host", host];
    const { exitCode, stdout, stderr } = await octogate(args, { cwd: folder.path, stdin: `${token}\n` });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.split("\n").map((line) => line.split(",")[2])).toEqual(['"login"', '"ada"', '"olga"', undefined]);
    expect(stdout).not.toContain(token);
  });

  test("prints nothing on stdout where GitHub fails, and ends with 1", async () => {
    const { github, folder, token, host } = await small();
    github.setFault("everyone", { kind: "body", status: 200, body: "[{}]" }, { path: /members/ });
    for (const format of ["table", "csv", "json", "html"]) {
      const args = ["report", "--format", format, "--token-host", host];
      const { exitCode, stdout, stderr } = await octogate(args, { cwd: folder.path, env: { GITHUB_TOKEN: token } });
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain("there is no report");
      expect(stderr).not.toContain(token);
    }
  });

  test("ends with 2 for a form that there is not, and for a time that is none", async () => {
    const { folder } = await small();
    for (const args of [
      ["--format", "pdf"],
      ["--wait", "soon"],
      ["--wait", "-1"],
    ]) {
      expect(await octogate(["report", ...args], { cwd: folder.path })).toMatchObject({ exitCode: 2, stdout: "" });
    }
  });

  test("reads no file of bindings that is larger than any cluster's", async () => {
    const { folder, token, host } = await small();
    // It has holes in the place of its bytes.
    await writeFile(join(folder.path, "b.json"), "");
    await truncate(join(folder.path, "b.json"), 300 * 1024 * 1024);
    const args = ["report", "--bindings", "b.json", "--token-host", host];
    expect(await octogate(args, { cwd: folder.path, env: { GITHUB_TOKEN: token } })).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("b.json: has 300 MB, at most 256 are read"),
    });
  });

  test("reads 20,000 bindings", async () => {
    const { folder, token, host } = await small();
    const items = Array.from({ length: 20_000 }, (_, index) => ({
      kind: index === 0 ? "ClusterRoleBinding" : "RoleBinding",
      metadata: { name: `binding-${index}`, namespace: `team-${index}` },
      roleRef: { kind: "ClusterRole", name: "edit" },
      subjects: [{ kind: "Group", name: index % 2 === 0 ? "github:Acme" : `github:gone-${index}` }],
    }));
    await writeFile(join(folder.path, "b.json"), JSON.stringify({ kind: "List", items }));
    const args = ["report", "--format", "json", "--bindings", "b.json", "--token-host", host];
    const { stdout } = await octogate(args, { cwd: folder.path, env: { GITHUB_TOKEN: token } });
    const [cluster] = v.parse(reportSchema, JSON.parse(stdout)).clusters;
    expect(cluster?.people.map(({ grants }) => grants?.length)).toEqual([10_000, 10_000]);
    expect(cluster?.bindings?.unmet).toHaveLength(10_000);
  });
});

describe("octogate report --deployed", () => {
  test("says whether the policy is what Cloudflare runs", async () => {
    const rig = await makeRig();
    onTestFinished(() => rig.close());
    const { github, token, host } = await small();
    const shipped = rig.clone.read("wrangler.toml");
    rig.clone.write("wrangler.toml", shipped.replace("https://api.github.com", github.url));
    const setup = ["setup", "--cluster", "production", "--hostname", hostname, ...rig.edgeArgs, "--yes"];
    expect((await rig.run([...setup, "--allow", "org:acme#1234"])).exitCode).toBe(0);
    rig.letPass(120_000);
    rig.env.GITHUB_TOKEN = token;
    const here = rig.clone.read("wrangler.toml");
    const report = async (toml: string) => {
      rig.clone.write("wrangler.toml", toml);
      const { stdout, stderr } = await rig.run(["report", "--format", "json", "--token-host", host, "--deployed"]);
      if (stdout === "") throw new Error(stderr);
      return { ...v.parse(reportSchema, JSON.parse(stdout)), stderr };
    };
    expect(await report(here)).toMatchObject({ deployed: "same", clusters: [{ deployed: "same" }], stderr: "" });

    const elsewhere = await report(here.replace(github.url, `${github.url}/`));
    expect(elsewhere).toMatchObject({ deployed: "different", clusters: [{ deployed: "same" }] });
    expect(elsewhere.stderr).toContain("GITHUB_API_URL: warning: is not what Cloudflare runs");

    for (const line of ['ACTIONS_ISSUER_URL = "https://keys.example.com"', 'GITHUB_APP_ID = "7"']) {
      const [name = ""] = line.split(" ");
      const other = await report(here.replace("[vars]\n", `[vars]\n${line}\n`));
      expect(other).toMatchObject({ deployed: "different", clusters: [{ deployed: "same" }] });
      expect(other.stderr).toContain(`${name}: warning: is not what Cloudflare runs`);
    }

    const changed = await report(here.replace(/^allow = .*$/m, 'allow = ["org:acme#1234", "user:ada#2"]'));
    expect(changed).toMatchObject({ deployed: "different", clusters: [{ deployed: "different" }] });
    expect(changed.stderr).toContain("CLUSTER_PRODUCTION: warning: is not what Cloudflare runs");

    const other = await report(here.replaceAll("CLUSTER_PRODUCTION", "CLUSTER_STAGING"));
    expect(other).toMatchObject({ deployed: "different", clusters: [{ deployed: "missing" }] });
    expect(other.stderr).toContain("CLUSTER_PRODUCTION: warning: is deployed, and not in this file");
  });
});

describe("octogate report on 3,000 members and 200 nested teams", () => {
  const members = 3000;
  const latencyMs = 50;

  /** 10 teams at the top, with 9 below each, and 10 more below the first of those: three levels. */
  async function scene() {
    const github = await startGitHub({ installationLimit: 100_000 });
    const acme = github.addOrganisation({ login: "Acme", id: 1234 });
    const accounts: StandInAccount[] = [];
    for (let index = 0; index < members; index += 1) {
      const account = github.addAccount({ login: `Member-${index}` });
      github.addMember(acme, account, { role: index % 500 === 0 ? "admin" : "member" });
      accounts.push(account);
    }
    const teams: StandInTeam[] = [];
    for (let top = 0; top < 10; top += 1) {
      const first = github.addTeam(acme, { name: `Top ${top}` });
      teams.push(first);
      for (let middle = 0; middle < 9; middle += 1) {
        const parent = github.addTeam(acme, { name: `Top ${top} ${middle}`, parent: first });
        teams.push(parent);
        if (middle > 0) continue;
        for (let low = 0; low < 10; low += 1) {
          teams.push(github.addTeam(acme, { name: `Top ${top} ${middle} ${low}`, parent }));
        }
      }
    }
    for (const [index, account] of accounts.entries()) {
      for (const step of [7, 31]) {
        const team = teams[(index * step) % teams.length];
        if (team !== undefined) github.addToTeam(team, account);
      }
    }
    const app = github.addApp({ appId: 800100 });
    github.installApp(app, acme);
    const toml = `[vars]
GITHUB_API_URL = "${github.url}"
GITHUB_APP_ID = "800100"
[vars.CLUSTER_PRODUCTION]
${Object.entries(table)
  .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  .join("\n")}
`;
    return { github, accounts, teams, app, folder: await makeDeploymentFolder(toml) };
  }

  test("is complete within a minute at 50 ms a call, and says what a review of each member's token says", {
    timeout: 240_000,
    retry: 0,
  }, async () => {
    const { github, accounts, teams, app, folder } = await scene();
    expect(teams).toHaveLength(200);
    github.latencyMs = latencyMs;
    const { exitCode, stdout, stderr, durationMs } = await octogate(
      ["report", "--format", "json", "--token-host", new URL(github.url).host],
      { cwd: folder.path, env: { GITHUB_APP_PRIVATE_KEY: app.privateKeyPem }, timeoutMs: 120_000 },
    );
    github.latencyMs = 0;
    expect({ exitCode }, stderr).toEqual({ exitCode: 0 });
    const report = v.parse(reportSchema, JSON.parse(stdout));
    const { calls } = report.github;
    console.info(`octogate report: ${calls} requests, ${Math.round(durationMs / 100) / 10} s`);
    expect(calls).toBe(github.requests.length);
    expect(readDocument("docs/command.md")).toContain(`takes ${calls} requests`);
    expect(durationMs).toBeLessThan(60_000);
    expect(stderr).toMatch(/Acme: team \d+ of 200 \(\d+ requests\)/);
    expect(report.organisations).toEqual([{ login: "Acme", id: 1234, members, owners: 6, teams: 200, invitations: 0 }]);

    const policy = readClusterPolicy("CLUSTER_PRODUCTION", table);
    if (!policy.ok) throw new Error("the policy is wrong");
    const send: typeof fetch = (input, init) => github.answer(new Request(input, init));
    const review = createReviews(policy.value, github.url, { id: "800100", privateKey: app.privateKeyPem }, send);
    const [cluster] = report.clusters;
    const people = new Map(cluster?.people.map((person) => [person.id, person]));
    const keptOut = new Map(cluster?.keptOut.map((person) => [person.id, person]));
    let admitted = 0;
    for (const account of accounts) {
      const verdict = await review(github.issueToken(account, { kind: "classic", scopes: [] }));
      const person = people.get(account.id);
      if (verdict.kind === "authenticated") {
        admitted += 1;
        expect([person?.username, person?.groups]).toEqual([verdict.user.username, verdict.user.groups]);
      } else {
        expect(person).toBeUndefined();
        const isDenied = verdict.reason === "membership_denied" || verdict.reason === "user_denied";
        if (!isDenied) expect(keptOut.has(account.id)).toBe(false);
      }
    }
    expect(people.size).toBe(admitted);
    expect(admitted).toBeGreaterThan(500);
    expect([...keptOut.values()].some(({ reason }) => reason === "membership_denied")).toBe(true);
  });
});
