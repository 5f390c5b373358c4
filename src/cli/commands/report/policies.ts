// The clusters and web applications of a wrangler.toml whose access is reported, with their policies.
import { createHash } from "node:crypto";
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import { clusterNameOf, isClientVariable, isClusterVariable, policyKindOf } from "../../../worker/config/config.ts";
import { CliError, cliError } from "../../command.ts";
import { readPolicyOf } from "../../config-file/check/check.ts";
import { isTable, stringsIn } from "../../config-file/clusters.ts";
import { type ConfigFile, errorAt, pathOf } from "../../config-file/file.ts";
import { nearestTo } from "../../nearest.ts";

/** Besides the tables, these say who gets in: whose answers, tokens and keys count. */
export const sharedVariables = [
  "GITHUB_API_URL",
  "GITHUB_WEB_URL",
  "GITHUB_APP_ID",
  "GITHUB_CLIENT_ID",
  "ISSUER_URL",
  "ACTIONS_ISSUER_URL",
] as const;

export interface ReportedPolicy {
  readonly name: string;
  readonly kind: "cluster" | "application";
  readonly variable: string;
  readonly table: unknown;
  readonly policy: ClusterPolicy;
  /** The entries as the file has them. */
  readonly texts: { readonly allow: readonly string[]; readonly deny: readonly string[] };
}

/**
 * @param names of the clusters and clients; none for all
 * @throws CliError for a name that the file does not have, and for a policy that is wrong
 */
export function policiesIn(file: ConfigFile, names: readonly string[]): ReportedPolicy[] {
  const { vars } = file.settings;
  const variables = Object.keys(vars).filter((name) => policyKindOf(name) !== null);
  const known = variables.map(clusterNameOf);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestTo(unknown, known);
    const hint = nearest === null ? `there are: ${known.join(", ")}` : `did you mean ${nearest}?`;
    throw cliError(file.path, `has no cluster and no client ${unknown}`, hint);
  }
  const wanted = variables.filter((variable) => names.length === 0 || names.includes(clusterNameOf(variable)));
  if (wanted.length === 0) throw cliError(file.path, "has no cluster and no client", "octogate setup makes one");
  const read = wanted
    .sort(clustersFirst)
    .map((variable) => ({ variable, policy: readPolicyOf(variable, vars[variable]) }));
  const problems = read.flatMap(({ policy }) => (policy.ok ? [] : policy.problems));
  if (problems.length > 0) {
    throw new CliError(...problems.map(({ setting, message }) => errorAt(file, ["vars", ...pathOf(setting)], message)));
  }
  return read.flatMap(({ variable, policy }): ReportedPolicy[] => {
    if (!policy.ok) return [];
    const table = vars[variable];
    const kind = isClientVariable(variable) ? "application" : "cluster";
    return [
      {
        name: clusterNameOf(variable),
        kind,
        variable,
        table,
        // A web application gets the names as they are in its tokens, which have no prefix.
        policy: { ...policy.value, addsPrefix: kind === "cluster" },
        texts: { allow: stringsIn(table, "allow"), deny: stringsIn(table, "deny") },
      },
    ];
  });
}

function clustersFirst(one: string, other: string): number {
  const isCluster = Number(isClusterVariable(other)) - Number(isClusterVariable(one));
  return isCluster === 0 ? (one < other ? -1 : 1) : isCluster;
}

/** @returns SHA-256 of a value as JSON whose keys are in order, hex: the same for the file and for what is deployed */
export function digestOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(inOrder(value)))
    .digest("hex");
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, inOrder(value[key])]),
  );
}
