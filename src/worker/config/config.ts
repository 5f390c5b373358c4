// Variables and secrets → one typed, validated Config. No other file reads the environment. A mistake in one cluster's
// policy concerns that cluster alone, a mistake of the whole deployment concerns all: both are values, never
// exceptions.
import type { Checked, Problem } from "./checked.ts";
import { asksForSignIn } from "./client-table.ts";
import { type ClientSource, readClient } from "./clients.ts";
import { type ClusterPolicy, readClusterPolicy, readFingerprints } from "./cluster.ts";
import { readIssuerUrl, readSignIn, signInVariables } from "./read-sign-in.ts";
import { readServiceSettings, type ServiceSettings, serviceVariables } from "./service.ts";
import type { OpenIdClient, SignInSettings } from "./sign-in.ts";
import { readWorkflowSettings, type WorkflowSettings, withAudience, workflowVariables } from "./workflows.ts";

export interface ClusterConfig {
  readonly name: string;
  /** SHA-256, 64 lowercase hex digits: the client certificates that speak for this cluster. */
  readonly fingerprints: readonly string[];
  readonly policy: Checked<ClusterPolicy>;
}

export interface Config {
  readonly service: Checked<ServiceSettings>;
  readonly clusters: readonly ClusterConfig[];
  /** Null where there is no client. A mistake here leaves the webhook alone. */
  readonly signIn: Checked<SignInSettings> | null;
  /** ISSUER_URL where it is right, whatever else is wrong: it says which hostname is the sign-in's. */
  readonly issuerUrl: string | null;
  /** Null where no token of a workflow is taken. A mistake here concerns the policies that name workflows. */
  readonly workflows: Checked<WorkflowSettings | null>;
  /** Everything that people sign in to: clusters with `sign_in`, then web applications. */
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

/** @returns the variable that holds a web application's policy: "argocd" → `CLIENT_ARGOCD` */
export function clientVariableName(name: string): string {
  return clusterVariableName(name).replace("CLUSTER", "CLIENT");
}

/** @returns the cluster or the application of a variable: `CLUSTER_PROD_EU` → "prod-eu", `CLIENT_ARGOCD` → "argocd" */
export function clusterNameOf(variable: string): string {
  return variable
    .slice(variable.indexOf("_") + 1)
    .toLowerCase()
    .replaceAll("_", "-");
}

/** Whether a variable of this name holds a web application's policy. */
export function isClientVariable(name: string): boolean {
  return /^CLIENT_[A-Z][A-Z0-9_]*$/.test(name);
}

/** @returns whose policy a variable of this name holds; null for every other variable */
export function policyKindOf(name: string): "cluster" | "application" | null {
  if (isClusterVariable(name)) return "cluster";
  return isClientVariable(name) ? "application" : null;
}

/** Every name that the environment may hold besides the tables of clusters and clients. */
export const knownVariables: ReadonlySet<string> = new Set([
  ...serviceVariables,
  ...signInVariables,
  ...workflowVariables,
]);

/** Checks the whole environment. @param env variables, secrets and bindings by name, as the runtime hands them over */
export function readConfig(env: Readonly<Record<string, unknown>>): Config {
  const names = Object.keys(env).sort();
  const service = readServiceSettings(env);
  const issuerUrl = readIssuerUrl(env);
  const workflows = readWorkflowSettings(env, service, issuerUrl);
  const tables = names.flatMap((variable): ClientSource[] => {
    const kind = policyKindOf(variable);
    if (kind === null) return [];
    const table = env[variable];
    const otherName =
      kind === "cluster" ? variable.replace("CLUSTER", "CLIENT") : variable.replace("CLIENT", "CLUSTER");
    const name = clusterNameOf(variable);
    const policy = withAudience(readClusterPolicy(variable, table, kind), { name, kind }, workflows);
    return [{ name, variable, kind, table, policy, isAmbiguous: names.includes(otherName) }];
  });
  const clusters = tables.filter(({ kind }) => kind === "cluster");
  const signingIn = [
    ...clusters.filter(({ table }) => asksForSignIn(table)),
    ...tables.filter(({ kind }) => kind === "application"),
  ];
  const signIn = readSignIn(env, service, signingIn.length > 0);
  return {
    service: tables.length > 0 ? service : withProblem(service, noTable),
    clusters: refuseSharedCertificates(
      clusters.map(({ name, table, policy }) => ({ name, fingerprints: readFingerprints(table), policy })),
    ),
    signIn: signIn.settings,
    issuerUrl,
    workflows,
    clients: signingIn.map((source) => readClient(source, signIn)),
    unknownNames: [...unknownVariables(names), ...unknownSecrets(signIn.clientSecrets, signingIn)],
  };
}

const noTable = { setting: "CLUSTER_NAME", message: "no cluster is configured: at least one is required" };

function withProblem<T>(part: Checked<T>, problem: Problem): Checked<T> {
  return { ok: false, problems: [problem, ...(part.ok ? [] : part.problems)] };
}

function unknownVariables(names: readonly string[]): Problem[] {
  const message = `is no variable of this service; there are ${[...knownVariables].join(", ")}, CLUSTER_NAME and CLIENT_NAME`;
  return names
    .filter((name) => policyKindOf(name) === null && !knownVariables.has(name))
    .map((setting) => ({ setting, message }));
}

/** A client that is taken out must not take the others along, whose secrets stand in the same secret. */
function unknownSecrets(secrets: ReadonlyMap<string, string>, clients: readonly ClientSource[]): Problem[] {
  const count = [...secrets.keys()].filter((name) => clients.every((client) => client.name !== name)).length;
  if (count === 0) return [];
  // The name is not quoted: who mixes up name and secret has the secret there.
  const message = `has ${count} of no client; there are ${clients.map(({ name }) => name).join(", ")}`;
  return [{ setting: "OIDC_CLIENT_SECRETS", message }];
}

/** @returns everything for which a deployment of this configuration is refused, each once */
export function problemsIn(config: Config): Problem[] {
  const { service, workflows, clusters, signIn, unknownNames } = config;
  const parts = [service, workflows, ...clusters.map(({ policy }) => policy)];
  const leftOut = signIn?.ok === true ? signIn.value.signingKeys.leftOut : [];
  return once([...unknownNames, ...parts.flatMap(problemsOfPart), ...problemsInSignIn(config), ...leftOut]);
}

/** @returns what keeps people from signing in, to one client or to all, each once */
export function problemsInSignIn({ signIn, clients }: Config): Problem[] {
  const parts = [...(signIn === null ? [] : [signIn]), ...clients.map(({ signInPolicy }) => signInPolicy)];
  return once(parts.flatMap(problemsOfPart));
}

function problemsOfPart(part: Checked<unknown>): readonly Problem[] {
  return part.ok ? [] : part.problems;
}

/** What two parts have in common is wrong in both. */
function once(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.setting} ${problem.message}`, problem])).values()];
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
