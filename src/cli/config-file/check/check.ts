// The check of a whole configuration, as far as its wrangler.toml shows it.
// Errors keep it from being deployed; warnings do not. The Worker's own rules are those that its code applies at run
// time. Secrets are not in the file, so valid ones stand for them.
import { randomBytes } from "node:crypto";
import type { Checked } from "../../../worker/config/checked.ts";
import { type ClusterPolicy, readClusterPolicy } from "../../../worker/config/cluster.ts";
import { type Config, clusterVariableName, problemsIn, readConfig } from "../../../worker/config/config.ts";
import { readServiceSettings } from "../../../worker/config/service.ts";
import type { Diagnostic } from "../../command.ts";
import { isTable } from "../clusters.ts";
import { type ConfigFile, errorAt, pathOf, type Settings } from "../file.ts";
import { findSharedTokens, findUnpinnedNames, type NamedPolicy } from "./policy-risks.ts";
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

type Variables = Settings["vars"];

/** @returns the configuration as the Worker would read it, if all secrets are right */
function readConfigOf(vars: Variables): Config {
  return readConfig({ ...vars, CACHE_SECRET: randomBytes(32).toString("base64"), ...appKeyFor(vars) });
}

/** @returns a cluster's policy, whatever its certificates: the first draft of a policy has none yet */
export function readPolicyOf(variable: string, cluster: unknown): Checked<ClusterPolicy> {
  const standIn = { client_certificates: [randomBytes(32).toString("hex")] };
  return readClusterPolicy(variable, isTable(cluster) ? { ...cluster, ...standIn } : cluster);
}

/** @returns where GitHub's API is, without a trailing slash */
export function githubApiUrlOf({ GITHUB_API_URL }: Variables): Checked<string> {
  const settings = readServiceSettings({
    CACHE_SECRET: randomBytes(32).toString("base64"),
    ...(GITHUB_API_URL === undefined ? {} : { GITHUB_API_URL }),
  });
  return settings.ok ? { ok: true, value: settings.value.githubApiUrl } : settings;
}

/** @returns what the Worker would refuse */
function findWorkerProblems(file: ConfigFile, config: Config): Diagnostic[] {
  return [
    ...problemsIn(config).map(({ setting, message }) => {
      const hint = /\.client_certificates\[\d+\]$/.test(setting) ? certificateHint : undefined;
      return errorAt(file, ["vars", ...pathOf(setting)], message, hint);
    }),
    ...findSecretsIn(file),
  ];
}

const certificateHint =
  "octogate setup makes one and writes it here; of one that you have: openssl x509 -noout -fingerprint -sha256 -in client.crt";

/** An App's number may be in [vars], its key may not: the two go together. */
function appKeyFor(vars: Variables): Record<string, string> {
  return "GITHUB_APP_ID" in vars ? { GITHUB_APP_PRIVATE_KEY: standInKey } : {};
}

/** Put together here: a whole one in a file is what secret scanners look for. */
const standInKey = ["BEGIN", "AA==", "END"]
  .map((part) => (part === "AA==" ? part : `-----${part} PRIVATE KEY-----`))
  .join("\n");

const secretNames = ["CACHE_SECRET", "GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS"];

/** All who see the file or the dashboard can read [vars]. */
function findSecretsIn(file: ConfigFile): Diagnostic[] {
  return secretNames
    .filter((name) => name in file.settings.vars)
    .map((name) => {
      const hint = `take it out, make a new one, and put it with npx wrangler secret put ${name} --config ${file.path}`;
      return errorAt(file, ["vars", name], "is a secret, and must not be in this file", hint);
    });
}
