// The configuration with which tests run the Worker: wrangler.toml itself, so that flags and dates are those of a
// deployment, without what belongs to a deployment alone (its hostname, its check, its secrets) and with a test's own
// variables.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import type { TestHarnessOptions } from "wrangler";

type InlineConfig = Extract<TestHarnessOptions["workers"][number], { config: unknown }>["config"];

export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

const ownToDeployments: ReadonlySet<string> = new Set(["routes", "build", "secrets", "vars"]);

/**
 * @param vars variables and secrets
 * @param main another entry point than the one that is deployed, as a path from the root
 */
export function workerConfig(vars: Readonly<Record<string, unknown>>, main?: string): InlineConfig {
  const deployed = Object.entries(parse(readFileSync(`${repositoryRoot}/wrangler.toml`, "utf8")));
  const config = {
    ...Object.fromEntries(deployed.filter(([key]) => !ownToDeployments.has(key))),
    ...(main === undefined ? {} : { main }),
    vars,
  };
  // wrangler validates it, as it does with a file.
  return config as InlineConfig;
}
