// Variables and secrets → one typed, validated Config. No other file reads the environment. A mistake in one cluster's
// policy concerns that cluster alone, a mistake of the whole deployment concerns all: both are values, never
// exceptions.
import type { Checked, Problem } from "./checked.ts";
import { type ClusterPolicy, readClusterPolicy, readFingerprints } from "./cluster.ts";
import { readServiceSettings, type ServiceSettings, serviceVariables } from "./service.ts";
import type { OpenIdClient, SignInSettings } from "./sign-in.ts";

export interface ClusterConfig {
  readonly name: string;
  /** SHA-256, 64 lowercase hex digits: the client certificates that speak for this cluster. */
  readonly fingerprints: readonly string[];
  readonly policy: Checked<ClusterPolicy>;
}

export interface Config {
  readonly service: Checked<ServiceSettings>;
  readonly clusters: readonly ClusterConfig[];
  readonly signIn: Checked<SignInSettings> | null;
  readonly issuerUrl: string | null;
  readonly clients: readonly OpenIdClient[];
  /**
   * Names in the environment that mean nothing to this release. At run time each is a warning, for secrets outlive a
   * rollback to an older release; a deployment is refused for it.
   */
  readonly unknownNames: readonly Problem[];
}

const clusterVariablePattern = /^CLUSTER_[A-Z][A-Z0-9_]*$/;

/** Whether a variable of this name holds a cluster's policy. */
export function isClusterVariable(name: string): boolean {
  return clusterVariablePattern.test(name);
}

/** Whether a cluster can have this name. It is part of a variable's name, and of paths and certificates' names. */
export function isClusterName(text: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(text);
}

/** @returns the variable that holds a cluster's policy: "prod-eu" → `CLUSTER_PROD_EU` */
export function clusterVariableName(clusterName: string): string {
  return `CLUSTER_${clusterName.toUpperCase().replaceAll("-", "_")}`;
}

/** @returns the cluster of a variable: `CLUSTER_PROD_EU` → "prod-eu" */
export function clusterNameOf(variable: string): string {
  return variable.slice("CLUSTER_".length).toLowerCase().replaceAll("_", "-");
}

/** Checks the whole environment. @param env variables, secrets and bindings by name, as the runtime hands them over */
export function readConfig(env: Readonly<Record<string, unknown>>): Config {
  const names = Object.keys(env).sort();
  const clusterVariables = names.filter(isClusterVariable);
  const clusters = refuseSharedCertificates(
    clusterVariables.map((variable) => ({
      name: clusterNameOf(variable),
      fingerprints: readFingerprints(env[variable]),
      policy: readClusterPolicy(variable, env[variable]),
    })),
  );

  const unknownNames = names
    .filter((name) => !isClusterVariable(name) && !serviceVariables.has(name))
    .map((setting) => ({
      setting,
      message: `is no variable of this service; there are ${[...serviceVariables].join(", ")} and CLUSTER_NAME`,
    }));
  const service = readServiceSettings(env);
  if (clusters.length > 0) return { service, clusters, unknownNames, ...noSignIn };
  const none = { setting: "CLUSTER_NAME", message: "no cluster is configured: at least one is required" };
  const problems = [none, ...(service.ok ? [] : service.problems)];
  return { service: { ok: false, problems }, clusters, unknownNames, ...noSignIn };
}

/** @returns everything for which a deployment of this configuration is refused */
export function problemsIn({ service, clusters, unknownNames }: Config): Problem[] {
  const parts = [service, ...clusters.map(({ policy }) => policy)];
  return [...unknownNames, ...parts.flatMap((part) => (part.ok ? [] : part.problems))];
}

/** A certificate that two clusters list names neither of them: it would be unclear whose policy counts. */
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

const noSignIn = { signIn: null, issuerUrl: null, clients: [] } as const;
