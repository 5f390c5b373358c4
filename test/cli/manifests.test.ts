import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseKubeconfig, readClusterFile } from "../support/cluster-files.ts";
import { webhookTargets } from "../support/manifest-targets.ts";
import { writeClientCertificate } from "./support/client-certificate.ts";
import { deploymentOf, makeDeploymentFolder } from "./support/deployment-folder.ts";
import { octogate } from "./support/octogate.ts";

const deployment = deploymentOf(["org:acme#1234", "team:acme/platform#55"]);
const manifests = (distribution: string) => ["manifests", "--for", distribution, "--cluster", "production"];
const placeholder = /<(?:client\.(?:crt|key)|webhook-kubeconfig[a-z-]*\.yaml)>|auth\.example\.com/;

interface Printed {
  readonly ok: boolean;
  readonly files: { name: string; path: string | null; mode: string | null; content?: string; copyOf?: string }[];
  readonly guide: string;
  readonly notes: string[];
}

/** What --json prints. */
function printed(stdout: string): Printed {
  return JSON.parse(stdout) as Printed;
}

async function makeDeployment() {
  const { path: cwd } = await makeDeploymentFolder(deployment);
  const identity = await writeClientCertificate(join(cwd, ".clusters", "production"));
  return { cwd, identity };
}

describe("octogate manifests", () => {
  test.each(webhookTargets)(
    "--for %s prints every file with its place, then the steps, with nothing left to fill in",
    async (distribution) => {
      const { cwd } = await makeDeployment();

      const { exitCode, stdout } = await octogate(manifests(distribution), { cwd });
      const json = printed((await octogate([...manifests(distribution), "--json"], { cwd })).stdout);

      expect(exitCode).toBe(0);
      expect(stdout).toContain("https://auth.acme.test/authenticate");
      expect(stdout).not.toMatch(placeholder);
      expect(stdout.indexOf("## Steps")).toBeGreaterThan(stdout.lastIndexOf("==> rbac/"));
      for (const { name, path, mode, content } of json.files) {
        expect(stdout).toContain(path === null ? `==> ${name}\n` : `==> ${name}: goes to ${path}, mode ${mode}\n`);
        if (content !== undefined) expect(stdout).toContain(content.trimEnd());
      }
      const chapters = (text: string) => text.match(/^## .*$/gm) ?? [];
      expect(chapters(json.guide)).toEqual([
        ...chapters(readClusterFile(`${distribution}/README.md`)),
        "## If a webhook is set already",
        "## Sign in",
      ]);
      // It goes to the nodes by itself: nothing in it leads to a file that is not there.
      expect(json.guide).not.toContain("](");
    },
  );

  test.each(["kubeadm", "k3s", "rke2"])(
    "--for %s needs no key and prints none: it says where the certificate is copied from",
    async (distribution) => {
      const { path: cwd } = await makeDeploymentFolder(deployment);

      const { exitCode, stdout } = await octogate([...manifests(distribution), "--json"], { cwd });

      expect(exitCode).toBe(0);
      expect(printed(stdout).files.slice(0, 2)).toEqual([
        {
          name: "client.crt",
          path: "/etc/kubernetes/octogate/client.crt",
          mode: "0600",
          copyOf: ".clusters/production/client.crt",
        },
        {
          name: "client.key",
          path: "/etc/kubernetes/octogate/client.key",
          mode: "0600",
          copyOf: ".clusters/production/client.key",
        },
      ]);
    },
  );

  test("--for talos holds a kubeconfig with the certificate and its key inside, and says so", async () => {
    const { cwd, identity } = await makeDeployment();

    const { stdout, stderr } = await octogate([...manifests("talos"), "--json"], { cwd });

    const [current, older] = printed(stdout).files.map(({ content = "" }) => content);
    const { kubeconfig } = parse(current ?? "") as { kubeconfig: string }; // rendered by us, as everything here
    const { users } = parse(kubeconfig) as { users: [{ user: Record<string, string> }] };
    const key = Buffer.from(users[0].user["client-key-data"] ?? "", "base64").toString();
    expect(key).toBe(identity.privateKey);
    const { machine } = parse(older ?? "") as { machine: { files: { content: string }[] } };
    expect(machine.files[0]?.content).toBe(identity.certificate);
    expect(machine.files[1]?.content).toBe(identity.privateKey);
    expect(parseKubeconfig(machine.files[2]?.content ?? "").users[0].user["client-key"]).toBe(
      "/etc/kubernetes/octogate/client.key",
    );
    expect(stderr).toContain("holds the private key");
  });

  test("--for kops puts the files where its kube-apiserver sees them", async () => {
    const { cwd, identity } = await makeDeployment();

    const { stdout } = await octogate([...manifests("kops"), "--json"], { cwd });

    const { spec } = parse(printed(stdout).files[0]?.content ?? "") as {
      spec: { fileAssets: { path: string; content: string }[] };
    };
    const [certificate, key, kubeconfig] = spec.fileAssets;
    expect(certificate?.content).toBe(identity.certificate);
    expect(key?.content).toBe(identity.privateKey);
    expect(parseKubeconfig(kubeconfig?.content ?? "").users[0].user).toEqual({
      "client-certificate": certificate?.path,
      "client-key": key?.path,
    });
  });

  test.each(["talos", "kops"])(
    "--for %s fails without the certificate, which stands inside its files",
    async (distribution) => {
      const { path: cwd } = await makeDeploymentFolder(deployment);

      const { exitCode, stdout, stderr } = await octogate(manifests(distribution), { cwd });

      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain(".clusters/production/client.crt: there is no such file");
    },
  );

  test("--output writes everything that the steps name into a folder, for its owner only", async () => {
    const { cwd, identity } = await makeDeployment();

    const { exitCode, stdout, stderr } = await octogate([...manifests("kubeadm"), "--output", "to-node"], { cwd });

    expect(exitCode).toBe(0);
    expect(stdout).toContain("Begin with to-node/STEPS.md.");
    expect(stderr).toContain("holds the private key");
    const folder = join(cwd, "to-node");
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of names.filter((entry) => entry.isFile())) {
      expect((await stat(join(entry.parentPath, entry.name))).mode & 0o777).toBe(0o600);
    }
    expect((await readdir(folder)).sort()).toEqual(
      [
        ".gitignore",
        ".octogate-manifests.json",
        "STEPS.md",
        "client.crt",
        "client.key",
        "cluster-configuration.yaml",
        "kube-apiserver+json.yaml",
        "rbac",
        "webhook-kubeconfig.yaml",
      ].sort(),
    );
    expect(await readFile(join(folder, "client.key"), "utf8")).toBe(identity.privateKey);
    expect(await readFile(join(folder, "rbac", "admin-team.yaml"), "utf8")).toContain("name: github:acme/platform\n");
  });

  test("--output keeps what was edited since, and says where the new text is if there is one", async () => {
    const { cwd } = await makeDeployment();
    const again = () => octogate([...manifests("talos"), "--output", "to-node"], { cwd });
    await again();
    const folder = join(cwd, "to-node");
    const kustomization = join(folder, "rbac", "kustomization.yaml");
    const document = join(folder, "kube-authentication-webhook-config.yaml");
    const edited = `${await readFile(kustomization, "utf8")}# mine\n`;
    await writeFile(kustomization, edited);

    const unchanged = await again();

    expect(unchanged.stdout).toBe(
      "to-node/rbac/kustomization.yaml is kept as you edited it.\nBegin with to-node/STEPS.md.\n",
    );
    expect(await readFile(kustomization, "utf8")).toBe(edited);

    // A new certificate: the document is new, and the operator's own change to it stays.
    await writeFile(document, `${await readFile(document, "utf8")}# mine\n`);
    await writeClientCertificate(join(cwd, ".clusters", "production"));
    const renewed = await again();

    expect(renewed.exitCode).toBe(0);
    expect(renewed.stdout).toContain("to-node/before-1.15.yaml is written.\n");
    expect(renewed.stderr).toContain("to-node/kube-authentication-webhook-config.yaml: warning: was edited");
    expect(await readFile(document, "utf8")).toMatch(/# mine\n$/);
    expect(await readFile(`${document}.new`, "utf8")).toContain("kind: KubeAuthenticationWebhookConfig");
    expect(await readFile(kustomization, "utf8")).toBe(edited);
  });

  test("--output never mixes the files of two distributions or clusters", async () => {
    const { cwd } = await makeDeployment();
    await octogate([...manifests("talos"), "--output", "to-node"], { cwd });
    const before = await readdir(join(cwd, "to-node"), { recursive: true });

    const { exitCode, stdout, stderr } = await octogate([...manifests("k3s"), "--output", "to-node"], { cwd });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("to-node: holds the files of production for talos");
    expect(await readdir(join(cwd, "to-node"), { recursive: true })).toEqual(before);
  });

  test("says what it could not fill in: a policy that is wrong or not there", async () => {
    const { path: wrong } = await makeDeploymentFolder(deployment.replace("fine_grained", "any"));
    const { path: withoutPolicy } = await makeDeploymentFolder(null);

    const first = await octogate([...manifests("k3s"), "--json"], { cwd: wrong });
    const second = await octogate([...manifests("k3s"), "--json", "--hostname", "auth.acme.test"], {
      cwd: withoutPolicy,
    });

    for (const { exitCode, stdout } of [first, second]) {
      expect(exitCode).toBe(0);
      expect(printed(stdout).notes).toEqual([
        expect.stringContaining("one webhook for tokens"),
        expect.stringContaining("rbac/ is not filled in and admits no user yet"),
      ]);
      expect(stdout).toContain("github:<ORGANISATION>");
    }
    expect(first.stdout).toContain("octogate check");
  });

  test("names the distributions that it knows where it is asked for another, or for none", async () => {
    for (const args of [manifests("minikube"), ["manifests", "--cluster", "production"]]) {
      const { exitCode, stdout, stderr } = await octogate(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toContain("--for");
    }
    expect((await octogate(manifests("minikube"))).stderr).toContain("kubeadm, k3s, rke2, talos, kops");
  });
});
