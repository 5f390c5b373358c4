// A folder with a deployment's wrangler.toml in it, which ends with the test.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface DeploymentFolder {
  readonly path: string;
  readConfiguration(): Promise<string>;
}

/** @param toml the text of wrangler.toml, or null for a folder without one */
export async function makeDeploymentFolder(toml: string | null): Promise<DeploymentFolder> {
  const path = await mkdtemp(join(tmpdir(), "octogate-cli-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const file = join(path, "wrangler.toml");
  if (toml !== null) await writeFile(file, toml);
  return { path, readConfiguration: () => readFile(file, "utf8") };
}

/** A deployment for one cluster, "production". @param settings lines of its table besides the required ones */
export function deploymentOf(allow: readonly string[], settings = ""): string {
  return `
name = "octogate"

[[routes]]
pattern = "auth.acme.test"
custom_domain = true

[vars]
GITHUB_API_URL = "https://api.github.com"

[vars.CLUSTER_PRODUCTION]
client_certificates = ["${"0123456789abcdef".repeat(4)}"]
allow = ${JSON.stringify(allow)}
token_kinds = ["fine_grained"]
${settings}
`;
}
