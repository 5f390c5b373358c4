// What a deployment's wrangler.toml says about a cluster, for what goes into that cluster: the hostname to call, and the cluster's variable.
import { clusterVariableName, isClusterVariable } from "../../worker/config/config.ts";
import type { Context } from "../context.ts";
import type { Trouble } from "../report.ts";
import { hostnameOf, parseWranglerToml } from "../wrangler-toml/document.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";

export interface Deployment {
  /** As kube-apiserver calls it; perhaps with a port. */
  readonly hostname: string;
  /** The cluster's variable as it stands in the file, or null where a hostname alone was given and there is no file. */
  readonly clusterVariable: unknown;
}

export type FoundDeployment =
  | { readonly kind: "found"; readonly deployment: Deployment }
  | { readonly kind: "missing"; readonly trouble: Trouble };

export interface DeploymentOptions {
  readonly config: string;
  readonly cluster: string;
  /** In place of the file's. */
  readonly hostname?: string;
}

/** Reads the file. Whoever gives the hostname needs none: these commands work where no deployment lies, too. */
export async function findDeployment(options: DeploymentOptions, context: Context): Promise<FoundDeployment> {
  const { config, cluster, hostname } = options;
  const file = await readWranglerToml(config, context);
  if (file.kind === "unreadable") {
    return hostname === undefined
      ? missing({ ...file.trouble, cure: `${file.trouble.cure}, or give the address with --hostname` })
      : found({ hostname, clusterVariable: null });
  }
  const parsed = parseWranglerToml(file.path, file.text);
  if (parsed.kind === "wrong") return missing(parsed.trouble);

  const variable = clusterVariableName(cluster);
  const clusterVariable = parsed.document.vars[variable];
  if (clusterVariable === undefined) {
    const known = Object.keys(parsed.document.vars).filter(isClusterVariable);
    return missing({
      where: file.path,
      message: `there is no [vars.${variable}]: the cluster ${cluster} is not in it${known.length > 0 ? `; there is ${known.join(", ")}` : ""}`,
      cure: "octogate setup writes it, or name the deployment's own file with --config",
    });
  }
  const address = hostname ?? hostnameOf(parsed.document);
  if (address === null) {
    return missing({
      where: `${file.path}: routes`,
      message: "there is no custom domain of your own yet",
      cure: "octogate setup writes it, or give the address with --hostname",
    });
  }
  return found({ hostname: address, clusterVariable });
}

function found(deployment: Deployment): FoundDeployment {
  return { kind: "found", deployment };
}

function missing(trouble: Trouble): FoundDeployment {
  return { kind: "missing", trouble };
}
