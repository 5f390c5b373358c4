// What Cloudflare runs, compared with wrangler.toml, and the deployment that makes both the same. The certificate
// commands and teardown begin with a session: the file, its zone and the API.

import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { readFingerprints } from "../../worker/config/cluster.ts";
import { isClusterVariable, policyKindOf } from "../../worker/config/config.ts";
import { signingKeySecret, signingKeySlots } from "../../worker/config/signing-keys.ts";
import { type CloudflareClient, connectToCloudflare, loadSdk } from "../cloudflare/api.ts";
import { type ClientCertificate, isUsable } from "../cloudflare/client-certificates.ts";
import { type Clock, lookAgain } from "../cloudflare/patience.ts";
import {
  type CustomDomain,
  type DeployedWorker,
  listCustomDomains,
  readDeployedWorker,
} from "../cloudflare/worker-script.ts";
import { findZone, type Zone } from "../cloudflare/zone.ts";
import { CliError, type Context, cliError } from "../command.ts";
import { checkConfiguration } from "../config-file/check/check.ts";
import {
  asDeployment,
  clientVariablesIn,
  type DeploymentFile,
  kvNamespaceIdIn,
  listedFingerprints,
  ownHostnamesOf,
  readCluster,
} from "../config-file/clusters.ts";
import { openConfigFile } from "../config-file/file.ts";
import { newestTime, readSigningKeys, timeText } from "../config-file/signing-keys.ts";
import { deployWithWrangler, requireWrangler } from "./wrangler.ts";

const cacheSecretName = "CACHE_SECRET";
/** With the secret of GITHUB_CLIENT_ID. */
export const oauthClientSecretsName = "OAUTH_CLIENT_SECRETS";

/**
 * Reads what is deployed, with its secrets, which Cloudflare may list a while later than the Worker itself. A secret
 * that seems to be missing would be made anew, and end what is cached under the old one.
 *
 * @param neededBy the secrets that went up with what is deployed, as far as the caller would make them anew
 * @returns null if there is no Worker of this name
 */
export async function readDeployed(
  client: CloudflareClient,
  accountId: string,
  workerName: string,
  clock: Clock,
  neededBy: (deployed: DeployedWorker) => readonly string[] = () => [cacheSecretName],
): Promise<DeployedWorker | null> {
  const look = () => readDeployedWorker(client, accountId, workerName);
  const missing = (deployed: DeployedWorker | null) =>
    deployed === null ? [] : neededBy(deployed).filter((name) => !deployed.secrets.includes(name));
  return lookAgain(clock, {
    found: await look(),
    look,
    isThere: (deployed) => missing(deployed).length === 0,
    until: (deployed) => `Cloudflare lists the secret ${missing(deployed).join(", ")} of the Worker ${workerName}`,
  });
}

/** @returns with those of signing in, where people sign in to what is deployed */
export function signInSecretsOf(deployed: DeployedWorker): string[] {
  if (clientVariablesIn(deployed.variables).length === 0) return [cacheSecretName];
  const keys = signingKeysIn(deployed);
  return [cacheSecretName, oauthClientSecretsName, ...(keys.length > 0 ? keys : ["SIGNING_KEY_A"])];
}

/** @returns the secrets of the signing keys that are deployed */
export function signingKeysIn(deployed: DeployedWorker | null): string[] {
  return signingKeySlots.map(signingKeySecret).filter((name) => deployed?.secrets.includes(name));
}

/** @param deployed null: there is no Worker yet */
export function isDeployed(file: DeploymentFile, deployed: DeployedWorker | null): boolean {
  const { vars } = file.settings;
  if (deployed === null || !deployed.secrets.includes(cacheSecretName)) return false;
  const kvNamespaceId = kvNamespaceIdIn(file);
  if (kvNamespaceId !== null && deployed.kvNamespaces.KV !== kvNamespaceId) return false;
  return differingVariables(file, deployed).length === 0 && foreignClusters(vars, deployed).length === 0;
}

/** @returns the variables of the file that are not deployed as they stand there */
export function differingVariables({ settings: { vars } }: DeploymentFile, deployed: DeployedWorker): string[] {
  return Object.entries(vars)
    .filter(([name, value]) => !isDeepStrictEqual(plain(deployed.variables[name]), plain(value)))
    .map(([name]) => name);
}

/** Whether all of it is deployed, and each of its hostnames leads there. */
export function isUp(file: DeploymentFile, deployed: DeployedWorker | null, domains: readonly CustomDomain[]): boolean {
  const isLed = (hostname: string) => leadsTo(domains, hostname) === file.workerName;
  return isDeployed(file, deployed) && ownHostnamesOf(file.settings).every(isLed);
}

/** What a command removes on purpose: a certificate of a cluster, or with null the whole cluster. */
export interface Removal {
  readonly variable: string;
  readonly fingerprint: string | null;
}

/**
 * A deployment replaces all clusters and their certificates. Those that this wrangler.toml does not know were deployed
 * from elsewhere (another clone, another state of the file), and their users would be locked out.
 *
 * @throws CliError if there are some
 */
export function refuseToLockOut(
  file: DeploymentFile,
  deployed: DeployedWorker | null,
  removed: Removal | null = null,
): void {
  const isRemoved = (variable: string, fingerprint: string | null) =>
    removed?.variable === variable && (removed.fingerprint ?? fingerprint) === fingerprint;
  const unknown = foreignClusters(file.settings.vars, deployed).filter((variable) => !isRemoved(variable, null));
  for (const [variable, value] of Object.entries(deployed?.variables ?? {})) {
    const here = readCluster(file, variable)?.fingerprints;
    if (!isClusterVariable(variable) || here === undefined) continue;
    const lost = readFingerprints(value).filter((it) => !here.includes(it) && !isRemoved(variable, it));
    unknown.push(...lost.map((fingerprint) => `the certificate ${fingerprint} of ${variable}`));
  }
  unknown.push(...lostSignIn(file, deployed, (variable) => isRemoved(variable, null)));
  if (unknown.length === 0) return;
  throw cliError(
    file.path,
    `does not have ${unknown.join(", ")}, which is deployed: a deployment from this file would lock out the users of that`,
    `bring the file up to date first; if that is to go, deploy it as it is: npx wrangler deploy --config ${file.path}`,
  );
}

/** Without these the people who are signed in are not signed in any more. */
function lostSignIn(
  { settings }: DeploymentFile,
  deployed: DeployedWorker | null,
  isRemoved: (variable: string) => boolean,
): string[] {
  const { ISSUER_URL: issuerUrl, ...variables } = deployed?.variables ?? {};
  const clients = clientVariablesIn(variables).filter((variable) => !isRemoved(variable));
  const here = clientVariablesIn(settings.vars);
  const lost = clients.filter((variable) => variable in settings.vars && !here.includes(variable));
  const isMoved = clients.length > 0 && issuerUrl !== undefined && issuerUrl !== settings.vars.ISSUER_URL;
  return [
    ...lost.map((variable) => `sign_in of ${variable}`),
    ...(isMoved ? [`ISSUER_URL = ${JSON.stringify(issuerUrl)}`] : []),
  ];
}

function foreignClusters(known: Readonly<Record<string, unknown>>, deployed: DeployedWorker | null): string[] {
  return Object.keys(deployed?.variables ?? {}).filter((name) => policyKindOf(name) !== null && !(name in known));
}

/** @returns the Worker that a hostname leads to, or null */
export function leadsTo(domains: readonly CustomDomain[], hostname: string): string | null {
  return domains.find((domain) => domain.hostname === hostname)?.service ?? null;
}

/**
 * A certificate that was revoked, and taken out of what is deployed, is not brought back by a file from before: until
 * Cloudflare has revoked it, a thief of its key would get in again.
 *
 * @param certificates of the zone
 * @throws CliError if the file lists one
 */
function refuseToBringBack(
  file: DeploymentFile,
  deployed: DeployedWorker | null,
  certificates: readonly ClientCertificate[],
): void {
  const accepted = Object.values(deployed?.variables ?? {}).flatMap(readFingerprints);
  for (const [fingerprint, variable] of listedFingerprints(file)) {
    const known = certificates.find((certificate) => certificate.fingerprint === fingerprint);
    if (known === undefined || isUsable(known) || accepted.includes(fingerprint)) continue;
    throw cliError(
      `${file.path}: ${variable}`,
      `lists the certificate ${fingerprint}, which is revoked and was taken out of the deployment`,
      "take it out of client_certificates, or bring the file up to date",
    );
  }
}

/**
 * A table of signing keys from before a rotation would bring the earlier key back, be it a compromised one.
 *
 * @throws CliError if the deployed table is newer than the file's
 */
export function refuseOlderKeys(file: DeploymentFile, deployed: DeployedWorker | null): void {
  const newest = newestTime(readSigningKeys(deployed?.variables.SIGNING_KEYS));
  if (newest <= newestTime(readSigningKeys(file.settings.vars.SIGNING_KEYS))) return;
  throw cliError(
    `${file.path}: SIGNING_KEYS`,
    `is older than what is deployed, which was changed at ${timeText(newest)}`,
    "bring the file up to date first; octogate signing-key status shows what is deployed",
  );
}

interface Change {
  /** The zone's. */
  readonly certificates: readonly ClientCertificate[];
  /** What is removed on purpose. */
  readonly removed?: Removal | null;
  /** By name: they go up in one version with the file's variables. Those that are there and not named stay. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Looks once more, right before the deployment: throws where what is deployed is not what the change began with. */
  readonly lookOnceMore?: (deployed: DeployedWorker | null) => void;
}

/** Deploys if there is anything to deploy. CACHE_SECRET is made with the first deployment, and never shown. */
export async function deployIfNeeded(
  deployment: DeploymentFile,
  context: Context,
  { client, zone }: { readonly client: CloudflareClient; readonly zone: Zone },
  { certificates, removed = null, secrets = {}, lookOnceMore = () => {} }: Change,
): Promise<boolean> {
  const { accountId } = zone;
  const deployed = await readDeployed(client, accountId, deployment.workerName, context);
  const domains = await listCustomDomains(client, accountId);
  if (isUp(deployment, deployed, domains) && Object.keys(secrets).length === 0) return false;
  // Once more: another clone may have deployed since the command began.
  refuseToLockOut(deployment, deployed, removed);
  refuseToBringBack(deployment, deployed, certificates);
  refuseOlderKeys(deployment, deployed);
  lookOnceMore(deployed);
  refuseWrongSettings(deployment);
  const hasSecret = deployed?.secrets.includes(cacheSecretName) === true;
  const first = hasSecret ? {} : { [cacheSecretName]: newCacheSecret() };
  await deployWithWrangler(deployment, context, { accountId, secrets: { ...first, ...secrets } });
  return true;
}

/** @returns 32 bytes in base64 */
export function newCacheSecret(): string {
  return randomBytes(32).toString("base64");
}

/** wrangler's build step says the same, but in the middle of its own words. */
function refuseWrongSettings(file: DeploymentFile): void {
  const errors = checkConfiguration(file).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new CliError(...errors);
}

/** As JSON has it: parsers make objects of their own kinds. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

export interface Session {
  readonly deployment: DeploymentFile;
  readonly client: CloudflareClient;
  readonly zone: Zone;
  readonly clock: Clock;
  /** When the command began, in milliseconds: what earlier commands made is older. */
  readonly openedAt: number;
}

/** Of a deployment with a hostname for the clusters' reviews. */
export interface WebhookSession extends Session {
  readonly hostname: string;
}

/** @throws CliError if this is no clone, setup was never run, or Cloudflare does not answer */
export async function openSession(config: string, context: Context): Promise<Session> {
  await loadSdk();
  const deployment = asDeployment(await openConfigFile(config, context));
  const { path, hostname, signInHostname } = deployment;
  const address = hostname ?? signInHostname;
  if (address === null) throw cliError(path, "has no route yet", "run octogate setup first");
  await requireWrangler(deployment);
  const openedAt = context.now();
  const client = await connectToCloudflare(context);
  return { deployment, client, zone: await findZone(client, address), clock: context, openedAt };
}

/** @throws CliError as `openSession`, and where no cluster asks for reviews */
export async function openWebhookSession(config: string, context: Context): Promise<WebhookSession> {
  const session = await openSession(config, context);
  const { path, hostname } = session.deployment;
  if (hostname !== null) return { ...session, hostname };
  const hint = "octogate setup --cluster NAME --hostname HOSTNAME makes one ask";
  throw cliError(path, "has no hostname for client certificates: no cluster asks for reviews", hint);
}
