// The check of a whole configuration, as far as its wrangler.toml shows it.
// Errors keep it from being deployed; warnings do not.
import { clusterVariableName } from "../../../worker/config/config.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { isTable } from "../clusters.ts";
import type { ConfigFile } from "../file.ts";
import { findSharedTokens, type NamedPolicy } from "./shared-tokens.ts";
import { findUnpinnedNames } from "./unpinned-names.ts";
import { findWorkerProblems, readConfigOf, readPolicyOf } from "./worker-rules.ts";
import { findDeploymentProblems } from "./wrangler-rules.ts";

/** @returns everything that is found, in the order of the file's lines; what is missing as a whole comes last */
export function checkConfiguration(file: ConfigFile): Diagnostic[] {
  const lineOf = ({ location }: Diagnostic) => location?.line ?? Number.MAX_SAFE_INTEGER;
  return findAll(file).sort((one, other) => lineOf(one) - lineOf(other));
}

function findAll(file: ConfigFile): Diagnostic[] {
  const { vars } = file.settings;
  const config = readConfigOf(vars);
  const policies = config.clusters.flatMap(({ name }): NamedPolicy[] => {
    const variable = clusterVariableName(name);
    const policy = readPolicyOf(variable, vars[variable]);
    return policy.ok ? [{ name, variable, policy: policy.value }] : [];
  });
  return [
    ...findWorkerProblems(file, config),
    ...findDeploymentProblems(file),
    ...policies.flatMap(({ variable, policy }) =>
      findUnpinnedNames(file, variable, policy, groupsFromOf(vars[variable])),
    ),
    ...findSharedTokens(file, policies),
  ];
}

/** A policy that could be read has a list of texts there, or nothing. */
function groupsFromOf(cluster: unknown): string[] | null {
  return isTable(cluster) && Array.isArray(cluster.groups_from) ? cluster.groups_from.map(String) : null;
}
