import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addSampleUsers, type SampleUsers } from "../../../../../src/local/github/sample-users.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../../../../src/local/github/server.ts";
import { runCommand } from "../../support/command.ts";

const expected = {
  admitted: "authenticated admitted",
  outsider: "unauthenticated not_allowed",
  blocked: "unauthenticated user_denied",
  revoked: "unauthenticated token_refused",
  "unlisted-app": "denied client_not_listed",
  "github-down": "undetermined github_server_error",
  "org-member": "authenticated admitted",
  "team-member": "authenticated admitted",
  invited: "denied invitation_pending",
  "no-scope": "denied scope_missing",
  "no-sso": "denied sso_required",
  "other-owner": "denied other_resource_owner",
  "left-team": "unauthenticated not_in_team",
};

let github: GitHubStandIn;
let sampleUsers: SampleUsers;
let folder: string;

beforeAll(async () => {
  github = await startGitHubStandIn();
  sampleUsers = addSampleUsers(github);
  folder = await mkdtemp(join(tmpdir(), "octogate-explain-"));
  // JSON's lists and texts are TOML's, too.
  const policy = Object.entries(sampleUsers.policy).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  // The policy names a workflow, too.
  const variables = `GITHUB_API_URL = "${github.url}"\nISSUER_URL = "https://login.octogate.test"`;
  const toml = `[vars]\n${variables}\n[vars.CLUSTER_LOCAL]\n${policy.join("\n")}\n`;
  await writeFile(join(folder, "wrangler.toml"), toml);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await github.close();
});

describe("what the sample users' tokens are explained as", () => {
  test("is known for each of them", () => {
    expect(sampleUsers.users.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
  });

  test.each(Object.entries(expected))("%s: %s", async (name, verdict) => {
    const { token = "", shows = "" } = sampleUsers.users.find((user) => user.name === name) ?? {};
    const args = ["explain", "--cluster", "local"];
    const forMachines = await runCommand([...args, "--json"], { folder, stdin: `${token}\n` });
    const forPeople = await runCommand(args, { folder, stdin: `${token}\n` });

    const { kind, reason, hint } = JSON.parse(forMachines.stdout).verdict;
    expect(`${kind} ${reason}`).toBe(verdict);
    expect(shows.startsWith(kind)).toBe(true);
    expect(hint === null).toBe(kind === "authenticated");
    expect(forPeople.stdout).toContain(`\nVerdict: ${kind} (${reason})\n`);
    for (const { exitCode, stdout, stderr } of [forMachines, forPeople]) {
      // A refusal is an answer. "undetermined" is none.
      expect(exitCode).toBe(kind === "undetermined" ? 1 : 0);
      expect(stdout + stderr).not.toContain(token);
    }
  });
});
