// Mistakes in an AuthenticationConfiguration: kube-apiserver refuses each with the words that k8s/README.md shows.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { releaseName } from "../../src/cli/kubernetes/releases.ts";
import { makeDeploymentFolder } from "../cli/support/deployment-folder.ts";
import { octogate } from "../cli/support/octogate.ts";
import { readDocument } from "../support/document-commands.ts";
import { freePort } from "../support/free-port.ts";
import { run } from "../support/program.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { binary } from "./support/binaries.ts";
import { needs, releaseUnderTest } from "./support/needs.ts";

const wranglerToml = `
name = "octogate"
[vars]
ISSUER_URL = "https://login.acme.test"
[vars.CLUSTER_PRODUCTION]
sign_in = true
allow = ["org:acme#1234"]
`;

/** A mistake that one makes while merging by hand, by what the page says about it. */
const mistakes: Readonly<Record<string, (configuration: string) => string>> = {
  "a key is misspelled": (text) => text.replace("issuer:", "isuer:"),
  "an expression is wrong": (text) => text.replace("? claims.door", "? claim.door"),
  "the address has no `https`": (text) => text.replace("url: https://", "url: http://"),
  "an issuer is there twice": (text) => text + text.slice(text.indexOf("  - issuer:")),
  "a prefix is missing": (text) => text.replace(/^ {8}prefix: .*\n/m, ""),
};

/** @returns what the page says that kube-apiserver logs, by the mistake */
function documentedMistakes(): [string, string][] {
  const rows = readDocument("k8s/README.md").matchAll(/^\| (.*?) \| `(.*)` \|$/gm);
  const named = Object.keys(mistakes);
  return [...rows].flatMap(([, mistake = "", message = ""]) => (named.includes(mistake) ? [[mistake, message]] : []));
}

describe("a kube-apiserver does not start", needs("structured authentication"), () => {
  /** @returns a folder with the file as it is printed for the release */
  async function printed(): Promise<string> {
    const { path: cwd } = await makeDeploymentFolder(wranglerToml);
    const args = [
      "manifests",
      "--for",
      "structured",
      "--kubernetes",
      releaseName(releaseUnderTest()),
      "--cluster",
      "production",
    ];
    const { exitCode, stderr } = await octogate([...args, "--output", "."], { cwd });
    expect(exitCode, stderr).toBe(0);
    return cwd;
  }

  /** @returns what kube-apiserver says before it ends, without the escapes of its log */
  async function lastWords(
    folder: string,
    change: (configuration: string) => string,
    moreFlags: readonly string[] = [],
  ): Promise<string> {
    const right = await readFile(join(folder, "authentication-configuration.yaml"), "utf8");
    expect(change(right)).not.toBe(right);
    await writeFile(join(folder, "changed.yaml"), change(right));
    await writeFile(join(folder, "key.pem"), makeSigningKey());
    // It reads the file before it looks for etcd, so none is there.
    const flags = [
      "--etcd-servers=http://127.0.0.1:1",
      `--cert-dir=${folder}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${join(folder, "key.pem")}`,
      `--service-account-signing-key-file=${join(folder, "key.pem")}`,
      "--service-cluster-ip-range=10.0.0.0/24",
      "--bind-address=127.0.0.1",
      `--secure-port=${await freePort()}`,
      `--authentication-config=${join(folder, "changed.yaml")}`,
    ];
    const { exitCode, stderr } = await run(binary("kube-apiserver"), [...flags, ...moreFlags], {
      timeoutMs: 30_000,
    });
    expect(exitCode, stderr).toBe(1);
    return stderr.replaceAll('\\"', '"');
  }

  test("with any of the mistakes that the page shows, and says what it shows", async () => {
    const documented = documentedMistakes();
    const folder = await printed();
    expect(documented.map(([mistake]) => mistake)).toEqual(Object.keys(mistakes));
    for (const [mistake, message] of documented) {
      const said = await lastWords(folder, mistakes[mistake] ?? ((text) => text));
      expect(said).toContain(message);
    }
  });

  test("with a file beside flags for an issuer", async () => {
    const other = ["--oidc-issuer-url=https://other.example.com", "--oidc-client-id=other"];
    const said = await lastWords(await printed(), (text) => `${text}# as it is\n`, other);
    expect(said).toContain("authentication-config file and oidc-* flags are mutually exclusive");
  });

  test("with the version that only later releases know", needs("no structured authentication v1"), async () => {
    const said = await lastWords(await printed(), (text) => text.replace("k8s.io/v1beta1", "k8s.io/v1"));
    expect(said).toContain(
      'no kind "AuthenticationConfiguration" is registered for version "apiserver.config.k8s.io/v1"',
    );
  });
});
