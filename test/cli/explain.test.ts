import { describe, expect, test } from "vitest";
import { actionsIssuerUrl } from "../../src/local/github/actions/routes.ts";
import { addSampleUsers } from "../../src/local/github/sample-users.ts";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { startGitHub } from "./support/github.ts";
import { octogate } from "./support/octogate.ts";

/** A wrangler.toml with one cluster, "local"; JSON's lists and texts are TOML's, too. */
function configuration(url: string, policy: Record<string, unknown>, variables = ""): string {
  const settings = Object.entries(policy).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[vars]\nGITHUB_API_URL = "${url}"\n${variables}\n[vars.CLUSTER_LOCAL]\n${settings.join("\n")}\n`;
}

/** The sample users, and the command in a folder with their policy. */
async function sampleUsers() {
  const github = await startGitHub();
  const { users, policy } = addSampleUsers(github);
  // The policy names a workflow, too.
  const issuer = 'ISSUER_URL = "https://login.octogate.test"';
  const { path } = await makeDeploymentFolder(configuration(github.url, policy, issuer));
  const explain = (token: string, args: readonly string[] = []) =>
    octogate(["explain", "--cluster", "local", ...args], { cwd: path, stdin: `${token}\n` });
  const tokenOf = (name: string) => users.find((user) => user.name === name)?.token ?? "";
  return { github, explain, tokenOf };
}

describe("octogate explain", () => {
  test("shows a person what happened on the way, and what to write into RBAC", async () => {
    const { explain, tokenOf } = await sampleUsers();
    const { stdout, stderr } = await explain(tokenOf("team-member"));
    expect(stderr).toBe("");
    for (const line of [
      /^ {2}kind {11}fine_grained$/m,
      /^ {2}GET \/user +200 {2}ok +\d+ ms$/m,
      /^ {2}GET \/user\/memberships\/orgs\/kelp-bank +403 {2}hidden \(other_resource_owner\) +\d+ ms$/m,
      /^ {6}GitHub: Resource not accessible by personal access token$/m,
      /^ {2}trench-labs#90000002 {2}member of trench-labs#90000002, teams: platform#6000001, platform-storage#6000002$/m,
      /^ {2}✗ {2}deny\[0\] +user:sly-cuttlefish#10000003 +another account$/m,
      /^ {2}✓ {2}allow\[\d\] +team:trench-labs\/platform#6000001 +in this team/m,
      /^ {2}\? {2}allow\[\d\] +org:kelp-bank#90000003 +other_resource_owner: /m,
      /^Verdict: authenticated \(admitted\)$/m,
      /^ {2}username {2}github:tara-triton:10000005$/m,
      /^ {2}- \{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: "github:trench-labs\/platform" \}$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  test("shows single sign-on with the address at which the person puts it right", async () => {
    const { explain, tokenOf } = await sampleUsers();
    const { stdout } = await explain(tokenOf("no-sso"));
    expect(stdout).toMatch(/^ {6}x-github-sso: required; url=https:\/\/github\.com\/orgs\/kelp-bank\/sso/m);
    expect(stdout).toMatch(/^ {2}→ authorise the token for it .*https:\/\/github\.com\/orgs\/kelp-bank\/sso/m);
  });

  test("shows what the token of a workflow says, and why no entry admits it", async () => {
    const github = await startGitHub();
    const shop = github.addRepository(github.addOrganisation({ login: "Acme", id: 1234 }), { name: "shop", id: 9001 });
    const entry = "environment:acme/shop/production#1234/9001";
    const variables = [
      'ISSUER_URL = "https://login.acme.test"',
      `ACTIONS_ISSUER_URL = "${actionsIssuerUrl(github)}"`,
    ].join("\n");
    const { path } = await makeDeploymentFolder(configuration(github.url, { allow: [entry] }, variables));
    const explain = (environment: string, audience = "https://login.acme.test/clusters/local") => {
      const token = github.mintWorkflowToken({ repository: shop, environment }, { audience });
      return octogate(["explain", "--cluster", "local"], { cwd: path, stdin: `${token}\n` });
    };
    const { stdout } = await explain("production");
    for (const line of [
      /^ {2}kind {11}workflow$/m,
      /^ {2}credential-id {2}JTI=/m,
      /^ {2}repository +Acme\/shop#1234\/9001, at /m,
      /^ {2}environment +production$/m,
      /^ {2}✓ {2}allow\[0\] +environment:acme\/shop\/production#1234\/9001 +this repository/m,
      /^Verdict: authenticated \(admitted\)$/m,
      /^ {2}- \{ .*kind: Group, name: "github:actions:Acme\/shop\/environments\/production" \}$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    const other = await explain("staging");
    expect(other.stdout).toMatch(/^ {2}✗ {2}allow\[0\] .* another environment: staging$/m);
    expect(other.stdout).toContain("Verdict: unauthenticated (workflow_not_allowed)");
    const wrong = await explain("production", "https://github.com/Acme");
    expect(wrong.stdout).toContain("Verdict: denied (workflow_audience)");
    expect(wrong.stdout).toContain("https://login.acme.test/clusters/local");
  });

  test("sends nothing for what is no GitHub token", async () => {
    const { github, explain } = await sampleUsers();
    const { exitCode, stdout } = await explain("hello");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Verdict: unauthenticated (not_github_token)");
    expect(stdout).not.toContain("hello");
    expect(github.requests).toEqual([]);
  });

  test("warns about names that are not pinned, with the numbers that it has just learnt", async () => {
    const github = await startGitHub();
    const ada = github.addAccount({ login: "ada", id: 101 });
    const policy = { allow: ["user:ada"], token_kinds: ["classic"] };
    const { path } = await makeDeploymentFolder(configuration("https://github.test", policy));
    const { exitCode, stdout } = await octogate(["explain", "--cluster", "local", "--github", github.url, "--json"], {
      cwd: path,
      stdin: github.issueToken(ada, { kind: "classic" }),
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      githubApiUrl: github.url,
      user: { username: "github:ada:101", uid: "101", groups: [] },
      diagnostics: [
        { severity: "warning", subject: "CLUSTER_LOCAL", message: expect.stringContaining("write user:ada#101") },
      ],
    });
  });
});

describe("with an installed GitHub App", () => {
  async function scene(variables: string) {
    const github = await startGitHub();
    const ada = github.addAccount({ login: "ada", id: 101 });
    const acme = github.addOrganisation({ login: "acme", id: 1234 });
    github.addMember(acme, ada);
    const app = github.addApp();
    github.installApp(app, acme);
    const policy = { allow: ["org:acme#1234"], token_kinds: ["classic", "app"], oauth_clients: [app.clientId] };
    const { path } = await makeDeploymentFolder(
      configuration(github.url, policy, variables.replace("CLIENT", app.clientId)),
    );
    const explain = (token: string, env: NodeJS.ProcessEnv) =>
      octogate(["explain", "--cluster", "local", "--json"], { cwd: path, env, stdin: token });
    return { github, ada, app, explain };
  }

  test("asks as the app does, with its key from the environment, and shows no token of it", async () => {
    const { github, ada, app, explain } = await scene('GITHUB_APP_ID = "CLIENT"');
    const token = github.issueToken(ada, { kind: "classic" });
    const { stdout } = await explain(token, { GITHUB_APP_PRIVATE_KEY: app.privateKeyPem });
    const { calls, verdict } = JSON.parse(stdout);
    expect(verdict).toMatchObject({ kind: "authenticated" });
    expect(calls.map(({ method, path, outcome }: Record<string, string>) => `${method} ${path} ${outcome}`)).toEqual([
      "GET /user ok",
      "GET /orgs/acme/installation ok",
      expect.stringMatching(/^POST \/app\/installations\/\d+\/access_tokens ok$/),
      "GET /orgs/acme/memberships/ada ok",
      "POST /graphql ok",
    ]);
    for (const { token: used } of github.requests) expect(stdout).not.toContain(used);
  });

  test("asks for the key where it is missing", async () => {
    const { github, ada, explain } = await scene('GITHUB_APP_ID = "CLIENT"');
    const { exitCode, stdout } = await explain(github.issueToken(ada, { kind: "classic" }), {});
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).diagnostics).toEqual([
      {
        severity: "error",
        subject: "GITHUB_APP_PRIVATE_KEY",
        message: expect.stringContaining("is missing"),
        hint: "it is read from the environment",
      },
    ]);
    expect(github.requests).toEqual([]);
  });

  test("checks an app's token with the client secret from the environment, which it does not show", async () => {
    const { github, ada, app, explain } = await scene("");
    const token = github.issueToken(ada, { kind: "app", oauthClientId: app.clientId });
    const secrets = JSON.stringify({ [app.clientId]: app.clientSecret });
    const { stdout } = await explain(token, { OAUTH_CLIENT_SECRETS: secrets });
    expect(JSON.parse(stdout).calls[0]).toMatchObject({ path: `/applications/${app.clientId}/token`, outcome: "ok" });
    expect(stdout).not.toContain(app.clientSecret);
    expect(stdout).not.toContain(token);
  });
});

describe("what can't be explained", () => {
  const policy = { allow: ["anyone"], token_kinds: ["classic"] };

  test.each([
    ["no token", ["--cluster", "local"], "stdin: holds no token"],
    ["no such cluster", ["--cluster", "other"], "there are: local"],
    ["another file", ["--cluster", "local", "--config", "no-such.toml"], "no-such.toml: there is no such file"],
    ["plain http", ["--cluster", "local", "--github", "http://github.test"], "--github: must be the https address"],
  ])("%s", async (_, args, message) => {
    const { path } = await makeDeploymentFolder(configuration("https://api.github.com", policy));
    expect(await octogate(["explain", ...args], { cwd: path })).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });

  test.each([
    "https://github.acme.test/api/v3",
    "https://api.github.com.acme.test",
    "https://api.github.com:8443",
    "https://api.github.com/other",
  ])("nothing is sent to %s, which the configuration alone names", async (url) => {
    const { path } = await makeDeploymentFolder(configuration(url, policy));
    const { exitCode, stdout, stderr } = await octogate(["explain", "--cluster", "local"], { cwd: path, stdin: "x" });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`wrangler.toml:2: GITHUB_API_URL: the token is not sent to ${url}`);
    expect(stderr).toContain(`octogate explain --cluster local --github ${url}`);
  });

  test("a policy that is wrong, with its line", async () => {
    const { path } = await makeDeploymentFolder(configuration("https://github.test", { ...policy, allow: ["org"] }));
    const { exitCode, stderr } = await octogate(["explain", "--cluster", "local"], { cwd: path, stdin: "x" });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("wrangler.toml:5: CLUSTER_LOCAL.allow[0]: must be");
  });

  test("a token as an argument is a usage error", async () => {
    const { exitCode } = await octogate(["explain", "--cluster", "local", "--token", "x"]);
    expect(exitCode).toBe(2);
    expect((await octogate(["explain", "--cluster", "local", "x"])).exitCode).toBe(2);
    expect((await octogate(["explain"])).exitCode).toBe(2);
  });
});
