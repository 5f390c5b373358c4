// What a wrangler.toml says about a deployment: its hostname, its clusters and their certificates, its KV namespace.

import { asksForSignIn } from "../../worker/config/client-table.ts";
import { readFingerprints } from "../../worker/config/cluster.ts";
import { clusterNameOf, clusterVariableName, isClientVariable, isClusterVariable } from "../../worker/config/config.ts";
import { CliError, type Context, cliError, type Diagnostic } from "../command.ts";
import { nearestTo } from "../nearest.ts";
import { type ConfigFile, errorAt, loadConfigFile, openConfigFile, type Settings } from "./file.ts";

/**
 * In lower case, with two labels at least and no wildcard: Cloudflare and the firewall rule compare letter by letter.
 */
const hostnamePattern = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

export function isHostname(text: string): boolean {
  return hostnamePattern.test(text);
}

/**
 * @returns the hostname that kube-apiserver calls: the first custom domain's that is not the sign-in's, or null if
 *   there is none or it is a placeholder
 */
export function hostnameOf(settings: Settings): string | null {
  const isSignIn = (pattern: string) => settings.vars.ISSUER_URL === `https://${pattern}`;
  const pattern = customDomainsOf(settings).find((domain) => !isSignIn(domain)) ?? null;
  return pattern === null || isPlaceholder(pattern) ? null : pattern;
}

function customDomainsOf({ routes }: Settings): string[] {
  return routes.flatMap((route) => (typeof route !== "string" && route.custom_domain ? [route.pattern] : []));
}

/** @returns the hostname of ISSUER_URL; null where there is none, or a placeholder */
export function signInHostnameOf({ vars }: Settings): string | null {
  const [, hostname] = /^https:\/\/([^/:]+)$/.exec(String(vars.ISSUER_URL)) ?? [];
  return hostname === undefined || isPlaceholder(hostname) ? null : hostname;
}

/** @returns the hostnames that have to lead to the Worker */
export function ownHostnamesOf(settings: Settings): string[] {
  const signIn = signInHostnameOf(settings);
  const clusters = hostnameOf(settings);
  const hasRoute = signIn !== null && customDomainsOf(settings).includes(signIn);
  return [...(clusters === null ? [] : [clusters]), ...(hasRoute ? [signIn] : [])];
}

/** @returns the variables of all that people sign in to: clusters with sign_in, and web applications */
export function clientVariablesIn(vars: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(vars)
    .filter(([name, table]) => isClientVariable(name) || (isClusterVariable(name) && asksForSignIn(table)))
    .map(([name]) => name);
}

/** Whether a name is still to be filled in: in angle brackets, or of the domains that RFC 2606 keeps for examples. */
export function isPlaceholder(pattern: string): boolean {
  return /[<>]/.test(pattern) || /(?:^|\.)example\.(?:com|net|org)(?:$|[/:])/.test(pattern);
}

/** A file that can be deployed. */
export interface DeploymentFile extends ConfigFile {
  readonly workerName: string;
  /** The clusters'. Null: still to be chosen. */
  readonly hostname: string | null;
  /** Where people sign in. Null: there is none. */
  readonly signInHostname: string | null;
}

/** wrangler's own rule. With ".." for a name, a call of Cloudflare's API would be about something else. */
const workerNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export function findWrongName(file: ConfigFile): Diagnostic[] {
  const { name } = file.settings;
  if (name === undefined || workerNamePattern.test(name)) return [];
  const message = "must be lower-case letters, digits and dashes, at most 63";
  return [errorAt(file, ["name"], message, 'name = "octogate"')];
}

/**
 * @throws CliError if its name is missing or no Worker's, or its hostname is in another form than the firewall rule
 *   compares with
 */
export function asDeployment(file: ConfigFile): DeploymentFile {
  const { path, settings } = file;
  if (settings.name === undefined) throw cliError(`${path}: name`, "is required");
  const wrong = findWrongName(file);
  if (wrong.length > 0) throw new CliError(...wrong);
  const hostname = hostnameOf(settings);
  if (hostname !== null && !isHostname(hostname)) {
    throw cliError(
      `${path}: routes`,
      `${hostname} is no hostname in lower case`,
      "write it as DNS has it: auth.acme.dev",
    );
  }
  return { ...file, workerName: settings.name, hostname, signInHostname: signInHostnameOf(settings) };
}

interface ClusterTable {
  /** 64 lowercase hex digits each. */
  readonly fingerprints: readonly string[];
  readonly allow: readonly string[];
  /** Whether it is still as it shipped, and no real cluster yet. */
  readonly isExample: boolean;
}

/** @returns null if there is no such table */
export function readCluster({ settings }: ConfigFile, variable: string): ClusterTable | null {
  const table = settings.vars[variable];
  if (!isTable(table)) return null;
  const allow = stringsIn(table, "allow");
  const fingerprints = readFingerprints(table);
  const isExample = fingerprints.length === 0 && allow.length > 0 && allow.every(isPlaceholder);
  return { fingerprints, allow, isExample };
}

/**
 * Whether a cluster asks for reviews, and so has a client certificate, or gets one. One that people sign in to may go
 * without.
 */
export function hasWebhook(table: unknown): boolean {
  return stringsIn(table, "client_certificates").length > 0 || !asksForSignIn(table);
}

/** @returns the variables of all clusters but those of the example */
export function clusterVariablesIn(file: ConfigFile): string[] {
  return Object.keys(file.settings.vars).filter(
    (name) => isClusterVariable(name) && readCluster(file, name)?.isExample === false,
  );
}

/** @returns every certificate that some cluster lists, with that cluster's variable */
export function listedFingerprints(file: ConfigFile): Map<string, string> {
  const entries = clusterVariablesIn(file).flatMap((variable) =>
    (readCluster(file, variable)?.fingerprints ?? []).map((fingerprint) => [fingerprint, variable] as const),
  );
  return new Map(entries);
}

/** @returns what to say about a cluster's name that the file does not have: perhaps it was mistyped */
export function unknownCluster({ settings }: ConfigFile, clusterName: string): { message: string; hint: string } {
  const names = Object.keys(settings.vars).filter(isClusterVariable).map(clusterNameOf);
  const nearest = nearestTo(clusterName, names);
  const makesIt = `octogate setup --cluster ${clusterName} makes it`;
  const others = names.length === 0 ? makesIt : `there are: ${names.join(", ")}; ${makesIt}`;
  const message = `has no cluster ${clusterName}: there is no [vars.${clusterVariableName(clusterName)}]`;
  return { message, hint: nearest === null ? others : `did you mean ${nearest}?` };
}

/** @throws CliError if the file has no table for the cluster, with the nearest one that it has */
export function requireClusterTable(file: ConfigFile, clusterName: string): void {
  if (clusterVariableName(clusterName) in file.settings.vars) return;
  const { message, hint } = unknownCluster(file, clusterName);
  throw cliError(file.path, message, hint);
}

/** @returns the fingerprints of the cluster's certificates @throws CliError if the cluster was never set up */
export function requireCluster(file: ConfigFile, clusterName: string): readonly string[] {
  requireClusterTable(file, clusterName);
  const variable = clusterVariableName(clusterName);
  const { fingerprints } = readCluster(file, variable) ?? { fingerprints: [] };
  if (fingerprints.length > 0) return fingerprints;
  const isAlone = !hasWebhook(file.settings.vars[variable]);
  const hint = isAlone
    ? `people only sign in to it; octogate setup --cluster ${clusterName} --hostname ${hostnameOf(file.settings) ?? "HOSTNAME"} makes one`
    : `run octogate setup --cluster ${clusterName} first`;
  throw cliError(`${file.path}: ${variable}`, `${clusterName} has no certificate yet`, hint);
}

export function kvNamespaceIdIn({ settings }: ConfigFile): string | null {
  return settings.kv_namespaces.find(({ binding }) => binding === "KV")?.id ?? null;
}

export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns the texts in a list of a table; none where there is no such table or list */
export function stringsIn(table: unknown, key: string): string[] {
  return itemsIn(table, key).filter((entry) => typeof entry === "string");
}

/** @returns everything in a list of a table, also what is no text: the places of items are theirs among all */
export function itemsIn(table: unknown, key: string): readonly unknown[] {
  const list = isTable(table) ? table[key] : null;
  return Array.isArray(list) ? list : [];
}

export function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

interface ClusterDeployment {
  /** As kube-apiserver calls it; perhaps with a port. */
  readonly hostname: string;
  /** The cluster's variable as the file has it, or null where a hostname alone was given and there is no file. */
  readonly clusterVariable: unknown;
}

interface DeploymentOptions {
  readonly config: string;
  readonly cluster: string;
  /** In place of the file's. */
  readonly hostname?: string;
}

/**
 * Reads the file. With the hostname as an option none is needed: these commands also work outside of a deployment's
 * folder.
 *
 * @throws CliError if the file is wrong, or has no such cluster or no hostname
 */
export async function findClusterDeployment(options: DeploymentOptions, context: Context): Promise<ClusterDeployment> {
  const { config, cluster, hostname } = options;
  const loaded = await loadConfigFile(config, context);
  if (loaded.kind === "missing") {
    if (hostname !== undefined) return { hostname, clusterVariable: null };
    const { subject, message, hint } = loaded.diagnostic;
    throw cliError(subject, message, `${hint}, or give the address with --hostname`);
  }
  if (loaded.kind === "invalid") throw new CliError(loaded.diagnostic);
  const { path, settings } = loaded.file;

  requireClusterTable(loaded.file, cluster);
  const clusterVariable = settings.vars[clusterVariableName(cluster)];
  const address = hostname ?? hostnameOf(settings);
  if (address === null) {
    const hint = "octogate setup writes it, or give the address with --hostname";
    throw cliError(`${path}: routes`, "there is no custom domain of your own yet", hint);
  }
  return { hostname: address, clusterVariable };
}

interface ClusterSignIn {
  /** ISSUER_URL, or the address that was given in its place. */
  readonly issuerUrl: string;
  readonly file: ConfigFile;
  /** The cluster's table. */
  readonly clusterVariable: unknown;
}

interface SignInOptions {
  readonly config: string;
  readonly cluster: string;
  /** In place of the host of ISSUER_URL; perhaps with a port. */
  readonly signInHostname?: string;
}

/**
 * Reads what a cluster needs to know that verifies ID tokens. It takes the file: the cluster's prefix is in it.
 *
 * @throws CliError if the file is missing or wrong, or has no such cluster or no ISSUER_URL
 */
export async function findClusterSignIn(options: SignInOptions, context: Context): Promise<ClusterSignIn> {
  const file = await openConfigFile(options.config, context);
  requireClusterTable(file, options.cluster);
  const hostname = options.signInHostname ?? signInHostnameOf(file.settings);
  if (hostname === null) {
    const hint = `octogate setup --cluster ${options.cluster} --sign-in-hostname HOSTNAME makes one`;
    throw cliError(`${file.path}: ISSUER_URL`, "there is no sign-in hostname of your own yet", hint);
  }
  const clusterVariable = file.settings.vars[clusterVariableName(options.cluster)];
  return { issuerUrl: `https://${hostname}`, file, clusterVariable };
}
