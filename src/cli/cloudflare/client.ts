// The official SDK. It is a development dependency, 120 MB in thousands of files: whoever installs the command from its tarball does not get it, and
// deploying needs wrangler anyway. Only the files of this folder know it.
import { StepFailure } from "../step-failure.ts";
import { requiredPermissions } from "./permissions.ts";

export type CloudflareClient = import("cloudflare").default;

/** @throws StepFailure if the SDK is not there, or no token is */
export async function connectToCloudflare(
  env: Readonly<Record<string, string | undefined>>,
): Promise<CloudflareClient> {
  const { default: Cloudflare } = await loadSdk();
  const apiToken = env.CLOUDFLARE_API_TOKEN;
  if (!apiToken) {
    throw new StepFailure({
      where: "CLOUDFLARE_API_TOKEN",
      message: "is not set",
      cure: `make a token at https://dash.cloudflare.com/profile/api-tokens with the permissions ${requiredPermissions.join(", ")}`,
    });
  }
  return new Cloudflare({ apiToken, apiKey: null, apiEmail: null, baseURL: env.CLOUDFLARE_BASE_URL });
}

/** @throws StepFailure if the command was installed from its tarball */
export async function requireSdk(): Promise<void> {
  await loadSdk();
}

async function loadSdk(): Promise<typeof import("cloudflare")> {
  try {
    return await import("cloudflare");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw onlyInAClone("Cloudflare's SDK");
  }
}

/** @param missing what the tarball does not bring along */
export function onlyInAClone(missing: string): StepFailure {
  return new StepFailure({
    where: missing,
    message: "is not installed: this command deploys, and works in a clone of the repository only",
    cure: "git clone the repository, npm ci, and run npx octogate there",
  });
}
