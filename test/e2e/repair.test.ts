// What the real kube-apiserver says when it does not start because of the webhook: the words that k8s/kubeadm/README.md
// tells an operator to look for.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webhookKubeconfig } from "../../src/node/kubeconfig.ts";
import { readClusterFile } from "../support/cluster-files.ts";
import { freePort } from "../support/free-port.ts";
import { run } from "../support/program.ts";
import { binary } from "./support/binaries.ts";
import { type FileAuthority, makeFileAuthority } from "./support/certificates.ts";
import { needs } from "./support/needs.ts";

const title = "a kube-apiserver that does not start";

const guide = readClusterFile("kubeadm/README.md");
const configFile = "--authentication-token-webhook-config-file";
/** It ends within a second where it refuses to start; where it does not, it waits for an etcd that is not there. */
const timeoutMs = 20_000;

describe(title, needs("a control plane"), () => {
  let folder: string;
  let authority: FileAuthority;
  let kubeconfig: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "octogate-repair-"));
    authority = await makeFileAuthority(folder);
    kubeconfig = join(folder, "webhook-kubeconfig.yaml");
    const client = await authority.issue("client", "client");
    const access = { hostname: "auth.acme.test", certificateFile: client.certificate, keyFile: client.key };
    await writeFile(kubeconfig, webhookKubeconfig(access));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function startWith(flags: readonly string[]): Promise<string> {
    const serviceAccounts = await authority.issue("service-accounts", "client");
    const others = [
      "--etcd-servers=http://127.0.0.1:1",
      `--cert-dir=${join(folder, "serving")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${serviceAccounts.certificate}`,
      `--service-account-signing-key-file=${serviceAccounts.key}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${await freePort()}`,
    ];
    const { exitCode, stdout, stderr } = await run(binary("kube-apiserver"), [...others, ...flags], { timeoutMs });
    expect(exitCode).toBe(1);
    return stdout + stderr;
  }

  test.each([
    ["the webhook's kubeconfig is missing", "no such file or directory", () => [`${configFile}=${folder}/none.yaml`]],
    [
      "the version is none of the two",
      "unsupported authentication webhook version",
      () => [`${configFile}=${kubeconfig}`, "--authentication-token-webhook-version=v2"],
    ],
    ["a flag is misspelt", "unknown flag", () => [`${configFile}s=${kubeconfig}`]],
  ])("says so where %s", async (_what, words, flags) => {
    expect(guide).toContain(words);

    expect(await startWith(flags())).toContain(words);
  });

  test("says so where the kubeconfig names a certificate that is not there", async () => {
    const wrong = join(folder, "wrong.yaml");
    const files = { certificateFile: join(folder, "none.crt"), keyFile: join(folder, "none.key") };
    await writeFile(wrong, webhookKubeconfig({ hostname: "auth.acme.test", ...files }));
    expect(guide).toContain("unable to read client-cert");

    expect(await startWith([`${configFile}=${wrong}`])).toContain(
      `unable to read client-cert ${files.certificateFile}`,
    );
  });
});
