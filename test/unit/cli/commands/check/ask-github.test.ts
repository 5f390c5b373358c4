// `octogate check --ask-github`, with a stand-in for GitHub.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type GitHubStandIn, startGitHubStandIn } from "../../../../../src/local/github/server.ts";
import { runCommand } from "../../support/command.ts";

let github: GitHubStandIn;
beforeEach(async () => {
  github = await startGitHubStandIn();
});
afterEach(() => github.close());

/** Runs the check on the repository's file, filled in. @param signIn further lines of the cluster */
async function check(clientId: string, signIn = "sign_in = true", webUrl = github.webUrl, args = ["--ask-github"]) {
  const folder = await mkdtemp(join(tmpdir(), "octogate-check-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const template = await readFile(new URL("../../../../../wrangler.toml", import.meta.url), "utf8");
  const toml = template
    .replace("<auth.example.com>", "auth.acme.dev")
    .replace("<sha256 fingerprint, 64 hex digits>", "a1".repeat(32))
    .replace(/allow = \[.*\]/, `allow = ["org:acme#1234", "team:acme/platform#55", "user:ada#7"]\n${signIn}`)
    .replace("\n[vars]\n", '\n[[routes]]\npattern = "login.acme.dev"\ncustom_domain = true\n$&')
    .replace(
      'GITHUB_API_URL = "https://api.github.com"',
      `$&\nISSUER_URL = "https://login.acme.dev"\nGITHUB_CLIENT_ID = "${clientId}"\nGITHUB_WEB_URL = "${webUrl}"`,
    )
    .replace('["CACHE_SECRET"]', '["CACHE_SECRET", "OAUTH_CLIENT_SECRETS", "SIGNING_KEY_A"]');
  await writeFile(join(folder, "wrangler.toml"), toml);
  return runCommand(["check", ...args], { folder });
}

const deviceFlow = "sign_in = true\ndevice_flow = true";

describe("octogate check --ask-github", () => {
  test("finds nothing wrong with an app that is there, and whose device flow no client needs", async () => {
    const { clientId } = github.addApp({});
    expect(await check(clientId)).toMatchObject({ exitCode: 0, stdout: "wrangler.toml: nothing is wrong with it\n" });
    expect(github.requests).toHaveLength(1);
  });

  test("finds nothing more where a client needs the device flow, and the app has it", async () => {
    const { clientId } = github.addApp({ deviceFlow: true });
    const { exitCode, stdout } = await check(clientId, deviceFlow);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain("GITHUB_CLIENT_ID");
    expect(stdout).toContain("0 errors, 1 warning");
  });

  test("warns of a device flow that no client uses", async () => {
    const { clientId } = github.addApp({ deviceFlow: true });
    const { exitCode, stdout } = await check(clientId);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("GITHUB_CLIENT_ID: warning: this app has the device flow on, which no client here uses");
  });

  test("refuses a client with a device flow that the app does not have", async () => {
    const { clientId } = github.addApp({});
    const { exitCode, stdout } = await check(clientId, deviceFlow);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("CLUSTER_PRODUCTION.device_flow: error: GitHub's app has no device flow");
  });

  test("refuses an app that GitHub does not know", async () => {
    const { exitCode, stdout } = await check("Iv23liUnknown");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`GITHUB_CLIENT_ID: error: ${github.webUrl} knows no such app`);
  });

  test("says so where GitHub gives no answer, which is no error of the file", async () => {
    const { exitCode, stdout } = await check("Iv23liExample", "sign_in = true", "http://127.0.0.1:9");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("GITHUB_CLIENT_ID: warning: http://127.0.0.1:9 gave no answer about this app");
  });

  test("asks nothing where people sign in to nothing, and where the settings are wrong", async () => {
    const { clientId } = github.addApp({});
    expect((await check(clientId, "sign_in = false")).stdout).toContain("GitHub was not asked");
    expect((await check("two words")).stdout).toContain("GITHUB_CLIENT_ID: error: must be the client id");
    expect(github.requests).toEqual([]);
  });

  test("is the only check that asks", async () => {
    const { clientId } = github.addApp({ deviceFlow: true });
    await check(clientId, "sign_in = true", github.webUrl, []);
    expect(github.requests).toEqual([]);
  });
});
