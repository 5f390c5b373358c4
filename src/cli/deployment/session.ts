// The connection to an existing deployment: its file, its zone and the API.
// The certificate commands and teardown begin with it.
import { type CloudflareClient, connectToCloudflare, requireSdk } from "../cloudflare/api.ts";
import type { Clock } from "../cloudflare/patience.ts";
import { findZone, type Zone } from "../cloudflare/zone.ts";
import { asDeployment, type DeploymentFile } from "../config-file/clusters.ts";
import { openConfigFile } from "../config-file/file.ts";
import type { Context } from "../context.ts";
import { cliError } from "../diagnostics.ts";
import { requireWrangler } from "./wrangler.ts";

export interface Session {
  readonly deployment: DeploymentFile;
  readonly hostname: string;
  readonly client: CloudflareClient;
  readonly zone: Zone;
  readonly clock: Clock;
}

/** @throws CliError if this is no clone, setup was never run, or Cloudflare does not answer */
export async function openSession(config: string, context: Context): Promise<Session> {
  await requireSdk();
  const deployment = asDeployment(await openConfigFile(config, context));
  const { path, hostname } = deployment;
  if (hostname === null) throw cliError(path, "has no route yet", "run octogate setup first");
  await requireWrangler(deployment);
  const client = await connectToCloudflare(context);
  return { deployment, hostname, client, zone: await findZone(client, hostname), clock: context };
}
