import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { reportSchema } from "../../src/cli/commands/report/report.ts";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import type { StandInTeam } from "../../src/local/github/organisations.ts";
import { readClusterPolicy } from "../../src/worker/config/cluster.ts";
import { createReviews } from "../support/fitting-reviews.ts";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { startGitHub } from "./support/github.ts";
import { octogate } from "./support/octogate.ts";

const table = {
  client_certificates: ["a1".repeat(32)],
  token_kinds: ["classic"],
  allow: ["team:acme/top-0#6000001", "team:acme/top-1", "user:member-2999"],
  deny: ["team:acme/top-0-1", "user:member-7"],
  groups_from: ["acme#1234"],
};

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
    expect(calls).toBeLessThan(600);
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
