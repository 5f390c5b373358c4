import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { obtainToken } from "../../../../../../src/cli/commands/doctor/cluster/credential.ts";
import type { Person } from "../../../../../../src/cli/commands/doctor/cluster/person.ts";
import { issueCertificate, makeAuthority } from "../../../../../../src/local/certificates.ts";
import { contextOf, runCommand } from "../../../support/command.ts";

const folder = await mkdtemp(join(tmpdir(), "octogate-person-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const day = 24 * 60 * 60 * 1000;
const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
const { certificate } = await issueCertificate(await makeAuthority(validity), "ca", "server", validity);
await writeFile(join(folder, "ca.pem"), certificate);
await writeFile(join(folder, "secret"), "a-token-of-this-test\n");

/** Nothing listens there. */
const issuer = "https://localhost:1";
const kubelogin = ["oidc-login", "get-token", `--oidc-issuer-url=${issuer}`, "--oidc-client-id=production"];
const execOf = (args: readonly string[], more: object = {}) => ({
  exec: { apiVersion: "client.authentication.k8s.io/v1", command: "no-such-program", args, ...more },
});

async function diagnose(user: object, wranglerToml: string | null = null) {
  const cluster = { server: "https://localhost:1", "certificate-authority": "ca.pem" };
  const kubeconfig = {
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
  const config = join(folder, "wrangler.toml");
  if (wranglerToml === null) await rm(config, { force: true });
  else await writeFile(config, wranglerToml);
  const args = ["doctor", "--cluster", "production", "--kubeconfig", "kubeconfig", "--json"];
  const { stdout, output, exitCode } = await runCommand(args, { folder, env: { PATH: folder, HOME: folder } });
  const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string; seen: string }[] }; // our own
  const of = (name: string) => checks.find((check) => check.name === name);
  return { of, output, exitCode };
}

const deployment = `name = "octogate"\n[vars]\nISSUER_URL = "${issuer}"\n[vars.CLUSTER_PRODUCTION]\nsign_in = true\nallow = ["org:acme#1"]\n`;

describe("a person's kubeconfig", () => {
  test.each([
    ["of another cluster", kubelogin.with(3, "--oidc-client-id=staging"), "signs in to staging, not to production"],
    [
      "that trusts every server",
      [...kubelogin, "--insecure-skip-tls-verify"],
      "any server can take part in the sign-in",
    ],
    ["that trusts every server", [...kubelogin, "--insecure-skip-tls-verify=true"], "any server can take part"],
    [
      "of another issuer",
      kubelogin.with(2, "--oidc-issuer-url=https://login.other.test"),
      "signs in at https://login.other.test, and ISSUER_URL is https://localhost:1",
    ],
  ])("%s is broken, and nothing is run", async (_which, args, seen) => {
    const { of, exitCode } = await diagnose(execOf(args), deployment);
    expect(of("kubeconfig")).toMatchObject({ state: "broken", seen: expect.stringContaining(seen) });
    expect(of("credential")).toMatchObject({ state: "skipped" });
    expect(exitCode).toBe(1);
  });

  test("has its arguments as kubelogin takes them, with the value behind a blank, too", async () => {
    const apart = kubelogin.flatMap((argument) => argument.split("="));
    const { of } = await diagnose(execOf([...apart, "--certificate-authority", "ca.pem"]), deployment);
    expect(of("kubeconfig")).toMatchObject({ state: "ok" });
    expect(of("sign-in")).toMatchObject({ state: "broken" });
  });

  test("is compared less where there is no wrangler.toml, and not at all with one of other clusters", async () => {
    const { of } = await diagnose(execOf(kubelogin));
    expect(of("configuration")).toMatchObject({ state: "skipped" });
    expect(of("kubeconfig")).toMatchObject({ state: "ok" });
    const other = await diagnose(execOf(kubelogin), deployment.replace("CLUSTER_PRODUCTION", "CLUSTER_STAGING"));
    expect(other.of("configuration")).toMatchObject({ state: "broken" });
  });

  test("that is none is a result, and quotes nothing", async () => {
    const { of, output } = await diagnose({ ...execOf(kubelogin), token: 5 });
    expect(of("kubeconfig")).toMatchObject({ state: "ok" });
    await writeFile(join(folder, "kubeconfig"), "users: [{name: x, user: {token: very-secret");
    const broken = await runCommand(["doctor", "--cluster", "production", "--kubeconfig", "kubeconfig"], { folder });
    expect(broken.exitCode).toBe(1);
    expect(broken.stdout).toContain("✗ kubeconfig");
    expect(output + broken.output).not.toContain("very-secret");
  });
});

describe("the credential of a person", () => {
  test.each([
    ["a token", { token: "a-token-of-this-test" }, "ok", "a token that the kubeconfig names"],
    ["a file with a token, which wins", { token: "x", tokenFile: "secret" }, "ok", "a token that the kubeconfig names"],
    ["a client certificate", { "client-certificate": "x" }, "broken", "the context has a client certificate"],
    ["nothing", {}, "broken", "the context has no credential"],
    ["a program that is not there", execOf([]), "broken", "no-such-program is not in PATH"],
    ["a program that wants a terminal", execOf([], { interactiveMode: "Always" }), "broken", "wants a terminal"],
    [
      "kubectl's own oidc without a token",
      { "auth-provider": { name: "oidc", config: { "idp-issuer-url": issuer, "client-id": "production" } } },
      "skipped",
      "not checked: sign-in is broken",
    ],
  ])("is %s", async (_what, user, state, seen) => {
    const { of, output } = await diagnose(user);
    expect(of("credential")).toMatchObject({ state, seen: expect.stringContaining(seen) });
    expect(output).not.toContain("a-token-of-this-test");
  });

  test("is not looked for in a file that is not there", async () => {
    const { of } = await diagnose({ tokenFile: "no-such-file" });
    expect(of("kubeconfig")).toMatchObject({ state: "broken", seen: expect.stringContaining("no-such-file") });
  });

  const access = { server: "https://localhost:1", authorities: null, tlsServerName: null, proxyUrl: null };
  const person = (script: string): Person => ({
    ...{ contextName: "x", folder, cluster: access },
    provider: { issuerUrl: issuer, clientId: "production", authorities: null, isInsecure: false },
    user: {
      ...{ kind: "exec", apiVersion: "client.authentication.k8s.io/v1", command: process.execPath },
      ...{ args: ["-e", script], env: [], installHint: null, needsTerminal: false },
    },
  });

  test.each([
    // kubelogin 1.36.3's own words.
    [
      "error: get-token: authentication error: authcode-browser error: authentication error: authorization code flow error: oauth2 error: authorization error: authorization error from server: access_denied This GitHub account is not admitted here",
      "kubelogin: access_denied This GitHub account is not admitted here",
      "the policy does not admit this account",
    ],
    [
      'error: get-token: could not write the token cache: keyring write kubelogin/tokencache/73b0: exec: "dbus-launch": executable file not found in $PATH',
      "could not write the token cache: keyring write",
      "leave out --token-cache-storage=keyring",
    ],
    [
      "error: get-token: authentication error: authcode-browser error: authentication error: context deadline exceeded",
      "context deadline exceeded",
      "no person signed in within three minutes",
    ],
  ])("that kubelogin does not get is broken with its words and what to do: %s", async (line, seen, hint) => {
    const script = `console.error(${JSON.stringify(line)}); process.exit(1)`;
    const { result, value } = await obtainToken(person(script), contextOf({ note: () => {} }));
    expect(value).toBeNull();
    expect(result).toMatchObject({ state: "broken", hint: expect.stringContaining(hint) });
    expect(result.seen).toContain(seen);
  });
});
