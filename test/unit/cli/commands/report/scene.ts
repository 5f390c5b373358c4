// An organisation at the stand-in with people in every state, and the command that reports on it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { onTestFinished } from "vitest";
import type { Context } from "../../../../../src/cli/command.ts";
import { type AccessReport, reportSchema } from "../../../../../src/cli/commands/report/report.ts";
import { type StandInOptions, startGitHubStandIn } from "../../../../../src/local/github/server.ts";
import { runCommand } from "../../support/command.ts";

export const defaultPolicy = `allow = ["org:acme#1234"]
deny = ["user:mallory#99", "team:acme/blocked#57"]`;

/** @param policy lines of the cluster's table, besides its certificate */
export async function openScene(policy = defaultPolicy, options: StandInOptions = {}) {
  const github = await startGitHubStandIn(options);
  onTestFinished(() => github.close());
  const acme = github.addOrganisation({ login: "Acme", id: 1234 });
  const add = (login: string, id: number, membership = {}) => {
    const account = github.addAccount({ login, id });
    github.addMember(acme, account, membership);
    return account;
  };
  const olga = add("olga", 1, { role: "admin" });
  const ada = add("ada", 2);
  const ben = add("ben", 3);
  const bill = add("bill", 4, { role: "billing_manager" });
  const ines = add("ines", 5, { state: "pending" });
  const mallory = add("mallory", 99);
  const platform = github.addTeam(acme, { name: "Platform", id: 55 });
  const storage = github.addTeam(acme, { name: "Storage", id: 56, parent: platform });
  const blocked = github.addTeam(acme, { name: "Blocked", id: 57 });
  github.addToTeam(storage, ada);
  const outsider = github.addAccount({ login: "outsider", id: 6 });
  const tokenOf = (account = olga, scopes: readonly string[] = ["read:org"]) =>
    github.issueToken(account, { kind: "classic", scopes });

  const folder = await mkdtemp(join(tmpdir(), "octogate-report-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const writeTables = (tables: string, variables = "") =>
    write("wrangler.toml", `[vars]\nGITHUB_API_URL = "${github.url}"\n${variables}\n${tables}\n`);
  const cluster = (lines: string, name = "PRODUCTION") =>
    `[vars.CLUSTER_${name}]\nclient_certificates = ["${"a1".repeat(32)}"]\ntoken_kinds = ["classic"]\n${lines}`;
  await writeTables(cluster(policy));

  const { host } = new URL(github.url);
  const slept: number[] = [];
  const run = (args: readonly string[] = [], changes: Partial<Context> & { readonly stdin?: string } = {}) =>
    runCommand(["report", "--token-host", host, ...args], {
      folder,
      env: { GITHUB_TOKEN: tokenOf() },
      sleep: async (milliseconds) => void slept.push(milliseconds),
      ...changes,
    });
  const reportOf = async (...given: Parameters<typeof run>): Promise<AccessReport> => {
    const { stdout, stderr } = await run(["--format", "json", ...(given[0] ?? [])], given[1]);
    if (stdout === "") throw new Error(`there is no report: ${stderr}`);
    return v.parse(reportSchema, JSON.parse(stdout));
  };
  return {
    ...{ github, acme, olga, ada, ben, bill, ines, mallory, outsider, platform, storage, blocked },
    ...{ folder, host, slept, add, tokenOf, write, writeTables, cluster, run, reportOf },
  };
}
