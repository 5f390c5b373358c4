// The entries of a kubeconfig for people: for each cluster where it is, by which entry people sign in, and a context
// that binds both.
import { resolve } from "node:path";
import { type KubeloginOptions, type SignInHost, signInUser } from "../../../node/sign-in-files.ts";
import { asksForSignIn, readClientTable } from "../../../worker/config/client-table.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { isLoopback } from "../../../worker/config/values.ts";
import { CliError, type Context, cliError, type Diagnostic, warning } from "../../command.ts";
import { isPlaceholder, requireClusterTable } from "../../config-file/clusters.ts";
import { type ConfigFile, errorAt, loadConfigFile, pathOf } from "../../config-file/file.ts";
import {
  type ClusterAccess,
  checkServer,
  readAuthorities,
  readKubeconfigContext,
} from "../../kubernetes/kubeconfig.ts";

export interface PeopleOptions {
  readonly config: string;
  readonly kubeconfig?: string;
  /** One for each cluster, or none. */
  readonly context?: readonly string[];
  readonly server?: string;
  readonly serverCaFile?: string;
  readonly signInHostname?: string;
  readonly signInCaFile?: string;
  readonly headless?: boolean;
  readonly keyring?: boolean;
  readonly login?: string;
}

/** What one cluster is in a kubeconfig. */
export interface PeopleEntry {
  readonly cluster: {
    readonly name: string;
    readonly cluster: Readonly<Record<string, string>> & { readonly server: string };
  };
  readonly user: { readonly name: string; readonly user: Readonly<Record<string, unknown>> };
  readonly context: { readonly name: string; readonly context: { readonly cluster: string; readonly user: string } };
  /** Where the address was read. */
  readonly source: string;
}

export async function entriesForPeople(
  options: PeopleOptions & { readonly cluster: readonly string[] },
  context: Context,
): Promise<{ readonly entries: readonly PeopleEntry[]; readonly diagnostics: readonly Diagnostic[] }> {
  const clusters = [...new Set(options.cluster)];
  const file = await configFileFor(options, context);
  const host = await signInHostOf(options, file, context);
  const entries: PeopleEntry[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, name] of clusters.entries()) {
    const hasDeviceFlow = file !== null && readDeviceFlow(file, name);
    const browser = options.headless !== true ? "opened" : hasDeviceFlow ? "device_code" : "forwarded";
    const kubelogin = { browser, usesKeyring: options.keyring === true, login: options.login ?? null } as const;
    if (browser === "device_code" && kubelogin.usesKeyring && kubelogin.login !== null) {
      const message = "with --keyring, kubelogin keeps one session a cluster for device codes, whichever the account";
      throw cliError("--login", message, "leave out --keyring, or --login");
    }
    const { access, source } = await clusterAccessFor(options, clusters, index, context);
    entries.push({ ...entryOf(name, access, host, kubelogin), source });
    const isGiven = options.server !== undefined;
    diagnostics.push(...(isGiven ? [] : hintsAboutAddress(name, access)), ...hintsAboutBrowser(name, browser));
  }
  return { entries, diagnostics };
}

/** @returns null where the command line says everything */
async function configFileFor(
  { config, signInHostname, cluster }: PeopleOptions & { readonly cluster: readonly string[] },
  context: Context,
): Promise<ConfigFile | null> {
  const loaded = await loadConfigFile(config, context);
  if (loaded.kind === "missing") {
    if (signInHostname !== undefined) return null;
    const { subject, message, hint } = loaded.diagnostic;
    throw cliError(subject, message, `${hint}, or say where people sign in with --sign-in-hostname`);
  }
  if (loaded.kind === "invalid") throw new CliError(loaded.diagnostic);
  for (const name of cluster) {
    requireClusterTable(loaded.file, name);
    const variable = clusterVariableName(name);
    if (asksForSignIn(loaded.file.settings.vars[variable])) continue;
    throw new CliError(errorAt(loaded.file, ["vars", variable], `no person signs in to ${name}`, "sign_in = true"));
  }
  return loaded.file;
}

async function signInHostOf(
  { signInHostname, signInCaFile }: PeopleOptions,
  file: ConfigFile | null,
  context: Context,
): Promise<SignInHost> {
  const issuerUrl =
    signInHostname === undefined
      ? String(file?.settings.vars.ISSUER_URL ?? "")
      : `https://${signInHostname.toLowerCase()}`;
  if (!/^https:\/\/[^/]+$/.test(issuerUrl) || isPlaceholder(issuerUrl)) {
    const hint = "octogate setup --sign-in-hostname writes it, or give --sign-in-hostname";
    throw cliError(`${file?.path ?? "wrangler.toml"}: ISSUER_URL`, "does not say yet where people sign in", hint);
  }
  if (signInCaFile === undefined) return { issuerUrl, authority: null };
  const certificate = await readAuthorities(resolve(context.folder, signInCaFile), signInCaFile);
  return { issuerUrl, authority: { certificate, file: null } };
}

function readDeviceFlow(file: ConfigFile, name: string): boolean {
  const variable = clusterVariableName(name);
  const table = readClientTable(variable, "cluster", file.settings.vars[variable]);
  if (table.ok) return table.value.deviceFlow;
  throw new CliError(
    ...table.problems.map(({ setting, message }) => errorAt(file, ["vars", ...pathOf(setting)], message)),
  );
}

/** @returns how people reach the cluster, and where that was read */
async function clusterAccessFor(
  options: PeopleOptions,
  clusters: readonly string[],
  index: number,
  context: Context,
): Promise<{ readonly access: ClusterAccess; readonly source: string }> {
  const { kubeconfig, server, serverCaFile, context: contexts = [] } = options;
  if (contexts.length > 0 && contexts.length !== clusters.length) {
    throw cliError(
      "--context",
      `is there ${contexts.length} times, --cluster ${clusters.length} times`,
      "one for each",
    );
  }
  // Of one cluster alone it may be the operator's current context.
  const wantedContext = (at: number) => ({
    name: contexts[at] ?? clusters[at],
    orCurrent: contexts.length === 0 && clusters.length === 1,
  });
  if (server !== undefined) {
    if (clusters.length > 1)
      throw cliError("--server", "is the address of one cluster", "one --cluster at a time, with --merge");
    checkServer(server, "--server");
    // The authorities of a cluster whose address in the operator's own file is another, as k3s writes 127.0.0.1.
    const known = kubeconfig === undefined ? null : await readKubeconfigContext(kubeconfig, wantedContext(0), context);
    const given =
      serverCaFile === undefined ? null : await readAuthorities(resolve(context.folder, serverCaFile), serverCaFile);
    const authorities = given ?? known?.cluster.authorities ?? null;
    return { access: { server, authorities, tlsServerName: null, proxyUrl: null }, source: "by --server" };
  }
  if (serverCaFile !== undefined) throw cliError("--server-ca-file", "belongs to --server");
  const found = await readKubeconfigContext(kubeconfig, wantedContext(index), context);
  return { access: found.cluster, source: `of your context ${found.name}` };
}

function entryOf(
  name: string,
  access: ClusterAccess,
  host: SignInHost,
  kubelogin: KubeloginOptions,
): Omit<PeopleEntry, "source"> {
  const { server, authorities, tlsServerName, proxyUrl } = access;
  const { login } = kubelogin;
  const cluster = {
    server,
    ...(authorities === null ? {} : { "certificate-authority-data": Buffer.from(authorities).toString("base64") }),
    ...(tlsServerName === null ? {} : { "tls-server-name": tlsServerName }),
    ...(proxyUrl === null ? {} : { "proxy-url": withoutPassword(proxyUrl, name) }),
  };
  const user = login === null ? `github@${name}` : `github-${login}@${name}`;
  return {
    cluster: { name, cluster },
    user: { name: user, user: signInUser(host, name, kubelogin) },
    context: { name: login === null ? name : `${login}@${name}`, context: { cluster: name, user } },
  };
}

/** @throws CliError: the file goes to everybody */
function withoutPassword(proxyUrl: string, name: string): string {
  const url = URL.canParse(proxyUrl) ? new URL(proxyUrl) : null;
  if (url !== null && url.username === "" && url.password === "") return proxyUrl;
  throw cliError(`${name}: proxy-url`, "is no address without a password", "a kubeconfig for people holds no secret");
}

/** k3s writes a loopback address into the operator's own kubeconfig. */
function hintsAboutAddress(name: string, { server }: ClusterAccess): Diagnostic[] {
  if (!isLoopback(new URL(server).hostname)) return [];
  return [warning(name, `${server} is an address on this machine`, "--server names the one that people reach")];
}

function hintsAboutBrowser(name: string, browser: KubeloginOptions["browser"]): Diagnostic[] {
  if (browser !== "forwarded") return [];
  const hint = "people lead it to theirs: ssh -L 8000:localhost:8000 HOST (docs/developers.md, Without a browser)";
  return [
    warning(
      name,
      "is not known to have device_flow, so kubelogin waits on the machine's port 8000 for a browser",
      hint,
    ),
  ];
}
