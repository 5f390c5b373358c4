// What an explanation rests on: the cluster's policy, and how GitHub is asked, from wrangler.toml and the environment.
import { randomBytes } from "node:crypto";
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import { clusterVariableName, readConfig } from "../../../worker/config/config.ts";
import type { ServiceSettings } from "../../../worker/config/service.ts";
import { type WorkflowSettings, withAudience } from "../../../worker/config/workflows.ts";
import { CliError, type Context, error } from "../../command.ts";
import { readPolicyOf } from "../../config-file/check/check.ts";
import { requireClusterTable, stringsIn } from "../../config-file/clusters.ts";
import { type ConfigFile, errorAt, pathOf } from "../../config-file/file.ts";
import type { PolicyTexts } from "./entry-reasons.ts";

/** Secrets of the deployment that decide how GitHub is asked. */
export const secretNames = ["GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS"] as const;

export interface ExplainSettings {
  readonly policy: ClusterPolicy;
  readonly texts: PolicyTexts;
  readonly settings: ServiceSettings;
  /** Null where no workflow can be admitted. */
  readonly workflows: WorkflowSettings | null;
}

/**
 * @param github the address of GitHub's API by the command line
 * @throws CliError where a setting is wrong, or the file alone names a GitHub to which a token would go
 */
export function readExplainSettings(
  file: ConfigFile,
  cluster: string,
  github: string | undefined,
  context: Context,
): ExplainSettings {
  const { vars } = file.settings;

  requireClusterTable(file, cluster);
  const variable = clusterVariableName(cluster);
  const { service, workflows } = readConfig({
    ...vars,
    ...secretsFrom(context, vars),
    ...(github === undefined ? {} : { GITHUB_API_URL: github }),
  });
  const policy = withAudience(readPolicyOf(variable, vars[variable]), { name: cluster, kind: "cluster" }, workflows);
  if (!service.ok || !policy.ok) {
    const problems = [service, policy].flatMap((part) => (part.ok ? [] : part.problems));
    throw new CliError(
      ...problems.map(({ setting, message }) => {
        if (setting === "GITHUB_API_URL" && github !== undefined) return error("--github", message);
        if (isSecret(setting)) return error(setting, message, "it is read from the environment");
        return errorAt(file, ["vars", ...pathOf(setting)], message);
      }),
    );
  }
  if (github === undefined && !isGitHubKnown(service.value.githubApiUrl)) {
    const message = `the token is not sent to ${service.value.githubApiUrl}, which the configuration alone names`;
    const hint = `if it is your GitHub: octogate explain --cluster ${cluster} --github ${service.value.githubApiUrl}`;
    throw new CliError({ ...errorAt(file, ["vars", "GITHUB_API_URL"], message), hint });
  }
  const texts = { allow: stringsIn(vars[variable], "allow"), deny: stringsIn(vars[variable], "deny") };
  return { policy: policy.value, texts, settings: service.value, workflows: workflows.ok ? workflows.value : null };
}

/**
 * Another hand may have written the configuration, and a token must not follow it to any host.
 *
 * @param url as readConfig accepts it: plain http is on this machine, as the stand-in of `npm start` is
 */
function isGitHubKnown(url: string): boolean {
  return url === "https://api.github.com" || url.startsWith("http:");
}

function isSecret(setting: string): boolean {
  return secretNames.some((name) => name === setting);
}

function secretsFrom({ env }: Context, vars: Readonly<Record<string, unknown>>): Record<string, string> {
  const { GITHUB_APP_PRIVATE_KEY, OAUTH_CLIENT_SECRETS } = env;
  return {
    // Required, though nothing is sealed here.
    CACHE_SECRET: randomBytes(32).toString("base64"),
    // A key without its app's number is another app's.
    ...(GITHUB_APP_PRIVATE_KEY !== undefined && "GITHUB_APP_ID" in vars ? { GITHUB_APP_PRIVATE_KEY } : {}),
    ...(OAUTH_CLIENT_SECRETS === undefined ? {} : { OAUTH_CLIENT_SECRETS }),
  };
}
