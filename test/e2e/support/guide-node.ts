// A folder that stands for the root of a control-plane node, and a shell in which the commands of a guide are run
// there.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { stringify } from "yaml";
import type { Identity } from "../../../src/local/certificates.ts";
import { writeClientCertificate } from "../../cli/support/client-certificate.ts";
import { type DocumentShell, octogateProgram, openDocumentShell } from "../../support/document-shell.ts";
import { binary } from "./binaries.ts";
import type { ControlPlane } from "./control-plane.ts";

export interface GuideShell extends DocumentShell {
  /** Runs a script in a folder of the shell's; it has to succeed. @returns what it printed */
  succeed(script: string, folder?: string): Promise<string>;
}

interface Printed {
  readonly wranglerToml: string;
  /** Of `octogate manifests`: --for, and what else it takes. */
  readonly printedFor: string;
}

export interface GuideNode {
  /** @param name of a file, from the node's root */
  path(name: string): string;
  read(name: string): Promise<string>;
  /** @returns a file as `octogate manifests` wrote it */
  written(name: string): Promise<string>;
  renewCertificate(): Promise<Identity>;
  /** Runs commands that count from the folder that `octogate manifests` wrote. @returns what they printed */
  run(scripts: readonly string[]): Promise<string>;
}

/** A shell in whose kubectl the administrator is at work. @param programs besides kubectl and octogate */
export async function openGuideShell(
  controlPlane: ControlPlane,
  programs: Readonly<Record<string, string>> = {},
): Promise<GuideShell> {
  const kubectl = `exec "${binary("kubectl")}" "$@"`;
  const shell = await openDocumentShell({ kubectl, octogate: octogateProgram(), ...programs });
  const { url, authorityFile, administrator } = controlPlane;
  const kubeconfig = {
    clusters: [{ name: "here", cluster: { server: url, "certificate-authority": authorityFile } }],
    users: [
      { name: "admin", user: { "client-certificate": administrator.certificate, "client-key": administrator.key } },
    ],
    contexts: [{ name: "here", context: { cluster: "here", user: "admin" } }],
    "current-context": "here",
  };
  const KUBECONFIG = join(shell.folder, "admin.conf");
  await writeFile(KUBECONFIG, stringify(kubeconfig));
  return {
    ...shell,
    async succeed(script, folder = ".") {
      const cwd = join(shell.folder, folder);
      const { exitCode, stdout } = await shell.run(script, { cwd, env: { KUBECONFIG } });
      expect(exitCode, `${script}\n${stdout}`).toBe(0);
      return stdout;
    },
  };
}

/** A folder that stands for the root of a control-plane node, and beside it what `octogate manifests` wrote. */
export async function openNode(controlPlane: ControlPlane, { wranglerToml, printedFor }: Printed): Promise<GuideNode> {
  const shell = await openGuideShell(controlPlane, {
    // What runs on the node: kubelet starts what its manifests say, and here at once.
    pgrep: `echo "4711 kube-apiserver $(cat "$NODE"/etc/kubernetes/manifests/*.yaml "$NODE"/etc/rancher/*/config.yaml.d/*.yaml 2> /dev/null | sed -n 's/^ *- \\(--\\)*\\([a-z-]*=[^ ]*\\)$/--\\2/p' | tr '\\n' ' ')"`,
    // The way to Octogate is tested elsewhere.
    curl: "echo 200",
  });
  await writeFile(join(shell.folder, "wrangler.toml"), wranglerToml);
  await writeClientCertificate(join(shell.folder, ".clusters/production"));
  await shell.succeed(`octogate manifests ${printedFor} --cluster production --output to-node`);
  const node = join(shell.folder, "node");
  const kubeconfigs = ["etc/kubernetes/admin.conf", "etc/rancher/k3s/k3s.yaml", "etc/rancher/rke2/rke2.yaml"];
  await mkdir(join(node, "etc/kubernetes/manifests"), { recursive: true });
  for (const path of kubeconfigs) {
    await mkdir(dirname(join(node, path)), { recursive: true });
    await copyFile(join(shell.folder, "admin.conf"), join(node, path));
  }
  /** This machine's places for the node's: its root, and its kube-apiserver. */
  const here = (script: string) =>
    script
      .replace(/(?<![\w.])\/etc\//g, `${node}/etc/`)
      .replace(
        /--server=https:\/\/(?:127\.0\.0\.1|NODE):6443(?: --tls-server-name=kubernetes)?/g,
        `--server=${controlPlane.url}`,
      );
  return {
    path: (name: string) => join(node, name),
    read: (name: string) => readFile(join(node, name), "utf8"),
    written: (name: string) => readFile(join(shell.folder, "to-node", name), "utf8"),
    renewCertificate: () => writeClientCertificate(join(shell.folder, "to-node")),
    run: (scripts: readonly string[]) => shell.succeed(`export NODE="${node}"\n${here(scripts.join(""))}`, "to-node"),
  };
}
