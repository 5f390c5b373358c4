// A folder of an operator's own with a wrangler.toml in it, for commands that read one.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Makes a folder that is removed after the test. @param wranglerToml null: without one */
export async function makeDeploymentFolder(wranglerToml: string | null): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-deployment-"));
  folders.push(folder);
  if (wranglerToml !== null) await writeFile(join(folder, "wrangler.toml"), wranglerToml);
  return folder;
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
