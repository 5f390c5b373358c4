import { describe, expect, test } from "vitest";
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { startGitHub } from "./support/github.ts";
import { octogate } from "./support/octogate.ts";

const configuration = (url: string, allow: string) => `# Ours.
[vars]
GITHUB_API_URL = "${url}" # the stand-in

[vars.CLUSTER_PRODUCTION]
client_certificates = ["<none yet>"]
allow = [${allow}] # who gets in
`;

/** GitHub with a person, an organisation and its team, and a folder whose policy names them without numbers. */
async function scene(allow = '"user:Ada", "org:acme"', options?: Parameters<typeof startGitHub>[0]) {
  const github = await startGitHub(options);
  const ada = github.addAccount({ login: "ada", id: 101 });
  const acme = github.addOrganisation({ login: "Acme", id: 1234 });
  github.addTeam(acme, { name: "Platform", id: 55 });
  github.addMember(acme, ada);
  const token = github.issueToken(ada, { kind: "classic", scopes: ["read:org"] });
  const folder = await makeDeploymentFolder(configuration(github.url, allow));
  const withoutHost = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, stdin = "") =>
    octogate(["pin", ...args], { cwd: folder.path, env, stdin });
  const { host } = new URL(github.url);
  const pin = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, stdin = "") =>
    withoutHost(["--token-host", host, ...args], env, stdin);
  return {
    github,
    ada,
    token,
    host,
    folder,
    pin,
    withoutHost,
    withEntries: (text: string) => configuration(github.url, text),
  };
}

const pathsAsked = ({ requests }: GitHubStandIn) =>
  requests.map(({ path, token }) => `${path} ${token === null ? "-" : "token"}`);

describe("octogate pin", () => {
  test("writes numbers behind the names of people and organisations without any token", async () => {
    const { github, folder, pin, withEntries } = await scene();
    const { exitCode, stdout, stderr } = await pin(["--yes"]);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout:
        "pinned user:Ada#101\npinned org:acme#1234\nThe Worker has it once it is deployed: npx wrangler deploy --config wrangler.toml\n",
    });
    expect(stderr).toBe(
      [
        "This is going to be changed:",
        "  - wrangler.toml:7: CLUSTER_PRODUCTION.allow[0]: user:Ada → user:Ada#101",
        "  - wrangler.toml:7: CLUSTER_PRODUCTION.allow[1]: org:acme → org:acme#1234",
        "",
      ].join("\n"),
    );
    expect(await folder.readConfiguration()).toBe(withEntries('"user:Ada#101", "org:acme#1234"'));
    expect(pathsAsked(github)).toEqual(["/users/ada -", "/orgs/acme -"]);
  });

  test("changes nothing the second time", async () => {
    const { folder, pin } = await scene();
    await pin(["--yes"]);
    const once = await folder.readConfiguration();
    expect(await pin()).toMatchObject({ exitCode: 0, stdout: "wrangler.toml: every name is pinned (2)\n", stderr: "" });
    expect(await folder.readConfiguration()).toBe(once);
  });

  test("only shows what it would do with --dry-run, and does not go on where no person can be asked", async () => {
    const { folder, pin } = await scene();
    const before = await folder.readConfiguration();
    expect(await pin(["--dry-run"])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/user:Ada → user:Ada#101[\s\S]*Nothing was changed \(--dry-run\)\.\n$/),
    });
    expect(await pin()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--yes goes on without asking") });
    expect(await folder.readConfiguration()).toBe(before);
  });

  type Given = (token: string) => [string[], NodeJS.ProcessEnv, string];
  test.each<[string, Given]>([
    ["GITHUB_TOKEN", (token) => [["--yes"], { GITHUB_TOKEN: token }, ""]],
    ["stdin", (token) => [["--yes", "--token-from-stdin"], {}, `${token}\n`]],
  ])("looks a team up with the token from %s, and never shows the token", async (_, given) => {
    const { token, folder, pin, withEntries } = await scene('"team:acme/platform"');
    const { exitCode, stdout, stderr } = await pin(...given(token));
    expect(exitCode).toBe(0);
    expect(await folder.readConfiguration()).toBe(withEntries('"team:acme/platform#55"'));
    expect(stdout + stderr).not.toContain(token);
  });

  test("pins what it can, and says of the rest why it could not", async () => {
    const { folder, pin, withEntries } = await scene('"team:acme/platform", "user:ada", "user:unnamed", "user:acme"');
    const { exitCode, stdout } = await pin(["--yes", "--json"]);
    expect(exitCode).toBe(1);
    const problem = (index: number, message: string) => ({
      severity: "error",
      location: { file: "wrangler.toml", line: 7, setting: `CLUSTER_PRODUCTION.allow[${index}]` },
      message: expect.stringContaining(message),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      changed: true,
      pins: [
        {
          file: "wrangler.toml",
          line: 7,
          setting: "CLUSTER_PRODUCTION.allow[1]",
          from: "user:ada",
          to: "user:ada#101",
        },
      ],
      diagnostics: [
        problem(0, "members alone"),
        problem(2, "no account at GitHub has that name"),
        problem(3, "is an organisation: write org:acme"),
      ],
    });
    expect(await folder.readConfiguration()).toBe(
      withEntries('"team:acme/platform", "user:ada#101", "user:unnamed", "user:acme"'),
    );
  });

  test("warns where a pinned name has another owner now, and leaves the entry", async () => {
    const { github, ada, folder, pin } = await scene('"user:ada#101", "org:acme#1234"');
    ada.login = "renamed";
    const heir = github.addAccount({ login: "ada" });
    const before = await folder.readConfiguration();
    const { exitCode, stderr } = await pin(["--yes"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`allow[0]: warning: user:ada#101: the name belongs to #${heir.id} now`);
    expect(await folder.readConfiguration()).toBe(before);
  });

  test("says that a wrong token is wrong, once", async () => {
    const { github, folder, pin } = await scene();
    const before = await folder.readConfiguration();
    expect(await pin(["--yes"], { GITHUB_TOKEN: "wrong" })).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining(
        "GitHub refuses the token: it is revoked, expired or made up (2 entries were not looked up)",
      ),
    });
    expect(github.requests).toHaveLength(1);
    expect(await folder.readConfiguration()).toBe(before);
  });

  test("ends where the anonymous quota is spent, with what it found so far", async () => {
    const { folder, pin, withEntries } = await scene('"user:ada", "org:acme"', { anonymousLimit: 1 });
    const { exitCode, stderr } = await pin(["--yes"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("no more requests without a token; again in 60 min (1 entry was not looked up)");
    expect(stderr).toContain("set GITHUB_TOKEN");
    expect(await folder.readConfiguration()).toBe(withEntries('"user:ada#101", "org:acme"'));
  });

  test.each([
    [
      "an outage",
      { kind: "server_error", status: 502, body: "unicorn_html" } as const,
      "GitHub answered with a server error (",
    ],
    [
      "a secondary limit",
      { kind: "secondary_limit", status: 429, headers: "retry_after" } as const,
      "github_secondary_limit",
    ],
  ])("says what hinders it during %s", async (_, fault, message) => {
    const { github, token, pin } = await scene();
    github.setFault("everyone", fault);
    expect(await pin(["--yes"], { GITHUB_TOKEN: token })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(message),
    });
    expect(github.requests).toHaveLength(1);
  });

  test("sends nothing to an address that the Worker's own rule does not take for GitHub", async () => {
    const { path } = await makeDeploymentFolder(configuration("http://github.test", '"user:ada"'));
    expect(await octogate(["pin", "--yes"], { cwd: path })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("wrangler.toml:3: GITHUB_API_URL: must be the https address"),
    });
  });

  test.each([
    [["--token-from-stdin"], {}, "stdin: holds no token"],
    [[], { GITHUB_TOKEN: "two words" }, "GITHUB_TOKEN: holds no token"],
  ])("sends nothing that is no token: %j %j", async (args, env, message) => {
    const { github, pin } = await scene();
    expect(await pin(args, env)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
    expect(github.requests).toEqual([]);
  });

  test("sends GITHUB_TOKEN to no host that the configuration alone names, and pins what needs none", async () => {
    const { github, token, host, folder, withoutHost, withEntries } = await scene('"user:ada", "team:acme/platform"');
    for (const other of [[], ["--token-host", "github.acme.test"], ["--token-host", `${host}0`]]) {
      const { exitCode, stdout, stderr } = await withoutHost([...other, "--yes"], { GITHUB_TOKEN: token });
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`GITHUB_TOKEN: warning: is not sent to ${host}`);
      expect(stdout + stderr).not.toContain(token);
    }
    expect(pathsAsked(github).filter((line) => !line.endsWith(" -"))).toEqual([]);
    expect(await folder.readConfiguration()).toBe(withEntries('"user:ada#101", "team:acme/platform"'));
  });

  test("refuses a token on stdin for such a host, before it sends anything", async () => {
    const { github, token, host, withoutHost } = await scene();
    const { exitCode, stderr } = await withoutHost(["--yes", "--token-from-stdin"], {}, token);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`stdin: is not sent to ${host}`);
    expect(stderr).toContain(`octogate pin --token-host ${host}`);
    expect(github.requests).toEqual([]);
  });

  test.each([
    ["UTF-16", (token: string) => `\ufeff${Array.from(token, (letter) => `${letter}\u0000`).join("")}`, "is in UTF-16"],
    ["a header", (token: string) => `Bearer ${token}`, "holds a header"],
    ["another header", (token: string) => `Authorization: token ${token}`, "holds a header"],
    ["quotation marks", (token: string) => `"${token}"`, "in quotation marks"],
  ])("names what is wrong with a token's file: %s", async (_what, wrongly, message) => {
    const { github, token, pin } = await scene();
    const { exitCode, stderr } = await pin(["--yes", "--token-from-stdin"], {}, wrongly(token));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(token);
    expect(github.requests).toEqual([]);
  });
});
