import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseKubeconfig } from "../support/cluster-files.ts";
import { writeClientCertificate } from "./support/client-certificate.ts";
import { deploymentOf, makeDeploymentFolder } from "./support/deployment-folder.ts";
import { octogate } from "./support/octogate.ts";

const deployment = deploymentOf(["org:acme#1234"]);
const production = ["kubeconfig", "--cluster", "production"];

describe("octogate kubeconfig", () => {
  test("prints a kubeconfig with the deployment's hostname and the files' places on the nodes, and nothing else", async () => {
    const { path: cwd } = await makeDeploymentFolder(deployment);

    const { exitCode, stdout, stderr } = await octogate(production, { cwd });

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { clusters, users } = parseKubeconfig(stdout);
    expect(clusters[0].cluster.server).toBe("https://auth.acme.test/authenticate");
    expect(users[0].user).toEqual({
      "client-certificate": "/etc/kubernetes/octogate/client.crt",
      "client-key": "/etc/kubernetes/octogate/client.key",
    });
  });

  test("takes another folder on the nodes, which has to be absolute", async () => {
    const { path: cwd } = await makeDeploymentFolder(deployment);

    const { stdout } = await octogate([...production, "--folder", "/srv/octogate"], { cwd });
    const relative = await octogate([...production, "--folder", "octogate"], { cwd });

    expect(parseKubeconfig(stdout).users[0].user["client-key"]).toBe("/srv/octogate/client.key");
    expect(relative).toMatchObject({ exitCode: 2, stdout: "" });
  });

  test("needs no deployment where the hostname is given, and takes nothing else for a hostname", async () => {
    const { path: cwd } = await makeDeploymentFolder(null);

    const given = await octogate([...production, "--hostname", "localhost:8443"], { cwd });
    expect(parseKubeconfig(given.stdout).clusters[0].cluster.server).toBe("https://localhost:8443/authenticate");

    for (const hostname of ["https://auth.acme.test", "auth.acme.test/x", "a@b", "", "auth..test", "a.b:https"]) {
      const { exitCode, stdout, stderr } = await octogate([...production, "--hostname", hostname], { cwd });
      expect({ hostname, exitCode, stdout }).toEqual({ hostname, exitCode: 2, stdout: "" });
      expect(stderr).toContain("must be a hostname");
    }
  });

  test("--inline prints the certificate and its key, and says that it does", async () => {
    const { path: cwd } = await makeDeploymentFolder(deployment);
    const { certificate, privateKey } = await writeClientCertificate(join(cwd, ".clusters", "production"));

    const { stdout, stderr } = await octogate([...production, "--inline"], { cwd });

    const { users } = parse(stdout) as { users: [{ user: Record<string, string> }] }; // rendered by us
    expect(decoded(users[0].user["client-certificate-data"])).toBe(certificate);
    expect(decoded(users[0].user["client-key-data"])).toBe(privateKey);
    expect(stderr).toContain("private key");
  });

  test("--output writes a file for its owner only", async () => {
    const { path: cwd } = await makeDeploymentFolder(deployment);
    await writeClientCertificate(join(cwd, "elsewhere"));
    const output = ["--inline", "--certificates", "elsewhere", "--output", "kept/webhook.yaml"];

    const { exitCode, stdout } = await octogate([...production, ...output], { cwd });

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "kept/webhook.yaml is written.\n" });
    expect((await stat(join(cwd, "kept", "webhook.yaml"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(cwd, "kept", "webhook.yaml"), "utf8")).toContain("client-key-data");
  });

  test("--json holds the same text", async () => {
    const { path: cwd } = await makeDeploymentFolder(deployment);

    const text = await octogate(production, { cwd });
    const { stdout } = await octogate([...production, "--json"], { cwd });

    expect(JSON.parse(stdout)).toEqual({ ok: true, kubeconfig: text.stdout, diagnostics: [] });
  });

  test("says which certificate is missing, and refuses a key of another one", async () => {
    const { path: cwd } = await makeDeploymentFolder(deployment);
    const folder = join(cwd, ".clusters", "production");

    const missing = await octogate([...production, "--inline"], { cwd });
    expect(missing).toMatchObject({ exitCode: 1, stdout: "" });
    expect(missing.stderr).toContain(".clusters/production/client.crt: there is no such file");

    const { privateKey } = await writeClientCertificate(folder);
    await writeClientCertificate(folder);
    await writeFile(join(folder, "client.key"), privateKey);
    const mixed = await octogate([...production, "--inline"], { cwd });
    expect(mixed).toMatchObject({ exitCode: 1, stdout: "" });
    expect(mixed.stderr).toContain("client.key is not the key of client.crt");

    await writeFile(join(folder, "client.key"), "no key");
    expect((await octogate([...production, "--inline"], { cwd })).stderr).toContain("no PEM");
  });

  test("says what is missing in the deployment: the file, the cluster, a hostname of its own", async () => {
    const nothing = await octogate(production, { cwd: (await makeDeploymentFolder(null)).path });
    expect(nothing).toMatchObject({ exitCode: 1, stdout: "" });
    expect(nothing.stderr).toContain("--hostname");

    const { path: cwd } = await makeDeploymentFolder(deployment.replace("auth.acme.test", "<auth.example.com>"));
    expect((await octogate(production, { cwd })).stderr).toContain("no custom domain of your own");
    const other = await octogate(["kubeconfig", "--cluster", "staging"], { cwd });
    expect(other.stderr).toContain(
      "has no cluster staging: there is no [vars.CLUSTER_STAGING]\n  → there are: production",
    );
  });
});

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString();
}
