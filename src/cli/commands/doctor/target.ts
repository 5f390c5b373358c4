// The target of the checks: which address, and as which cluster.
// The command line and wrangler.toml say it together. The client certificate is checked as far as it needs no network.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fingerprintOf } from "../../../node/certificates.ts";
import type { HostAndPort } from "../../../node/https.ts";
import type { CredentialData } from "../../../node/kubeconfig.ts";
import { readFingerprints } from "../../../worker/config/cluster.ts";
import { clusterNameOf, clusterVariableName, isClusterVariable } from "../../../worker/config/config.ts";
import { clusterFolderName, readClientCredential } from "../../certificates/pair-files.ts";
import { CliError, type Context } from "../../command.ts";
import { checkConfiguration } from "../../config-file/check/check.ts";
import { clientVariablesIn, hasWebhook, hostnameOf, unknownCluster } from "../../config-file/clusters.ts";
import { type ConfigFile, loadConfigFile } from "../../config-file/file.ts";
import { broken, type CheckResult, ok, warning } from "./check.ts";

export interface DoctorOptions {
  readonly config: string;
  readonly cluster?: string;
  /** Perhaps with a port. */
  readonly hostname?: string;
  /** Perhaps with a port. */
  readonly signInHostname?: string;
  readonly certificates?: string;
  readonly caFile?: string;
  readonly connect?: HostAndPort;
  readonly timeout: number;
  readonly tokenFromStdin: boolean;
  /** A person's, to look from there. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Where a report is written. */
  readonly report?: string;
}

export interface Target {
  /** Where reviews go; of a cluster that asks for none, where people sign in. */
  readonly hostname: string;
  readonly connect: HostAndPort;
  /** Whether the command line says where to connect to, so that DNS has no part in it. */
  readonly isDirected: boolean;
  /** The folder of the client certificate and its key, as it was given: relative to the context's folder. */
  readonly certificates: string;
  /** The fingerprints that wrangler.toml lists for the cluster, or null where it was not read. */
  readonly listed: readonly string[] | null;
  /** PEM: the authorities to trust in place of the usual ones, or null. */
  readonly authorities: string | null;
  /** Whether the cluster asks for reviews; one that people sign in to may have no client certificate. */
  readonly hasWebhook: boolean;
  /** Null where no person signs in, as far as is known. */
  readonly signIn: SignInTarget | null;
}

export interface SignInTarget {
  readonly issuerUrl: string;
  readonly hostname: string;
  readonly connect: HostAndPort;
}

export interface Configuration {
  readonly result: CheckResult;
  /** Null where the result is broken. */
  readonly target: Target | null;
}

/** Reads wrangler.toml for what the command line leaves open, and --ca-file. */
export async function readConfiguration(options: DoctorOptions, context: Context): Promise<Configuration> {
  const configuration = await readDeployment(options, context);
  const { caFile } = options;
  if (configuration.target === null || caFile === undefined) return configuration;
  const authorities = await readFile(resolve(context.folder, caFile), "utf8").catch(() => "");
  if (!authorities.includes("-----BEGIN CERTIFICATE-----")) {
    return nothing(caFile, "holds no PEM certificate", "name the authorities' file with --ca-file");
  }
  return { ...configuration, target: { ...configuration.target, authorities } };
}

async function readDeployment(options: DoctorOptions, context: Context): Promise<Configuration> {
  const { hostname, certificates, cluster } = options;
  if (hostname !== undefined && certificates !== undefined && cluster === undefined) {
    const issuerUrl = issuerIn(options, null);
    const target = targetOf(options, { address: hostname, certificates, listed: null, hasWebhook: true, issuerUrl });
    return { result: ok(`${hostname}, by the command line alone`), target };
  }
  const loaded = await loadConfigFile(options.config, context);
  if (loaded.kind === "loaded") return configurationOf(options, loaded.file);
  const { subject, message, hint } = loaded.diagnostic;
  return loaded.kind === "missing"
    ? nothing(subject, message, `${hint}, or give --hostname and --certificates`)
    : nothing(subject, message, "octogate check says all that is wrong with it");
}

function configurationOf(options: DoctorOptions, file: ConfigFile): Configuration {
  const { path, settings } = file;
  const variables = Object.keys(settings.vars).filter(isClusterVariable);
  const only = variables.length === 1 ? clusterNameOf(variables[0] ?? "") : null;
  const cluster = options.cluster ?? only;
  if (cluster !== null && !variables.includes(clusterVariableName(cluster))) {
    const { message, hint } = unknownCluster(file, cluster);
    return nothing(path, message, hint);
  }
  const certificates = options.certificates ?? (cluster === null ? null : clusterFolderName(cluster));
  if (certificates === null) {
    return nothing(path, `it holds ${variables.length} clusters`, "say which one with --cluster");
  }
  const asked = cluster === null ? variables : [clusterVariableName(cluster)];
  const listed = asked.flatMap((name) => readFingerprints(settings.vars[name]));
  const issuerUrl = issuerIn(options, file);
  const asksForReviews = asked.some((name) => hasWebhook(settings.vars[name]));
  const known = asksForReviews ? hostnameOf(settings) : (hostOf(issuerUrl) ?? hostnameOf(settings));
  const address = options.hostname ?? known;
  if (address === null) {
    const message = "no [[routes]] with custom_domain = true names your own hostname";
    return nothing(path, message, "octogate setup writes it, or give --hostname");
  }
  const target = targetOf(options, { address, certificates, listed, hasWebhook: asksForReviews, issuerUrl });
  const seen = cluster === null ? address : `${address} for the cluster ${cluster}`;
  const error = checkConfiguration(file).find(({ severity }) => severity === "error");
  const result =
    error === undefined ? ok(seen) : warning(`${seen}; ${error.subject} is wrong`, "octogate check says how");
  return { result, target };
}

function targetOf(
  { connect }: DoctorOptions,
  {
    address,
    issuerUrl,
    ...rest
  }: { readonly address: string; readonly issuerUrl: string | null } & Pick<
    Target,
    "certificates" | "listed" | "hasWebhook"
  >,
): Target {
  const [hostname = "", port = "443"] = address.toLowerCase().split(":");
  const natural = { host: hostname, port: Number(port) };
  const signIn = issuerUrl === null ? null : signInTargetOf(issuerUrl, connect);
  const isDirected = connect !== undefined;
  return { ...rest, hostname, connect: connect ?? natural, isDirected, authorities: null, signIn };
}

/** A port of its own is another server's, as at the local edge: --connect is not about that. */
function signInTargetOf(issuerUrl: string, connect: HostAndPort | undefined): SignInTarget {
  const { hostname, port } = new URL(issuerUrl);
  const natural = { host: hostname, port: port === "" ? 443 : Number(port) };
  return { issuerUrl, hostname, connect: port === "" && connect !== undefined ? connect : natural };
}

/** @returns where people sign in, by the command line or else the file */
function issuerIn({ signInHostname }: DoctorOptions, file: ConfigFile | null): string | null {
  if (signInHostname !== undefined) return `https://${signInHostname.toLowerCase()}`;
  const { ISSUER_URL: url, ...vars } = file?.settings.vars ?? {};
  const isKnown = typeof url === "string" && URL.canParse(url) && clientVariablesIn(vars).length > 0;
  return isKnown ? url : null;
}

function hostOf(issuerUrl: string | null): string | null {
  return issuerUrl === null ? null : new URL(issuerUrl).host;
}

function nothing(subject: string, message: string, hint: string): Configuration {
  return { result: broken(`${subject}: ${message}`, hint), target: null };
}

/** What a certificate says about itself. */
interface CertificateFacts {
  /** SHA-256, 64 lowercase hex digits. */
  readonly fingerprint: string;
  /** Milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export type CheckedIdentity =
  | { readonly kind: "usable"; readonly credential: CredentialData; readonly facts: CertificateFacts }
  | { readonly kind: "unusable"; readonly result: CheckResult };

const clientAuthentication = "1.3.6.1.5.5.7.3.2";
export const warnDays = 30;
const millisecondsPerDay = 24 * 60 * 60 * 1000;
const issueHint = "octogate certificate issue makes a new pair";

/** Checks everything about them but the time, for which there may be a better clock than this machine's. */
export async function readIdentity(folder: string, context: Context): Promise<CheckedIdentity> {
  let credential: CredentialData;
  try {
    credential = await readClientCredential(folder, context);
  } catch (error) {
    // For all other commands this is the end; here it is a result.
    if (!(error instanceof CliError)) throw error;
    return { kind: "unusable", result: broken(error.message, error.diagnostics[0]?.hint ?? issueHint) };
  }
  const certificate = new X509Certificate(credential.certificate);
  // Typed as always there, but a certificate may state no purposes: then it serves all.
  const purposes: readonly string[] | undefined = certificate.keyUsage;
  if (purposes !== undefined && !purposes.includes(clientAuthentication)) {
    const seen = `${folder}: the certificate is not for clients (no clientAuth in its extended key usage)`;
    return { kind: "unusable", result: broken(seen, issueHint) };
  }
  const facts = {
    fingerprint: fingerprintOf(certificate),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
  return { kind: "usable", credential, facts };
}

/** @param at the current time in milliseconds, by the best clock there is */
export function checkValidity({ fingerprint, notBefore, notAfter }: CertificateFacts, at: number): CheckResult {
  const short = `${fingerprint.slice(0, 16)}…`;
  const rotateHint = "octogate certificate rotate replaces it without a gap";
  if (notBefore > at) {
    return broken(`${short} is not valid before ${dateText(notBefore)}`, "wait until then, or issue a new one");
  }
  if (notAfter <= at) return broken(`${short} ended on ${dateText(notAfter)}`, rotateHint);
  const daysLeft = Math.floor((notAfter - at) / millisecondsPerDay);
  const seen = `${short}, ${daysLeft} days left`;
  return daysLeft < warnDays ? warning(seen, rotateHint) : ok(seen);
}

function dateText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
