// Whether the policy of a report is what Cloudflare runs: otherwise the report is about a file alone.
import { policyKindOf } from "../../../worker/config/config.ts";
import { connectToCloudflare } from "../../cloudflare/api.ts";
import { readDeployedWorker } from "../../cloudflare/worker-script.ts";
import { findZone } from "../../cloudflare/zone.ts";
import { type Context, cliError } from "../../command.ts";
import { asDeployment } from "../../config-file/clusters.ts";
import type { ConfigFile } from "../../config-file/file.ts";
import { digestOf, type ReportedPolicy, sharedVariables } from "./policies.ts";
import type { AccessReport, ClusterReport } from "./report.ts";

export interface Comparison {
  readonly deployed: AccessReport["deployed"];
  of(policy: ReportedPolicy): ClusterReport["deployed"];
  /** Of `sharedVariables`, those that are other ones at Cloudflare. */
  readonly different: readonly string[];
  /** Clusters and clients that Cloudflare has and the file does not: this report knows nothing of them. */
  readonly unknown: readonly string[];
}

export const notCompared: Comparison = {
  deployed: "not compared",
  of: () => "not compared",
  different: [],
  unknown: [],
};

/**
 * @param policies those of the report
 * @throws CliError if Cloudflare does not say, or has no such Worker
 */
export async function compareWithDeployed(
  file: ConfigFile,
  policies: readonly ReportedPolicy[],
  context: Context,
): Promise<Comparison> {
  const { path, workerName, hostname, signInHostname } = asDeployment(file);
  const address = hostname ?? signInHostname;
  if (address === null) throw cliError(path, "has no custom domain of your own, so it is not deployed");
  const client = await connectToCloudflare(context);
  const { accountId } = await findZone(client, address);
  const worker = await readDeployedWorker(client, accountId, workerName);
  if (worker === null) throw cliError(workerName, "is not deployed", "leave out --deployed");
  const { variables } = worker;
  const { vars } = file.settings;
  const of = ({ variable, table }: ReportedPolicy): ClusterReport["deployed"] => {
    if (!(variable in variables)) return "missing";
    return digestOf(variables[variable]) === digestOf(table) ? "same" : "different";
  };
  const unknown = Object.keys(variables).filter((name) => policyKindOf(name) !== null && !(name in vars));
  const different = sharedVariables.filter(
    (name) => digestOf(variables[name] ?? null) !== digestOf(vars[name] ?? null),
  );
  const isSame = policies.every((policy) => of(policy) === "same") && unknown.length === 0 && different.length === 0;
  return { deployed: isSame ? "same" : "different", of, different, unknown };
}
