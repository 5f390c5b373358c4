// Command line, policies and certificates → the environment that the Worker gets, checked by the Worker's own config.ts
// before anything runs: whoever mistypes a setting hears of it at the start, and not from the first review.
import { clusterVariableName, problemsIn, readConfig } from "../worker/config/config.ts";
import { StartFailure } from "./start-failure.ts";

export interface ClusterPolicySource {
  readonly clusterName: string;
  /** Where a mistake is to be mended: a policy file's path. */
  readonly source: string;
  readonly policy: Readonly<Record<string, unknown>>;
}

export type WorkerVariables = Readonly<Record<string, unknown>>;

/**
 * @param clusters each with its certificate filled in
 * @param own variables that the edge sets
 * @param given variables from the command line, which win
 * @throws StartFailure naming file or variable, key and what is allowed
 */
export function workerVariables(
  clusters: readonly ClusterPolicySource[],
  own: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): WorkerVariables {
  const policies = clusters.map(({ clusterName, policy }) => [clusterVariableName(clusterName), policy]);
  const variables = { ...Object.fromEntries(policies), ...own, ...given };
  const problems = problemsIn(readConfig(variables)).map(({ setting, message }) => {
    const [variable = setting] = /^\w+/.exec(setting) ?? [];
    const cluster = clusters.find(({ clusterName }) => clusterVariableName(clusterName) === variable);
    if (cluster === undefined || variable in given) {
      return variable in given ? `--var ${setting}: ${message}` : `${setting}: ${message}`;
    }
    const key = setting.slice(variable.length).replace(/^\./, "");
    return key === "" ? `${cluster.source}: ${message}` : `${cluster.source}: ${key}: ${message}`;
  });
  if (problems.length > 0) throw new StartFailure(problems.join("\n"));
  return variables;
}
