// Whom to ask and as whom: what the command line and wrangler.toml say together. The certificate's files are read elsewhere.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { HostAndPort } from "../../node/https.ts";
import { readFingerprints } from "../../worker/config/cluster.ts";
import { clusterNameOf, clusterVariableName, isClusterVariable } from "../../worker/config/config.ts";
import { checkConfiguration } from "../configuration-check/check-configuration.ts";
import type { Context } from "../context.ts";
import { credentialFolderOf } from "../kubeconfig/client-credential.ts";
import type { Trouble } from "../report.ts";
import { hostnameOf, parseWranglerToml, type WranglerDocument } from "../wrangler-toml/document.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";
import { broken, type Finding, ok, warning } from "./link.ts";

export interface DoctorOptions {
  readonly config: string;
  readonly cluster?: string;
  /** Perhaps with a port. */
  readonly hostname?: string;
  readonly certificates?: string;
  readonly caFile?: string;
  readonly connect?: HostAndPort;
  readonly timeout: number;
  readonly tokenFromStdin: boolean;
}

export interface Target {
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
  const { hostname, certificates, cluster } = options;
  if (hostname !== undefined && certificates !== undefined && cluster === undefined) {
    const target = targetOf(options, { address: hostname, certificates, listed: null });
    return { finding: ok(`${hostname}, by the command line alone`), target };
  }
  const file = await readWranglerToml(options.config, context);
  if (file.kind === "unreadable") {
    return nothing(file.trouble, `${file.trouble.cure}, or give --hostname and --certificates`);
  }
  const parsed = parseWranglerToml(file.path, file.text);
  if (parsed.kind === "wrong") return nothing(parsed.trouble, "octogate check says all that is wrong with it");
  return configurationOf(options, parsed.document, checkConfiguration(file.path, file.text).errors);
}

function configurationOf(
  options: DoctorOptions,
  document: WranglerDocument,
  errors: readonly Trouble[],
): Configuration {
  const where = options.config;
  const address = options.hostname ?? hostnameOf(document);
  if (address === null) {
    const message = "no [[routes]] with custom_domain = true names your own hostname";
    return nothing({ where, message }, "octogate setup writes it, or give --hostname");
  }
  const variables = Object.keys(document.vars).filter(isClusterVariable);
  const only = variables.length === 1 ? clusterNameOf(variables[0] ?? "") : null;
  const cluster = options.cluster ?? only;
  if (cluster !== null && !variables.includes(clusterVariableName(cluster))) {
    const message = `there is no [vars.${clusterVariableName(cluster)}]`;
    return nothing({ where, message }, `give --cluster one of those that are there: ${variables.join(", ")}`);
  }
  const certificates = options.certificates ?? (cluster === null ? null : credentialFolderOf(cluster));
  if (certificates === null) {
    return nothing({ where, message: `it holds ${variables.length} clusters` }, "say which one with --cluster");
  }
  const asked = cluster === null ? variables : [clusterVariableName(cluster)];
  const listed = asked.flatMap((name) => readFingerprints(document.vars[name]));
  const target = targetOf(options, { address, certificates, listed });
  const seen = cluster === null ? address : `${address} for the cluster ${cluster}`;
  const finding =
    errors[0] === undefined ? ok(seen) : warning(`${seen}; ${errors[0].where} is wrong`, "octogate check says how");
  return { finding, target };
}

function targetOf(
  { connect }: DoctorOptions,
  { address, ...rest }: { address: string } & Pick<Target, "certificates" | "listed">,
): Target {
  const [hostname = "", port = "443"] = address.toLowerCase().split(":");
  const natural = { host: hostname, port: Number(port) };
  return { ...rest, hostname, connect: connect ?? natural, isDirected: connect !== undefined, authorities: null };
}

function nothing({ where, message }: Trouble, cure: string): Configuration {
  return { finding: broken(`${where}: ${message}`, cure), target: null };
}
