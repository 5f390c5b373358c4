// The whole configuration of a deployment, as far as its wrangler.toml shows it: what keeps it from being deployed, and what is better looked at.
import { clusterVariableName } from "../../worker/config/config.ts";
import { type Trouble, troubleIn } from "../report.ts";
import { parseWranglerToml, type WranglerDocument } from "../wrangler-toml/document.ts";
import { mapToml, settingOf } from "../wrangler-toml/source-map.ts";
import type { Finding } from "./finding.ts";
import { findSharedTokens, type NamedPolicy } from "./shared-tokens.ts";
import { findUnpinnedNames } from "./unpinned-names.ts";
import { findOversizedVariables } from "./variable-sizes.ts";
import { findWorkerProblems, readConfigOf, readPolicyOf } from "./worker-rules.ts";
import { findDeploymentProblems } from "./wrangler-rules.ts";

export interface CheckedConfiguration {
  readonly errors: readonly Trouble[];
  readonly warnings: readonly Trouble[];
}

/**
 * @param file its name, for the troubles' text
 * @param text of a wrangler.toml
 * @returns everything that is found, in the order of the file's lines
 */
export function checkConfiguration(file: string, text: string): CheckedConfiguration {
  const parsed = parseWranglerToml(file, text);
  if (parsed.kind === "wrong") return { errors: [parsed.trouble], warnings: [] };
  const sourceMap = mapToml(text);

  const located = findAll(parsed.document)
    .map((finding) => ({ finding, line: sourceMap?.lineOf(finding.path) ?? null }))
    // What is missing as a whole comes last.
    .sort((one, other) => (one.line ?? Number.MAX_SAFE_INTEGER) - (other.line ?? Number.MAX_SAFE_INTEGER))
    .map(({ finding, line }) => ({
      level: finding.level,
      trouble: troubleIn({ file, line, setting: shownSetting(finding) }, finding.message, finding.cure),
    }));
  const ofLevel = (level: Finding["level"]) => located.flatMap((one) => (one.level === level ? [one.trouble] : []));
  return { errors: ofLevel("error"), warnings: ofLevel("warning") };
}

function findAll(document: WranglerDocument): Finding[] {
  const { vars } = document;
  const config = readConfigOf(vars);
  const policies = config.clusters.flatMap(({ name }): NamedPolicy[] => {
    const variable = clusterVariableName(name);
    const policy = readPolicyOf(variable, vars[variable]);
    return policy.ok ? [{ name, variable, policy: policy.value }] : [];
  });
  return [
    ...findWorkerProblems(vars, config),
    ...findDeploymentProblems(document),
    ...findOversizedVariables(document),
    ...policies.flatMap(({ variable, policy }) => findUnpinnedNames(variable, policy, groupsFromOf(vars[variable]))),
    ...findSharedTokens(policies),
  ];
}

/** Variables are called by their names alone, as the Worker's own messages do. */
function shownSetting({ path }: Finding): string {
  return settingOf(path[0] === "vars" && path.length > 1 ? path.slice(1) : path);
}

/** A policy that could be read has a list of texts there, or nothing. */
function groupsFromOf(cluster: unknown): string[] | null {
  const isTable = typeof cluster === "object" && cluster !== null && "groups_from" in cluster;
  return isTable && Array.isArray(cluster.groups_from) ? cluster.groups_from.map(String) : null;
}
