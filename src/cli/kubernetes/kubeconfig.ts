// A kubeconfig as kubectl reads it: one context of it, with its cluster and its user.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import * as v from "valibot";
import { parseDocument } from "yaml";
import { hasCode } from "../../node/files.ts";
import { type Context, cliError } from "../command.ts";
import { nearestTo } from "../nearest.ts";

/** How kubectl reaches a cluster. */
export interface ClusterAccess {
  /** https, perhaps with a path. */
  readonly server: string;
  /** PEM certificates alone; null: the system's. */
  readonly authorities: string | null;
  /** The name in the server's certificate, where it is not the address's. */
  readonly tlsServerName: string | null;
  readonly proxyUrl: string | null;
}

export interface KubeconfigContext {
  readonly name: string;
  /** Of the file: what relative paths count from. */
  readonly folder: string;
  readonly cluster: ClusterAccess;
  /** As the file has it. */
  readonly user: Readonly<Record<string, unknown>>;
}

const clusterSchema = v.looseObject({
  server: v.string(),
  "certificate-authority": v.optional(v.string(), ""),
  "certificate-authority-data": v.optional(v.string(), ""),
  "insecure-skip-tls-verify": v.optional(v.boolean(), false),
  "tls-server-name": v.optional(v.string(), ""),
  "proxy-url": v.optional(v.string(), ""),
});

/** kubectl itself writes null for an empty list. */
const listOf = <const Item extends v.GenericSchema>(item: Item) => v.optional(v.nullable(v.array(item)), null);

const kubeconfigSchema = v.looseObject({
  "current-context": v.optional(v.nullable(v.string()), null),
  clusters: listOf(v.looseObject({ name: v.string(), cluster: v.unknown() })),
  contexts: listOf(
    v.looseObject({
      name: v.string(),
      context: v.looseObject({ cluster: v.string(), user: v.optional(v.string(), "") }),
    }),
  ),
  users: listOf(v.looseObject({ name: v.string(), user: v.nullish(v.looseObject({}), {}) })),
});

type Kubeconfig = v.InferOutput<typeof kubeconfigSchema>;

/** Which context of a kubeconfig; without a name the current one. */
export interface WantedContext {
  readonly name: string | undefined;
  /** Whether the current one will do where there is none of that name. */
  readonly orCurrent: boolean;
}

/**
 * @param path as it was given; default: $KUBECONFIG, or ~/.kube/config
 * @throws CliError with what is wrong, and never with a part of a credential
 */
export async function readKubeconfigContext(
  path: string | undefined,
  wanted: WantedContext,
  context: Context,
): Promise<KubeconfigContext> {
  const shown = path ?? usualKubeconfig(context);
  const absolute = resolve(context.folder, shown);
  const kubeconfig = parseKubeconfig(await readText(shown, absolute), shown);
  const contexts = kubeconfig.contexts ?? [];
  const named = contexts.find(({ name }) => name === wanted.name);
  const mayBeCurrent = wanted.name === undefined || wanted.orCurrent;
  const found =
    named ?? (mayBeCurrent ? contexts.find(({ name }) => name === kubeconfig["current-context"]) : undefined);
  if (found === undefined) throw cliError(shown, ...missingContext(kubeconfig, wanted));
  const cluster = kubeconfig.clusters?.find(({ name }) => name === found.context.cluster);
  if (cluster === undefined) {
    throw cliError(
      shown,
      `its context ${found.name} names the cluster ${found.context.cluster}, which it does not have`,
    );
  }
  const user = kubeconfig.users?.find(({ name }) => name === found.context.user)?.user ?? {};
  const folder = dirname(absolute);
  return {
    name: found.name,
    folder,
    cluster: await clusterAccess(cluster.cluster, `${shown}: cluster ${cluster.name}`, folder),
    user,
  };
}

function usualKubeconfig({ env }: Context): string {
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 1) {
    throw cliError("KUBECONFIG", "names several files", "say which one with --kubeconfig");
  }
  return listed[0] ?? join(env.HOME ?? homedir(), ".kube", "config");
}

/** Reads UTF-16, too, as PowerShell 5 writes files and kubectl reads them. */
async function readText(shown: string, absolute: string): Promise<string> {
  try {
    const bytes = await readFile(absolute);
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
    return new TextDecoder(encoding).decode(bytes);
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw cliError(shown, "there is no such file", "name a kubeconfig with --kubeconfig");
    throw error;
  }
}

/** A parser's message may quote the line, and with it a token: it is not passed on. */
function parseKubeconfig(text: string, shown: string): Kubeconfig {
  // kubectl reads YAML 1.1, where `yes` is true.
  const document = parseDocument(text, { version: "1.1" });
  const [error] = document.errors;
  if (error !== undefined) {
    throw cliError(shown, `is no YAML${error.linePos === undefined ? "" : `, in line ${error.linePos[0].line}`}`);
  }
  const parsed = v.safeParse(kubeconfigSchema, document.toJS());
  if (parsed.success) return parsed.output;
  const at = v.getDotPath(parsed.issues[0]);
  throw cliError(shown, `is no kubeconfig${at === null ? "" : `: ${at} is not what kubectl expects there`}`);
}

function missingContext({ contexts }: Kubeconfig, { name, orCurrent }: WantedContext): [message: string, hint: string] {
  const names = (contexts ?? []).map((one) => one.name);
  const nearest = name === undefined ? null : nearestTo(name, names);
  const current = name === undefined || orCurrent ? "no current context" : null;
  const message = `has ${[...(name === undefined ? [] : [`no context ${name}`]), ...(current === null ? [] : [current])].join(" and ")}`;
  if (nearest !== null) return [message, `did you mean --context ${nearest}?`];
  const all =
    names.length === 0 ? "it has no context at all" : `there are: ${names.join(", ")}; name one with --context`;
  return [message, all];
}

async function clusterAccess(cluster: unknown, subject: string, folder: string): Promise<ClusterAccess> {
  const parsed = v.safeParse(clusterSchema, cluster);
  if (!parsed.success) {
    const at = v.getDotPath(parsed.issues[0]);
    throw cliError(subject, `${at ?? "it"} is not what kubectl expects there`);
  }
  const { server, "insecure-skip-tls-verify": isInsecure, ...rest } = parsed.output;
  if (isInsecure) {
    const hint = "replace it by certificate-authority-data: with it, each token goes to any server that answers";
    throw cliError(subject, "has insecure-skip-tls-verify", hint);
  }
  checkServer(server, subject);
  return {
    server,
    authorities: await authoritiesOf(rest, subject, folder),
    tlsServerName: rest["tls-server-name"] || null,
    proxyUrl: rest["proxy-url"] || null,
  };
}

/** @throws CliError where kube-apiserver's address is none to which a token may go */
export function checkServer(server: string, subject: string): void {
  const url = URL.canParse(server) ? new URL(server) : null;
  if (url?.protocol === "https:" && url.username === "" && url.password === "" && url.search === "" && url.hash === "")
    return;
  // The address may hold a password.
  throw cliError(subject, "the server's address must be https://HOST, perhaps with a port and a path");
}

async function authoritiesOf(
  cluster: { readonly "certificate-authority": string; readonly "certificate-authority-data": string },
  subject: string,
  folder: string,
): Promise<string | null> {
  const { "certificate-authority": file, "certificate-authority-data": data } = cluster;
  // kubectl takes the data where both are there.
  if (data !== "")
    return certificatesIn(Buffer.from(data, "base64").toString(), `${subject}: certificate-authority-data`);
  return file === "" ? null : readAuthorities(resolve(folder, file), `${subject}: ${file}`);
}

/** @param subject for the message @throws CliError if the file holds no certificate */
export async function readAuthorities(path: string, subject: string): Promise<string> {
  return certificatesIn(await readText(subject, path), subject);
}

/**
 * The certificates alone: a file of authorities may have a private key beside them.
 *
 * @returns PEM @throws CliError if there is none, or a broken one
 */
function certificatesIn(text: string, subject: string): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || !blocks.every(isCertificate)) throw cliError(subject, "holds no PEM certificate");
  return `${blocks.join("\n")}\n`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== null;
  } catch {
    return false;
  }
}
