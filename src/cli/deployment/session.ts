// A deployment that is there already, with Cloudflare at hand: what the certificate commands and teardown begin with.
import { type CloudflareClient, connectToCloudflare, requireSdk } from "../cloudflare/client.ts";
import { findZone, type Zone } from "../cloudflare/zone.ts";
import type { Context } from "../context.ts";
import { type DeploymentFile, openDeployment, requireHostname } from "./deployment-file.ts";
import { requireWrangler } from "./wrangler.ts";

export interface Session {
  readonly deployment: DeploymentFile;
  readonly hostname: string;
  readonly client: CloudflareClient;
  readonly zone: Zone;
}

/** @throws StepFailure if this is no clone, setup has not been there, or Cloudflare does not answer */
export async function openSession(config: string, context: Context): Promise<Session> {
  await requireSdk();
  const deployment = await openDeployment(config, context);
  const hostname = requireHostname(deployment);
  await requireWrangler(deployment);
  const client = await connectToCloudflare(context);
  return { deployment, hostname, client, zone: await findZone(client, hostname) };
}
