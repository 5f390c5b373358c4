// What wrangler.toml says of the cluster, where there is one: people have none, and their names are compared less.
import type { ClusterPolicy } from "../../../../worker/config/cluster.ts";
import { clusterVariableName } from "../../../../worker/config/config.ts";
import type { Context } from "../../../command.ts";
import { readPolicyOf } from "../../../config-file/check/check.ts";
import { requireClusterTable } from "../../../config-file/clusters.ts";
import { type ConfigFile, loadConfigFile } from "../../../config-file/file.ts";
import { broken, ok, skipped } from "../check.ts";
import type { Found } from "./chain.ts";

export interface Deployment {
  readonly file: ConfigFile;
  readonly policy: ClusterPolicy;
  readonly issuerUrl: string | null;
}

/** @throws CliError if the file has no such cluster */
export async function readDeployment(
  { config, cluster }: { readonly config: string; readonly cluster: string },
  context: Context,
): Promise<Found<Deployment>> {
  const loaded = await loadConfigFile(config, context);
  if (loaded.kind === "missing") {
    return { result: skipped(`no ${config} here: names are compared with those in the token alone`), value: null };
  }
  const checkHint = "octogate check says all that is wrong with it";
  if (loaded.kind === "invalid") {
    const { subject, message } = loaded.diagnostic;
    return { result: broken(`${subject}: ${message}`, checkHint), value: null };
  }
  const { file } = loaded;
  requireClusterTable(file, cluster);
  const variable = clusterVariableName(cluster);
  const policy = readPolicyOf(variable, file.settings.vars[variable]);
  if (!policy.ok) return { result: broken(`${file.path}: ${variable} is wrong`, checkHint), value: null };
  const { ISSUER_URL: issuerUrl } = file.settings.vars;
  const value = { file, policy: policy.value, issuerUrl: typeof issuerUrl === "string" ? issuerUrl : null };
  return { result: ok(`${file.path} has the policy of ${cluster}`), value };
}
