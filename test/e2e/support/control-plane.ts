// A real control plane of etcd and kube-apiserver on loopback: nothing runs in it, but it authenticates and authorises
// like any other.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configFileFlag, readClusterConfiguration } from "../../support/cluster-files.ts";
import { freePort } from "../../support/free-port.ts";
import { type RunningProgram, start } from "../../support/program.ts";
import { until } from "../../support/until.ts";
import { binary } from "./binaries.ts";
import { type CertificateFiles, type FileAuthority, makeFileAuthority } from "./certificates.ts";
import { type Kubectl, type KubectlMaker, makeKubectlMaker } from "./kubectl.ts";
import { aggregateRole, bindAdministrator } from "./roles.ts";

/** kube-apiserver needs 5 to 8 s on two cores; a busy machine gets a lot more. */
const readyDeadlineMs = 90_000;

/** What kube-apiserver runs with, in place of the usual. */
export interface ControlPlaneOptions {
  /** The flags that make it ask the webhook; default: those of k8s/kubeadm. */
  readonly webhookFlags?: (webhookKubeconfig: string) => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Flags besides all others. */
  readonly flags?: readonly string[];
}

export interface ControlPlane {
  readonly url: string;
  /** Path of the certificate that vouches for kube-apiserver's own. */
  readonly authorityFile: string;
  /** Path of its key. */
  readonly authorityKeyFile: string;
  readonly administrator: CertificateFiles;
  /** A folder that is removed with the control plane. */
  readonly folder: string;
  /** kubectl for people who come to this cluster. */
  readonly kubectl: KubectlMaker;
  /** kubectl with the administrator's client certificate, whom kube-apiserver knows without any webhook. */
  readonly admin: Kubectl;
  /** @returns what kube-apiserver has logged since this call, each time it is asked */
  logFromHere(): () => string;
  /**
   * Ends kube-apiserver and starts it again, perhaps with another kubeconfig for the webhook, or with other flags. etcd
   * goes on.
   */
  restart(webhookKubeconfig?: string, changes?: Pick<ControlPlaneOptions, "webhookFlags" | "flags">): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a control plane that asks the webhook which a kubeconfig names. */
export async function startControlPlane(
  webhookKubeconfig: string,
  { webhookFlags = kubeadmFlags, env = {}, flags: moreFlags = [] }: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-control-plane-"));
  let etcd: RunningProgram | null = null;
  let apiserver: RunningProgram | null = null;
  const stop = async () => {
    await apiserver?.stop();
    await etcd?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const authority = await makeFileAuthority(folder);
    const port = await freePort();
    const url = `https://localhost:${port}`;
    const kubectl = makeKubectlMaker(folder, url, authority.certificate);
    const administrator = await authority.issue("admin", "client");
    const admin = await kubectl.with({
      "client-certificate": administrator.certificate,
      "client-key": administrator.key,
    });
    const etcdUrl = `http://127.0.0.1:${await freePort()}`;
    etcd = start(binary("etcd"), await etcdFlags(folder, etcdUrl));
    await etcdIsHealthy(etcd, etcdUrl);

    const bootstrapToken = randomBytes(16).toString("hex");
    const flags = await apiserverFlags(folder, authority, port, etcdUrl, bootstrapToken);
    let ownFlags = { webhookFlags, flags: moreFlags };
    const startApiserver = async (kubeconfig: string) => {
      const args = [...flags, ...ownFlags.webhookFlags(kubeconfig), ...ownFlags.flags];
      apiserver = start(binary("kube-apiserver"), args, { env });
      await apiserverIsReady(apiserver, admin);
    };
    await startApiserver(webhookKubeconfig);
    await bindAdministrator(await kubectl.with({ token: bootstrapToken }), "admin");
    for (const role of ["view", "edit"] as const) await aggregateRole(admin, role);

    let outputOfEarlierOnes = "";
    const log = () => outputOfEarlierOnes + (apiserver?.output() ?? "");
    return {
      url,
      authorityFile: authority.certificate,
      authorityKeyFile: authority.key,
      administrator,
      folder,
      kubectl,
      admin,
      logFromHere() {
        const alreadyLogged = log().length;
        return () => log().slice(alreadyLogged);
      },
      async restart(kubeconfig = webhookKubeconfig, changes = {}) {
        ownFlags = { ...ownFlags, ...changes };
        await apiserver?.stop();
        outputOfEarlierOnes = log();
        await startApiserver(kubeconfig);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function etcdFlags(folder: string, clientUrl: string): Promise<string[]> {
  return [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${await freePort()}`,
  ];
}

async function apiserverFlags(
  folder: string,
  authority: FileAuthority,
  port: number,
  etcdUrl: string,
  bootstrapToken: string,
): Promise<string[]> {
  const serving = await authority.issue("localhost", "server");
  const serviceAccounts = await authority.issue("service-accounts", "client");
  const staticTokens = join(folder, "static-tokens.csv");
  await writeFile(staticTokens, `${bootstrapToken},bootstrap,bootstrap,system:masters\n`, { mode: 0o600 });
  return [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    // It would publish a loopback address as the endpoint of the service "kubernetes", which is forbidden and fills the
    // log.
    "--endpoint-reconciler-type=none",
    `--tls-cert-file=${serving.certificate}`,
    `--tls-private-key-file=${serving.key}`,
    `--client-ca-file=${authority.certificate}`,
    `--token-auth-file=${staticTokens}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${serviceAccounts.certificate}`,
    `--service-account-signing-key-file=${serviceAccounts.key}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24",
    // No controller makes the default service accounts that it waits for.
    "--disable-admission-plugins=ServiceAccount",
  ];
}

/** The flags of k8s/kubeadm; only the file lies elsewhere on this machine. */
export function kubeadmFlags(webhookKubeconfig: string): string[] {
  return readClusterConfiguration().apiServer.extraArgs.map(
    ({ name, value }) => `--${name}=${name === configFileFlag ? webhookKubeconfig : value}`,
  );
}

async function etcdIsHealthy(etcd: RunningProgram, url: string): Promise<void> {
  const isHealthy = async () => {
    await expectRunning("etcd", etcd);
    return (await fetch(`${url}/health`).catch(() => undefined))?.ok;
  };
  await until(isHealthy, readyDeadlineMs, "etcd is healthy");
}

async function apiserverIsReady(apiserver: RunningProgram, admin: Kubectl): Promise<void> {
  const isReady = async () => {
    await expectRunning("kube-apiserver", apiserver);
    return (await admin(["get", "--raw", "/readyz"])).stdout === "ok";
  };
  await until(isReady, readyDeadlineMs, "kube-apiserver is ready");
}

/** Fails with all that it printed if it has ended. */
async function expectRunning(name: string, program: RunningProgram): Promise<void> {
  if (!program.hasEnded()) return;
  await program.ended();
  throw new Error(`${name} ended:\n${program.output()}`);
}
