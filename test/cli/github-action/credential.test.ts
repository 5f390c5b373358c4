// The exec plugin of k8s/github-action, in the shells that runners have.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { whyWithoutCiPrograms } from "../../support/ci-programs.ts";
import { clusterName, type IssuerAnswer, jobScene, unsignedToken } from "./support.ts";

const exp = 1_900_000_000;
const idToken = unsignedToken({ exp });
const granted: IssuerAnswer = { status: 200, body: JSON.stringify({ access_token: idToken, token_type: "N_A" }) };
const busy = (headers: Record<string, string> = {}): IssuerAnswer => ({
  status: 503,
  body: JSON.stringify({ error: "temporarily_unavailable", error_description: "GitHub does not answer" }),
  headers,
});
const script = "credential.sh";

const title = "the exec plugin of k8s/github-action";
if (whyWithoutCiPrograms !== null) console.warn(`SKIPPED: ${title}: ${whyWithoutCiPrograms}`);

describe.skipIf(whyWithoutCiPrograms !== null).each(["dash", "bash"])("in %s", (shell) => {
  test("prints the token of the exchange, which kubectl asks for anew a minute before its end", async () => {
    const { runScript, exchanges, issuerUrl } = await jobScene([granted]);
    const { stdout, stderr, exitCode } = await runScript(script, { shell });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: idToken, expirationTimestamp: new Date((exp - 60) * 1000).toISOString().replace(".000", "") },
    });
    const [form] = exchanges;
    const { subject_token: subject = "", ...rest } = Object.fromEntries(form ?? []);
    expect(rest).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      audience: clusterName,
    });
    expect(decodeJwt(subject)).toMatchObject({
      aud: `${issuerUrl}/clusters/${clusterName}`,
      repository: "reef-works/shop",
    });
  });

  test("prints the job's own token where the cluster asks the webhook", async () => {
    const { runScript, exchanges, issuerUrl } = await jobScene([granted]);
    const { stdout } = await runScript(script, { shell, environment: { OCTOGATE_EXCHANGE: "false" } });
    const { status } = JSON.parse(stdout) as { status: { token: string; expirationTimestamp: string } }; // the script's
    const claims = decodeJwt(status.token);
    expect(claims.aud).toBe(`${issuerUrl}/clusters/${clusterName}`);
    expect(Date.parse(status.expirationTimestamp) / 1000).toBe((claims.exp ?? 0) - 60);
    expect(exchanges).toEqual([]);
  });

  test("says which permission is missing", async () => {
    const { runScript } = await jobScene([granted], { idToken: false });
    const { stdout, stderr, exitCode } = await runScript(script, { shell });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toContain("this job may not ask GitHub for an ID token");
    expect(stderr).toContain("    permissions:\n      id-token: write\n");
    expect(stderr).toContain("A pull request from a fork does not get it.");
  });

  test("tries a 503 three times again, as late as the server says", async () => {
    const { runScript, exchanges, sleeps } = await jobScene([busy({ "retry-after": "7" }), busy(), busy(), granted]);
    const { stdout, stderr, exitCode } = await runScript(script, { shell });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: { token: idToken } });
    expect(await sleeps()).toEqual(["7", "2", "3"]);
    expect(exchanges).toHaveLength(4);
    expect(stderr.split("\n").slice(0, -1)).toHaveLength(3);
    expect(stderr).toContain("cannot answer now (503): next try in 7 s");
  });

  test("ends after the fourth 503 with what the server says", async () => {
    const { runScript, exchanges } = await jobScene([busy()]);
    const { stdout, stderr, exitCode } = await runScript(script, { shell });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toContain("answered 503: temporarily_unavailable: GitHub does not answer\n");
    expect(exchanges).toHaveLength(4);
  });

  test("does not wait for minutes", async () => {
    const { runScript, exchanges, sleeps } = await jobScene([busy({ "Retry-After": "3600" })]);
    const { exitCode } = await runScript(script, { shell });
    expect(exitCode).toBe(1);
    expect(await sleeps()).toEqual([]);
    expect(exchanges).toHaveLength(1);
  });

  test("tries again where GitHub fails, or where nothing listens", async () => {
    const { runScript, github, sleeps } = await jobScene([granted]);
    github.setFault("everyone", { kind: "server_error", status: 503, body: "unicorn_html" });
    expect((await runScript(script, { shell })).stderr).toContain("GitHub answered 503\n");
    github.setFault("everyone", null);
    const { stderr, exitCode } = await runScript(script, {
      shell,
      environment: { OCTOGATE_ISSUER: "http://127.0.0.1:9" },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("http://127.0.0.1:9 answered 000\n");
    expect(await sleeps()).toEqual(["1", "2", "3", "1", "2", "3"]);
  });

  test("repeats a refusal in one line, and nothing in it is a command to the runner", async () => {
    const description = "not allowed\n::add-path::/tmp\r\n##[set-output name=kubeconfig]/tmp/evil \u001b[31m";
    const body = JSON.stringify({ error: "invalid_target", error_description: description });
    const { runScript, exchanges } = await jobScene([{ status: 400, body }]);
    const { stdout, stderr, exitCode } = await runScript(script, { shell });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toMatch(
      /^octogate: http:\/\/127\.0\.0\.1:\d+ answered 400: invalid_target: not allowed::add-path[ -~]*\n$/,
    );
    // Anywhere in a line.
    expect(stderr).not.toContain("##[");
    expect(exchanges).toHaveLength(1);
  });

  test.each<[string, IssuerAnswer]>([
    ["is a page", { status: 200, body: "<html>" }],
    ["is empty", { status: 200, body: "" }],
    ["is a list", { status: 200, body: "[1]" }],
    ["has no token", { status: 200, body: "{}" }],
    ["has a number in its place", { status: 200, body: '{"access_token":7}' }],
    ["has a token that is no JWT", { status: 200, body: '{"access_token":"x"}' }],
    ["has a token without an end", { status: 200, body: JSON.stringify({ access_token: unsignedToken({}) }) }],
    ["is a redirect", { status: 302, body: "", headers: { location: "http://127.0.0.1:9/" } }],
    ["is an error without a text", { status: 500, body: '"no"' }],
  ])("gives kubectl nothing where the answer %s", async (_title, answer) => {
    const { runScript } = await jobScene([answer]);
    const { stdout, stderr, exitCode } = await runScript(script, { shell });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toMatch(/^octogate: [^\n]+\n$/);
  });

  test("shows no token to other programs and to the log, also where shells trace what they do", async () => {
    const { runScript, github, calls, exchanges } = await jobScene([granted]);
    const { stderr } = await runScript(script, { shell, environment: { SHELLOPTS: "xtrace", PS4: "+ " } });
    const subject = exchanges[0]?.get("subject_token") ?? "";
    const requestToken = github.requests.find(({ path }) => path.includes("idtoken"))?.token ?? "";
    for (const token of [subject, requestToken, idToken]) {
      expect(token.length).toBeGreaterThan(20);
      expect(await calls()).not.toContain(token);
      expect(stderr).not.toContain(token);
    }
  });

  test("leaves no file behind, and takes no settings of the user's curl", async () => {
    const { runScript, temporaryFolder } = await jobScene([granted]);
    await writeFile(join(temporaryFolder, "..", ".curlrc"), `trace-ascii = "${temporaryFolder}/trace"\n`);
    await runScript(script, { shell });
    expect(await readdir(temporaryFolder)).toEqual([]);
  });
});

test.skipIf(whyWithoutCiPrograms !== null)("names the program that a runner lacks", async () => {
  const { runScript } = await jobScene([granted]);
  const { stderr, exitCode } = await runScript(script, { shell: "/bin/sh", environment: { PATH: "/nonexistent" } });
  expect({ stderr, exitCode }).toEqual({ stderr: "octogate: curl is missing on this runner\n", exitCode: 1 });
});
