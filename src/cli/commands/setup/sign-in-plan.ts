// What setup finds, and is going to change, for signing in. Signing in has no client certificate and no part in the
// firewall rule of the clusters' hostname.
import type { CloudflareClient } from "../../cloudflare/api.ts";
import { findAddressRecords, routeAt, type WorkerRoute } from "../../cloudflare/hostname-use.ts";
import { hasNoRoom, isLimiting, type RateLimit, readRateLimit, signInLimit } from "../../cloudflare/rate-limit-rule.ts";
import { ruleRef } from "../../cloudflare/rulesets.ts";
import type { DeployedWorker } from "../../cloudflare/worker-script.ts";
import { findZone, type Zone } from "../../cloudflare/zone.ts";
import { type Diagnostic, error, warning } from "../../command.ts";
import { signingKeyNames } from "../../config-file/check/stand-in-secrets.ts";
import type { DeploymentFile } from "../../config-file/clusters.ts";
import { type ClientSecretPlan, missingSigningKey } from "../../deployment/sign-in-secrets.ts";
import { oauthClientSecretsName } from "../../deployment/state.ts";
import type { SignInTarget } from "./sign-in-request.ts";

export interface ExistingSignIn {
  readonly zone: Zone;
  readonly rateLimit: RateLimit;
  readonly addressRecords: readonly string[];
  /** The one that would get its requests first; null: none. */
  readonly route: WorkerRoute | null;
}

/** A route may be for some addresses alone. */
const paths = ["/authorize", "/callback", "/token", "/.well-known/openid-configuration"];

/** @param zone of the clusters' hostname */
export async function inspectSignIn(
  client: CloudflareClient,
  zone: Zone,
  hostname: string,
  routes: readonly WorkerRoute[],
): Promise<ExistingSignIn> {
  const [own, rateLimit, addressRecords] = await Promise.all([
    findZone(client, hostname),
    readRateLimit(client, zone, hostname),
    findAddressRecords(client, zone, hostname),
  ]);
  const first = paths.map((path) => routeAt(routes, `${hostname}${path}`)).find((route) => route?.script != null);
  return { zone: own, rateLimit, addressRecords, route: first ?? null };
}

export function findSignInObstacles(
  { hostname }: SignInTarget,
  existing: ExistingSignIn,
  zone: Zone,
  clientSecret: ClientSecretPlan,
): Diagnostic[] {
  if (existing.zone.id !== zone.id) {
    const message = `lies in the zone ${existing.zone.name}, and the clusters' hostname in ${zone.name}`;
    return [error(hostname, message, "choose a hostname of the same zone")];
  }
  return clientSecret.kind === "obstacle" ? [clientSecret.diagnostic] : [];
}

/** @returns one sentence each, about Cloudflare */
export function findSignInChanges(
  { hostname, githubClientId }: SignInTarget,
  deployment: DeploymentFile,
  { existing, zone, deployed }: { existing: ExistingSignIn | null; zone: Zone | null; deployed: DeployedWorker | null },
  clientSecret: ClientSecretPlan,
): string[] {
  const { period, requests_per_period: requests } = signInLimit;
  const isMissing = existing === null || zone === null || !isLimiting(existing.rateLimit, hostname);
  const hasRoom = existing === null || zone === null || !hasNoRoom(existing.rateLimit, zone);
  const isThere = existing !== null && existing.rateLimit.rule !== null;
  const limit = `at most ${requests} requests to ${hostname} in ${period} seconds from one address`;
  const rule = `rate-limiting rule ${ruleRef(hostname)}`;
  const key = missingSigningKey(deployed, signingKeyNames(deployment.settings));
  const isPut = clientSecret.kind === "ask" || clientSecret.kind === "put";
  return [
    ...(isMissing && hasRoom ? [isThere ? `correct the ${rule}: ${limit}` : `allow ${limit} (${rule})`] : []),
    ...(key === null ? [] : [`make a signing key (RSA, 2048 bits): the secret ${key}, which is kept nowhere else`]),
    ...(isPut ? [`put the client secret of the app ${githubClientId} (secret ${oauthClientSecretsName})`] : []),
  ];
}

/** @returns what is not as it should be, and keeps nothing from being done */
export function findSignInWarnings(
  { hostname, githubClientId }: SignInTarget,
  { rateLimit }: ExistingSignIn,
  { zone, associatedHostnames, clientSecret }: SignInSurroundings,
): Diagnostic[] {
  const warnings: Diagnostic[] = [];
  if (hasNoRoom(rateLimit, zone)) {
    warnings.push(
      noLimit(hostname, `the zone has ${rateLimit.ruleCount}, as many as its plan (${zone.plan}) has room for`),
    );
  }
  if (associatedHostnames.includes(hostname)) {
    const message = "is associated with client certificates: browsers ask people for one";
    warnings.push(warning(hostname, message, "take it out of SSL/TLS, Client Certificates, Hosts"));
  }
  if (clientSecret.kind === "stays" && clientSecret.isReplacementIgnored) {
    const message = `is deployed already, and stays: what came on stdin would replace the secrets of other apps than ${githubClientId}, too`;
    const hint = "to replace it, pipe in the whole JSON, with each app's secret in it";
    warnings.push(warning(oauthClientSecretsName, message, hint));
  }
  return warnings;
}

export interface SignInSurroundings {
  readonly zone: Zone;
  readonly associatedHostnames: readonly string[];
  readonly clientSecret: ClientSecretPlan;
}

/** @param why there is no such rule */
export function noLimit(hostname: string, why: string): Diagnostic {
  const message = `is not there, for ${why}: one address can spend the account's requests of the day (100,000 on the free plan), and then the webhook stops, too`;
  const hint = "remove or join rate-limiting rules and run setup again, or take a larger plan";
  return warning(`the rate-limiting rule ${ruleRef(hostname)}`, message, hint);
}
