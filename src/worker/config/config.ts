// Variables and secrets → one typed, validated Config. No other file reads the environment. One cluster's mistake is that cluster's
// trouble alone, and a mistake of the whole deployment is everybody's: both are values here, never exceptions.
import type { Checked, Problem } from "./checked.ts";
import { type ClusterPolicy, readClusterPolicy, readFingerprints } from "./cluster.ts";
import { readServiceSettings, type ServiceSettings, serviceVariables } from "./service.ts";

export interface ClusterConfig {
  readonly name: string;
  /** SHA-256, 64 lowercase hex digits: the client certificates that speak for this cluster. */
  readonly fingerprints: readonly string[];
  readonly policy: Checked<ClusterPolicy>;
}

export interface Config {
  readonly service: Checked<ServiceSettings>;
  readonly clusters: readonly ClusterConfig[];
}

const clusterVariablePattern = /^CLUSTER_[A-Z][A-Z0-9_]*$/;

/** Whether a variable of this name holds a cluster's policy. */
export function isClusterVariable(name: string): boolean {
  return clusterVariablePattern.test(name);
}

/** @returns the variable that holds a cluster's policy: "prod-eu" → `CLUSTER_PROD_EU` */
export function clusterVariableName(clusterName: string): string {
  return `CLUSTER_${clusterName.toUpperCase().replaceAll("-", "_")}`;
}

/** @returns the cluster of a variable: `CLUSTER_PROD_EU` → "prod-eu" */
export function clusterNameOf(variable: string): string {
  return variable.slice("CLUSTER_".length).toLowerCase().replaceAll("_", "-");
}

/**
 * Checks the whole environment.
 *
 * @param env variables, secrets and bindings by name, as the runtime hands them over
 */
export function readConfig(env: Readonly<Record<string, unknown>>): Config {
  const names = Object.keys(env).sort();
  const clusterNames = names.filter(isClusterVariable);
  const unknownNames = names.filter((name) => !clusterNames.includes(name) && !serviceVariables.has(name));

  const clusters = refuseSharedCertificates(
    clusterNames.map((variable) => ({
      name: clusterNameOf(variable),
      fingerprints: readFingerprints(env[variable]),
      policy: readClusterPolicy(variable, env[variable]),
    })),
  );

  const problems: Problem[] = unknownNames.map((setting) => ({
    setting,
    message: `is no variable of this service; there are ${[...serviceVariables].join(", ")} and CLUSTER_NAME`,
  }));
  if (clusters.length === 0) {
    problems.push({ setting: "CLUSTER_NAME", message: "no cluster is configured: at least one is required" });
  }
  const service = readServiceSettings(env);
  if (problems.length === 0) return { service, clusters };
  return { service: { ok: false, problems: [...problems, ...(service.ok ? [] : service.problems)] }, clusters };
}

/** A certificate that is listed twice names no cluster: nobody could say whose policy counts. */
function refuseSharedCertificates(clusters: readonly ClusterConfig[]): ClusterConfig[] {
  return clusters.map((cluster) => {
    const problems = clusters
      .filter((other) => other !== cluster)
      .flatMap((other) =>
        cluster.fingerprints
          .filter((fingerprint) => other.fingerprints.includes(fingerprint))
          .map((fingerprint) => ({
            setting: `${clusterVariableName(cluster.name)}.client_certificates`,
            message: `${fingerprint} stands in ${clusterVariableName(other.name)}, too: a certificate belongs to one cluster`,
          })),
      );
    if (problems.length === 0) return cluster;
    const earlier = cluster.policy.ok ? [] : cluster.policy.problems;
    return { ...cluster, policy: { ok: false, problems: [...earlier, ...problems] } };
  });
}
