// `octogate kubeconfig --for-people`: what people get, out of what the operator has.
import { writeFileSync } from "node:fs";
import { lstat, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { issueCertificate, makeAuthority } from "../../../../../src/local/certificates.ts";
import { makeDeploymentFolder } from "../../../../cli/support/deployment-folder.ts";
import { runCommand } from "../../support/command.ts";

const deployment = `
name = "octogate"
[vars]
ISSUER_URL = "https://login.acme.test"
[vars.CLUSTER_PRODUCTION]
sign_in = true
allow = ["org:acme#1234"]
[vars.CLUSTER_STAGING]
sign_in = true
device_flow = true
allow = ["org:acme#1234"]
[vars.CLUSTER_WEBHOOK]
client_certificates = ["${"0123456789abcdef".repeat(4)}"]
allow = ["org:acme#1234"]
token_kinds = ["fine_grained"]
`;

const day = 24 * 60 * 60 * 1000;
const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
const authority = await makeAuthority(validity);
const identity = await issueCertificate(authority, "admin", "client", validity);

/** The operator's own kubeconfig, with everything in it that no other person may get. */
const operators = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    {
      name: "kubernetes",
      cluster: {
        server: "https://k8s.acme.test:6443",
        "certificate-authority": "ca.pem",
        "tls-server-name": "kubernetes",
      },
    },
    { name: "second", cluster: { server: "https://second.acme.test" } },
    { name: "k3s", cluster: { server: "https://127.0.0.1:6443" } },
    { name: "open", cluster: { server: "https://open.acme.test", "insecure-skip-tls-verify": true } },
    { name: "plain", cluster: { server: "http://plain.acme.test" } },
    { name: "proxied", cluster: { server: "https://p.acme.test", "proxy-url": "http://me:open-sesame@proxy:3128" } },
  ],
  users: [{ name: "admin", user: { "client-key-data": "c2VjcmV0LWtleQ==", token: "operators-token" } }],
  contexts: ["kubernetes", "second", "k3s", "open", "plain", "proxied", "gone"].map((cluster) => ({
    name: cluster === "second" ? "staging" : `${cluster}-admin`,
    context: { cluster, user: "admin" },
  })),
  "current-context": "kubernetes-admin",
};

async function folderOfOperator(): Promise<string> {
  const { path } = await makeDeploymentFolder(deployment);
  await writeFile(join(path, "admin.yaml"), JSON.stringify(operators));
  // A file of authorities may hold a key as well.
  await writeFile(join(path, "ca.pem"), `${identity.privateKey}\n${authority.certificate}`);
  return path;
}

function octogate(args: readonly string[], { cwd }: { readonly cwd: string }) {
  return runCommand(args, { folder: cwd });
}

const forPeople = ["kubeconfig", "--for-people", "--kubeconfig", "admin.yaml"];
const production = [...forPeople, "--cluster", "production"];

interface Printed {
  readonly clusters: readonly { name: string; cluster: Record<string, string> }[];
  readonly users: readonly { name: string; user: { exec: { command: string; args: readonly string[] } } }[];
  readonly contexts: readonly { name: string; context: { cluster: string; user: string } }[];
  readonly "current-context"?: string;
}

function read(text: string): Printed {
  return parse(text, { version: "1.1" }) as Printed; // our own
}

function argsIn(text: string): readonly (readonly string[])[] {
  return read(text).users.map(({ user }) => user.exec.args.slice(2));
}

const signIn = (cluster: string) => ["--oidc-issuer-url=https://login.acme.test", `--oidc-client-id=${cluster}`];

describe("octogate kubeconfig --for-people", () => {
  test("has the cluster of the operator's context, kubelogin's entry, and nothing secret of the operator's", async () => {
    const cwd = await folderOfOperator();
    const { exitCode, stdout, stderr } = await octogate(production, { cwd });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: "production: https://k8s.acme.test:6443, of your context kubernetes-admin\n",
    });
    const { clusters, users, contexts, ...rest } = read(stdout);
    expect(clusters).toEqual([
      {
        name: "production",
        cluster: {
          server: "https://k8s.acme.test:6443",
          "certificate-authority-data": Buffer.from(authority.certificate.trim().concat("\n")).toString("base64"),
          "tls-server-name": "kubernetes",
        },
      },
    ]);
    expect(users.map(({ name }) => name)).toEqual(["github@production"]);
    expect(users[0]?.user.exec).toMatchObject({
      apiVersion: "client.authentication.k8s.io/v1",
      command: "kubectl",
      args: ["oidc-login", "get-token", ...signIn("production")],
      interactiveMode: "IfAvailable",
      installHint: expect.stringContaining("kubectl krew install oidc-login"),
    });
    expect(contexts).toEqual([{ name: "production", context: { cluster: "production", user: "github@production" } }]);
    expect(rest).toMatchObject({ "current-context": "production" });
    for (const secret of ["operators-token", "c2VjcmV0LWtleQ", "PRIVATE KEY", "UFJJVkFURSBLRVk"]) {
      expect(stdout).not.toContain(secret);
    }
  });

  test("has a context and a user for each of several clusters, and none is the current one", async () => {
    const cwd = await folderOfOperator();
    const both = [...production, "--cluster", "staging", "--context", "kubernetes-admin", "--context", "staging"];
    const { exitCode, stdout } = await octogate(both, { cwd });
    expect(exitCode).toBe(0);
    const { clusters, users, contexts, ...rest } = read(stdout);
    expect(clusters.map(({ cluster }) => cluster.server)).toEqual([
      "https://k8s.acme.test:6443",
      "https://second.acme.test",
    ]);
    expect(users.map(({ name }) => name)).toEqual(["github@production", "github@staging"]);
    expect(contexts.map(({ name }) => name)).toEqual(["production", "staging"]);
    expect(rest).not.toHaveProperty("current-context");
  });

  test("does not guess which contexts several clusters have", async () => {
    const cwd = await folderOfOperator();
    const guessed = await octogate([...production, "--cluster", "staging"], { cwd });
    expect(guessed).toMatchObject({ exitCode: 1, stdout: "" });
    expect(guessed.stderr).toContain("admin.yaml: has no context production");
    const tooFew = await octogate([...production, "--cluster", "staging", "--context", "staging"], { cwd });
    expect(tooFew).toMatchObject({ exitCode: 1, stdout: "" });
  });

  test("signs in by a code on machines without a browser where the cluster has it, and else by a port", async () => {
    const cwd = await folderOfOperator();
    const byCode = await octogate([...forPeople, "--cluster", "staging", "--headless"], { cwd });
    expect(argsIn(byCode.stdout)).toEqual([[...signIn("staging"), "--grant-type=device-code", "--skip-open-browser"]]);
    expect(byCode.stderr).not.toContain("ssh");
    const byPort = await octogate([...production, "--headless"], { cwd });
    expect(argsIn(byPort.stdout)).toEqual([[...signIn("production"), "--skip-open-browser"]]);
    expect(byPort.stderr).toContain("ssh -L 8000:localhost:8000");
  });

  test("keeps the sessions of a second account apart, however kubelogin keeps them", async () => {
    const cwd = await folderOfOperator();
    const login = ["--login", "octo-cat"];
    const folder = "--token-cache-dir=~/.kube/cache/oidc-login/octo-cat";
    const hint = "--oidc-auth-request-extra-params=login_hint=octo-cat";
    const usual = await octogate([...production, ...login], { cwd });
    expect(argsIn(usual.stdout)).toEqual([[...signIn("production"), hint, folder]]);
    expect(read(usual.stdout).contexts).toEqual([
      { name: "octo-cat@production", context: { cluster: "production", user: "github-octo-cat@production" } },
    ]);
    const inKeyring = await octogate([...production, ...login, "--keyring"], { cwd });
    expect(argsIn(inKeyring.stdout)).toEqual([[...signIn("production"), "--token-cache-storage=keyring", hint]]);
    const byCode = [...forPeople, "--cluster", "staging", "--headless", ...login];
    const inFolder = await octogate(byCode, { cwd });
    expect(argsIn(inFolder.stdout)[0]).toContain(folder);
    expect(argsIn(inFolder.stdout)[0]).not.toContain(hint);
    // kubelogin would keep one session for both accounts.
    expect(await octogate([...byCode, "--keyring"], { cwd })).toMatchObject({ exitCode: 1, stdout: "" });
  });

  test.each(["", "../x", "a b", "a=b", "a,b", "x".repeat(40)])("takes no %j for a login", async (login) => {
    const { exitCode, stdout } = await octogate([...production, "--login", login], { cwd: await folderOfOperator() });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  test("takes address and authorities from the command line, too, and then needs no kubeconfig", async () => {
    const cwd = await folderOfOperator();
    const given = ["kubeconfig", "--for-people", "--cluster", "production", "--server", "https://api.acme.test"];
    const own = await octogate([...given, "--server-ca-file", "ca.pem", "--sign-in-ca-file", "ca.pem"], { cwd });
    const data = Buffer.from(`${authority.certificate.trim()}\n`).toString("base64");
    expect(read(own.stdout).clusters[0]?.cluster).toEqual({
      server: "https://api.acme.test",
      "certificate-authority-data": data,
    });
    expect(argsIn(own.stdout)[0]?.at(-1)).toBe(`--certificate-authority-data=${data}`);
    const publicOne = await octogate(given, { cwd });
    expect(read(publicOne.stdout).clusters[0]?.cluster).toEqual({ server: "https://api.acme.test" });
    // As k3s needs it: its address for people, its authorities from the operator's file.
    const mixed = await octogate([...given, "--kubeconfig", "admin.yaml"], { cwd });
    expect(read(mixed.stdout).clusters[0]?.cluster["certificate-authority-data"]).toBe(data);
    const elsewhere = [...given, "--sign-in-hostname", "Login.Other.test", "--config", "none.toml"];
    expect(argsIn((await octogate(elsewhere, { cwd })).stdout)[0]?.[0]).toBe(
      "--oidc-issuer-url=https://login.other.test",
    );
  });

  test.each([
    ["open-admin", "insecure-skip-tls-verify"],
    ["plain-admin", "must be https://"],
    ["proxied-admin", "is no address without a password"],
    ["gone-admin", "names the cluster gone, which it does not have"],
    ["kubernetes-admim", "did you mean --context kubernetes-admin?"],
  ])("refuses the context %s, and shows nothing secret of it", async (name, message) => {
    const cwd = await folderOfOperator();
    const { exitCode, stdout, stderr } = await octogate([...production, "--context", name], { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("open-sesame");
  });

  test("reads UTF-16 as kubectl does: PowerShell 5 writes it", async () => {
    const cwd = await folderOfOperator();
    await writeFile(join(cwd, "admin.yaml"), `\ufeff${JSON.stringify(operators)}`, "utf16le");
    expect(await octogate(production, { cwd })).toMatchObject({ exitCode: 0 });
  });

  test("warns of an address that only this machine has", async () => {
    const cwd = await folderOfOperator();
    const { exitCode, stderr } = await octogate([...production, "--context", "k3s-admin"], { cwd });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("https://127.0.0.1:6443 is an address on this machine\n  → --server");
  });

  test.each([
    ["users: [{name: a, user: {token: operators-token", "is no YAML, in line 1"],
    ["users: [{user: {token: operators-token}}]", "is no kubeconfig: users.0.name"],
    ["contexts: []", "has no context production and no current context"],
  ])("says what is wrong with the kubeconfig %j, and quotes nothing of it", async (text, message) => {
    const cwd = await folderOfOperator();
    await writeFile(join(cwd, "admin.yaml"), text);
    const { exitCode, stderr } = await octogate(production, { cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`admin.yaml: ${message}`);
    expect(stderr).not.toContain("operators-token");
  });

  test("refuses a cluster that no person signs in to, and options of the other file", async () => {
    const cwd = await folderOfOperator();
    const webhook = await octogate([...forPeople, "--cluster", "webhook"], { cwd });
    expect(webhook).toMatchObject({ exitCode: 1, stdout: "" });
    expect(webhook.stderr).toContain("no person signs in to webhook");
    for (const mixed of [
      [...production, "--inline"],
      [...production, "--folder", "/etc/x"],
      ["kubeconfig", "--cluster", "production", "--keyring"],
      ["kubeconfig", "--cluster", "production", "--merge", "mine.yaml"],
      ["kubeconfig", "--cluster", "production", "--cluster", "staging"],
    ]) {
      expect(await octogate(mixed, { cwd })).toMatchObject({ exitCode: 2, stdout: "" });
    }
  });
});

describe("octogate kubeconfig --for-people --merge", () => {
  const mine = "# mine\nclusters:\n- name: other\n  cluster: {server: https://other.test}\nusers: []\n";

  test("adds to a file, for its owner only, and keeps a copy of what it was", async () => {
    const cwd = await folderOfOperator();
    await writeFile(join(cwd, "mine.yaml"), mine, { mode: 0o644 });
    const { exitCode, stdout } = await octogate([...production, "--merge", "mine.yaml"], { cwd });
    expect(exitCode).toBe(0);
    const [copy = "", ...others] = (await readdir(cwd)).filter((name) => name.startsWith("mine.yaml."));
    expect(others).toEqual([]);
    expect(copy).toMatch(/^mine\.yaml\.\d{8}T\d{9}Z\.bak$/);
    expect(stdout).toContain(copy);
    expect(await readFile(join(cwd, copy), "utf8")).toBe(mine);
    for (const name of ["mine.yaml", copy]) expect((await stat(join(cwd, name))).mode & 0o777).toBe(0o600);
    const text = await readFile(join(cwd, "mine.yaml"), "utf8");
    expect(text).toMatch(/^# mine\n/);
    expect(read(text).clusters.map(({ name }) => name)).toEqual(["other", "production"]);
    expect(read(text)).not.toHaveProperty("current-context");
  });

  test("changes nothing the second time, and makes a file that is not there, with its folder", async () => {
    const cwd = await folderOfOperator();
    const merge = [...production, "--merge", "new/kube/config"];
    expect(await octogate(merge, { cwd })).toMatchObject({ exitCode: 0 });
    const before = await readFile(join(cwd, "new/kube/config"), "utf8");
    const again = await octogate(merge, { cwd });
    expect(again.stdout).toBe("new/kube/config has everything already.\n");
    expect(await readFile(join(cwd, "new/kube/config"), "utf8")).toBe(before);
    expect(await readdir(join(cwd, "new/kube"))).toEqual(["config"]);
  });

  test("leaves a link a link", async () => {
    const cwd = await folderOfOperator();
    await writeFile(join(cwd, "mine.yaml"), mine);
    await symlink("mine.yaml", join(cwd, "link"));
    expect(await octogate([...production, "--merge", "link"], { cwd })).toMatchObject({ exitCode: 0 });
    expect((await lstat(join(cwd, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(cwd, "mine.yaml"), "utf8")).toContain("github@production");
  });

  test("names what is taken, and what is no kubeconfig, and leaves the file alone", async () => {
    const cwd = await folderOfOperator();
    const texts = ["contexts:\n- name: production\n  context: {cluster: x, user: y}\n", "users: [{token: my-own-token"];
    for (const text of texts) {
      await writeFile(join(cwd, "mine.yaml"), text);
      const { exitCode, stdout, stderr } = await octogate([...production, "--merge", "mine.yaml"], { cwd });
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toMatch(/mine\.yaml: (?:has another context called production|is no YAML, in line 1)/);
      expect(stderr).not.toContain("my-own-token");
      expect(await readFile(join(cwd, "mine.yaml"), "utf8")).toBe(text);
      expect((await readdir(cwd)).filter((name) => name.startsWith("mine.yaml."))).toEqual([]);
    }
  });

  test("loses nothing that another program wrote into the file in the meantime", async () => {
    const cwd = await folderOfOperator();
    await writeFile(join(cwd, "mine.yaml"), mine);
    const theirs = `${mine}# kubectl was here\n`;
    // The command looks at the clock after it has read the file.
    const now = () => {
      writeFileSync(join(cwd, "mine.yaml"), theirs);
      return Date.now();
    };
    const { exitCode, stderr } = await runCommand([...production, "--merge", "mine.yaml"], { folder: cwd, now });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("mine.yaml: was changed while this command ran");
    expect(await readFile(join(cwd, "mine.yaml"), "utf8")).toBe(theirs);
  });
});
