// A cluster that is set up with what the octogate command prints, and with nothing else: the operator's folder, the
// control-plane node's folder, and the control plane.
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Identity } from "../../../src/local/certificates.ts";
import { octogate as octogateCommand } from "../../cli/support/octogate.ts";
import { type ClusterConfiguration, configFileFlag } from "../../support/cluster-files.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { ClientCertificate, RedeployedOctogate } from "./redeployed-octogate.ts";

const nodeFolder = "/etc/kubernetes/octogate";

export interface CommandedCluster {
  readonly controlPlane: ControlPlane;
  /** What `octogate manifests --for kubeadm --output` wrote. */
  readonly bundle: string;
  /** What `octogate kubeconfig` printed, with this machine's folder for the node's. */
  readonly kubeconfig: string;
  /** Stands for {@link nodeFolder} on this machine. */
  readonly node: string;
  /** Replaces the client certificate and its key on the node, each by renaming, as the guide says. */
  replaceClientCertificate(identity: Identity): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param clusterName the cluster's at Octogate
 * @param allow its policy's
 * @param client its certificate
 */
export async function startCommandedCluster(
  octogate: RedeployedOctogate,
  clusterName: string,
  allow: readonly string[],
  client: ClientCertificate,
): Promise<CommandedCluster> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-commanded-"));
  let controlPlane: ControlPlane | null = null;
  const stop = async () => {
    await controlPlane?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const certificates = join(folder, ".clusters", clusterName);
    await mkdir(certificates, { recursive: true });
    await writeFile(join(certificates, "client.crt"), client.certificate);
    await writeFile(join(certificates, "client.key"), client.privateKey);
    await writeFile(join(folder, "wrangler.toml"), deployment(octogate.port, clusterName, allow, client));
    const command = async (args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await octogateCommand([...args, "--cluster", clusterName], { cwd: folder });
      if (exitCode !== 0) throw new Error(`octogate ${args.join(" ")}: ${stderr}`);
      return stdout;
    };

    const bundle = join(folder, "to-node");
    await command(["manifests", "--for", "kubeadm", "--output", bundle]);
    const node = join(folder, "node");
    const kubeconfig = await command(["kubeconfig", "--folder", node]);

    await mkdir(node, { mode: 0o700 });
    await writeFile(join(node, "webhook-kubeconfig.yaml"), kubeconfig, { mode: 0o600 });
    const replace = async (name: string, text: string) => {
      await writeFile(join(node, `${name}.new`), text, { mode: 0o600 });
      await rename(join(node, `${name}.new`), join(node, name));
    };
    for (const name of ["client.crt", "client.key"]) await replace(name, await readFile(join(bundle, name), "utf8"));

    const configuration = await readFile(join(bundle, "cluster-configuration.yaml"), "utf8");
    const { apiServer } = parse(configuration.replaceAll(nodeFolder, node)) as ClusterConfiguration; // the command's
    const flags = apiServer.extraArgs.map(({ name, value }) => `--${name}=${value}`);
    const [webhookKubeconfig] = apiServer.extraArgs.flatMap(({ name, value }) =>
      name === configFileFlag ? [value] : [],
    );
    if (webhookKubeconfig === undefined) throw new Error("the command printed no flag for the webhook's kubeconfig");
    controlPlane = await startControlPlane(webhookKubeconfig, {
      webhookFlags: () => flags,
      // The edge's certificate is not of a public authority: this is how the system's roots are named to a Go program.
      env: { SSL_CERT_FILE: octogate.authorityFile },
    });
    return {
      controlPlane,
      bundle,
      kubeconfig,
      node,
      async replaceClientCertificate({ certificate, privateKey }) {
        await replace("client.crt", certificate);
        await replace("client.key", privateKey);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function deployment(port: number, clusterName: string, allow: readonly string[], client: ClientCertificate): string {
  return `
[[routes]]
pattern = "localhost:${port}"
custom_domain = true

[vars.CLUSTER_${clusterName.toUpperCase()}]
client_certificates = ["${client.fingerprint}"]
allow = ${JSON.stringify(allow)}
token_kinds = ["classic"]
`;
}
