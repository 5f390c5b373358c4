// What goes into a cluster, as the deployment's wrangler.toml says it: the hostname to call, and the cluster's
// variable.
import { clusterVariableName, isClusterVariable } from "../../worker/config/config.ts";
import { hostnameOf } from "../config-file/clusters.ts";
import { loadConfigFile } from "../config-file/file.ts";
import type { Context } from "../context.ts";
import { CliError, cliError } from "../diagnostics.ts";

export interface ClusterDeployment {
  /** As kube-apiserver calls it; perhaps with a port. */
  readonly hostname: string;
  /** The cluster's variable as the file has it, or null where a hostname alone was given and there is no file. */
  readonly clusterVariable: unknown;
}

export interface DeploymentOptions {
  readonly config: string;
  readonly cluster: string;
  /** In place of the file's. */
  readonly hostname?: string;
}

/**
 * Reads the file. With the hostname as an option none is needed: these commands also work outside of a deployment's
 * folder.
 *
 * @throws CliError if the file is wrong, or has no such cluster or no hostname
 */
export async function findClusterDeployment(options: DeploymentOptions, context: Context): Promise<ClusterDeployment> {
  const { config, cluster, hostname } = options;
  const loaded = await loadConfigFile(config, context);
  if (loaded.kind === "missing") {
    if (hostname !== undefined) return { hostname, clusterVariable: null };
    const { subject, message, hint } = loaded.diagnostic;
    throw cliError(subject, message, `${hint}, or give the address with --hostname`);
  }
  if (loaded.kind === "invalid") throw new CliError(loaded.diagnostic);
  const { path, settings } = loaded.file;

  const variable = clusterVariableName(cluster);
  const clusterVariable = settings.vars[variable];
  if (clusterVariable === undefined) {
    const known = Object.keys(settings.vars).filter(isClusterVariable);
    throw cliError(
      path,
      `there is no [vars.${variable}]: the cluster ${cluster} is not in it${known.length > 0 ? `; there is ${known.join(", ")}` : ""}`,
      "octogate setup writes it, or name the deployment's own file with --config",
    );
  }
  const address = hostname ?? hostnameOf(settings);
  if (address === null) {
    const hint = "octogate setup writes it, or give the address with --hostname";
    throw cliError(`${path}: routes`, "there is no custom domain of your own yet", hint);
  }
  return { hostname: address, clusterVariable };
}
