// Whom to ask and as whom: what the command line and wrangler.toml say together. The files of the certificate are read elsewhere.
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readFingerprints } from "../../worker/config/cluster-policy.ts";
import { clusterVariableName } from "../../worker/config.ts";
import type { Context } from "../context.ts";
import type { Trouble } from "../report.ts";
import { findDeployProblems } from "../wrangler-toml/deploy-problems.ts";
import { hostnameOf, parseWranglerToml, type WranglerDocument } from "../wrangler-toml/document.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";
import { broken, type Finding, ok, warning } from "./link.ts";

export interface DoctorOptions {
  readonly config: string;
  readonly cluster?: string;
  readonly hostname?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly caFile?: string;
  readonly connect?: HostAndPort;
  readonly timeout: number;
  readonly tokenFromStdin: boolean;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface Target {
  readonly hostname: string;
  /** Where to connect to; DNS is asked only where this is null. */
  readonly connect: HostAndPort | null;
  /** As they were given: relative to the context's folder. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The fingerprints that wrangler.toml lists for the cluster, or null where it was not read. */
  readonly listed: readonly string[] | null;
  /** PEM: the authorities to trust in place of the usual ones, or null. */
  readonly authorities: string | null;
}

export interface Configuration {
  readonly finding: Finding;
  /** Null where the finding is broken. */
  readonly target: Target | null;
}

/** Reads wrangler.toml for what the command line leaves open, and --ca-file. */
export async function readConfiguration(options: DoctorOptions, context: Context): Promise<Configuration> {
  const configuration = await readDeployment(options, context);
  const { caFile } = options;
  if (configuration.target === null || caFile === undefined) return configuration;
  const authorities = await readFile(resolve(context.folder, caFile), "utf8").catch(() => "");
  if (!authorities.includes("-----BEGIN CERTIFICATE-----")) {
    return nothing({ where: caFile, message: "holds no PEM certificate" }, "name the authorities' file with --ca-file");
  }
  return { ...configuration, target: { ...configuration.target, authorities } };
}

async function readDeployment(options: DoctorOptions, context: Context): Promise<Configuration> {
  const { hostname, certificate, key, cluster } = options;
  if (hostname !== undefined && certificate !== undefined && key !== undefined && cluster === undefined) {
    const target = targetOf(options, { hostname, certificate, key }, null);
    return { finding: ok(`${hostname}, by the command line alone`), target };
  }
  const file = await readWranglerToml(options.config, context);
  if (file.kind === "unreadable") {
    return nothing(file.trouble, `${file.trouble.cure}; or give --hostname, --certificate and --key`);
  }
  const parsed = parseWranglerToml(file.path, file.text);
  if (parsed.kind === "wrong") return nothing(parsed.trouble, "octogate check says all that is wrong with it");
  return configurationOf(options, parsed.document, findDeployProblems(file.text)[0]?.setting ?? null);
}

function configurationOf(
  options: DoctorOptions,
  document: WranglerDocument,
  wrongSetting: string | null,
): Configuration {
  const hostname = options.hostname ?? hostnameOf(document);
  if (hostname === null) {
    const message = "no [[routes]] with custom_domain = true names your own hostname";
    return nothing({ where: options.config, message }, "write the hostname there, or give --hostname");
  }
  const variables = Object.keys(document.vars).filter((name) => name.startsWith("CLUSTER_"));
  const only = variables.length === 1 ? nameOfCluster(variables[0] ?? "") : null;
  const cluster = options.cluster ?? only;
  if (cluster !== null && !variables.includes(clusterVariableName(cluster))) {
    const message = `there is no [vars.${clusterVariableName(cluster)}]`;
    return nothing({ where: options.config, message }, "give --cluster one of the clusters that are there");
  }
  const certificate = options.certificate ?? fileOf(options.config, cluster, "client.crt");
  const key = options.key ?? fileOf(options.config, cluster, "client.key");
  if (certificate === null || key === null) {
    const message = `it holds ${variables.length} clusters`;
    return nothing({ where: options.config, message }, "say which one with --cluster");
  }
  const asked = cluster === null ? variables : [clusterVariableName(cluster)];
  const listed = asked.flatMap((name) => readFingerprints(document.vars[name]));
  const target = targetOf(options, { hostname, certificate, key }, listed);
  const seen = cluster === null ? hostname : `${hostname} for the cluster ${cluster}`;
  if (wrongSetting === null) return { finding: ok(seen), target };
  return {
    finding: warning(`${seen}; ${options.config}: ${wrongSetting} is wrong`, "octogate check says how"),
    target,
  };
}

function targetOf(
  { connect }: DoctorOptions,
  { hostname, certificate, key }: { hostname: string; certificate: string; key: string },
  listed: Target["listed"],
): Target {
  return { hostname, connect: connect ?? null, certificateFile: certificate, keyFile: key, listed, authorities: null };
}

/** Where `octogate setup` and `octogate certificate` keep a cluster's files: beside wrangler.toml. */
function fileOf(config: string, cluster: string | null, name: string): string | null {
  return cluster === null ? null : join(dirname(config), ".clusters", cluster, name);
}

function nameOfCluster(variable: string): string {
  return variable.slice("CLUSTER_".length).toLowerCase().replaceAll("_", "-");
}

function nothing({ where, message }: Trouble, cure: string): Configuration {
  return { finding: broken(`${where}: ${message}`, cure), target: null };
}
