// Whether Cloudflare runs what stands in wrangler.toml, and the deployment that makes it so.
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { isClusterVariable } from "../../worker/config/config.ts";
import { normaliseFingerprint } from "../../worker/config/fingerprint.ts";
import type { CloudflareClient } from "../cloudflare/client.ts";
import {
  type CustomDomain,
  type DeployedWorker,
  listCustomDomains,
  readDeployedWorker,
} from "../cloudflare/worker-script.ts";
import type { Zone } from "../cloudflare/zone.ts";
import { checkConfiguration } from "../configuration-check/check-configuration.ts";
import type { Context } from "../context.ts";
import { StepFailure } from "../step-failure.ts";
import { kvNamespaceIdIn, readCluster } from "../wrangler-toml/deployment-edits.ts";
import type { DeploymentFile } from "./deployment-file.ts";
import { deployWithWrangler } from "./wrangler.ts";

const cacheSecretName = "CACHE_SECRET";

/** @param deployed null: there is no Worker yet */
export function isDeployed({ document, text }: DeploymentFile, deployed: DeployedWorker | null): boolean {
  if (deployed === null || !deployed.secrets.includes(cacheSecretName)) return false;
  const kvNamespaceId = kvNamespaceIdIn(text);
  if (kvNamespaceId !== null && deployed.kvNamespaces.KV !== kvNamespaceId) return false;
  const isSame = Object.entries(document.vars).every(([name, value]) =>
    isDeepStrictEqual(plain(deployed.variables[name]), plain(value)),
  );
  return isSame && foreignClusters(document.vars, deployed).length === 0;
}

/** What a command takes away on purpose: a certificate of a cluster, or with null all that the cluster is. */
export interface Removal {
  readonly variable: string;
  readonly fingerprint: string | null;
}

/**
 * A deployment replaces all clusters and their certificates. Those that this wrangler.toml does not know were deployed from elsewhere (another clone, a file that is
 * older), and whoever uses them would be locked out.
 *
 * @throws StepFailure if there are some
 */
export function refuseToLockOut(
  { text, document, path }: DeploymentFile,
  deployed: DeployedWorker | null,
  removed: Removal | null = null,
): void {
  const isMeant = (variable: string, fingerprint: string | null) =>
    removed?.variable === variable && (removed.fingerprint ?? fingerprint) === fingerprint;
  const unknown = foreignClusters(document.vars, deployed).filter((variable) => !isMeant(variable, null));
  for (const [variable, value] of Object.entries(deployed?.variables ?? {})) {
    const here = readCluster(text, variable)?.fingerprints;
    if (!isClusterVariable(variable) || here === undefined) continue;
    const lost = fingerprintsOf(value).filter((it) => !here.includes(it) && !isMeant(variable, it));
    unknown.push(...lost.map((fingerprint) => `the certificate ${fingerprint} of ${variable}`));
  }
  if (unknown.length === 0) return;
  throw new StepFailure({
    where: path,
    message: `does not have ${unknown.join(", ")}, which is deployed: deploying it would lock out whoever uses that`,
    cure: "bring the file up to date first, or deploy it as it is with npx wrangler deploy if that is to go",
  });
}

function foreignClusters(known: Readonly<Record<string, unknown>>, deployed: DeployedWorker | null): string[] {
  return Object.keys(deployed?.variables ?? {}).filter((name) => isClusterVariable(name) && !(name in known));
}

const deployedClusterSchema = v.object({ client_certificates: v.array(v.unknown()) });

function fingerprintsOf(variable: unknown): string[] {
  const parsed = v.safeParse(deployedClusterSchema, variable);
  const listed = parsed.success ? parsed.output.client_certificates : [];
  return listed.map(normaliseFingerprint).filter((fingerprint) => fingerprint !== null);
}

/** @returns the Worker that a hostname leads to, or null */
export function leadsTo(domains: readonly CustomDomain[], hostname: string): string | null {
  return domains.find((domain) => domain.hostname === hostname)?.service ?? null;
}

/** Deploys if there is anything to deploy. The secret is made with the first deployment, and never shown to anybody. */
export async function deployIfNeeded(
  deployment: DeploymentFile,
  context: Context,
  { client, zone, hostname }: { client: CloudflareClient; zone: Zone; hostname: string },
  removed: Removal | null = null,
): Promise<boolean> {
  const { accountId } = zone;
  const deployed = await readDeployedWorker(client, accountId, deployment.workerName);
  const domains = await listCustomDomains(client, accountId);
  if (isDeployed(deployment, deployed) && leadsTo(domains, hostname) === deployment.workerName) return false;
  // Once more: another clone may have deployed since the command began.
  refuseToLockOut(deployment, deployed, removed);
  refuseWrongSettings(deployment);
  const hasSecret = deployed?.secrets.includes(cacheSecretName) === true;
  const secrets: Record<string, string> = hasSecret ? {} : { [cacheSecretName]: randomBytes(32).toString("base64") };
  await deployWithWrangler(deployment, context, { accountId, secrets });
  return true;
}

/** wrangler's build step says the same, but in the middle of its own words. */
function refuseWrongSettings({ path, text }: DeploymentFile): void {
  const [first, ...others] = checkConfiguration(path, text).errors;
  if (first !== undefined) throw new StepFailure(first, ...others);
}

/** As JSON has it: parsers make objects of their own kinds. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
