// The HTTP proxy between this machine and the outside, as the environment names it: HTTPS_PROXY and NO_PROXY, as
// wrangler and curl read them. Node takes them by itself only from release 24 on, and only where it is told to.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { EnvHttpProxyAgent } from "undici";

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

function variable(env: Environment, name: string): string {
  return (env[name.toLowerCase()] ?? env[name] ?? "").trim();
}

/** HTTP_PROXY is wrangler's way out where there is no HTTPS_PROXY. */
const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY"] as const;

/**
 * @returns the variables that hold no address of a proxy, as they are spelled; their values may hold a password.
 *   NO_PROXY is never wrong: an entry that is no name of a host excepts none
 */
export function wrongProxyVariables(env: Environment): readonly string[] {
  return proxyVariables
    .filter((name) => variable(env, name) !== "" && !isProxyAddress(withScheme(variable(env, name))))
    .map((name) => (env[name.toLowerCase()] === undefined ? name : name.toLowerCase()));
}

/** For those variables. */
export const proxyAddressHint =
  "http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with both percent-encoded; nothing at all where there is no proxy";

function isProxyAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (hostname === "" || !/^(?:https?|socks5?):$/.test(protocol)) return false;
  try {
    return decodeURIComponent(username + password) !== null;
  } catch {
    return false;
  }
}

/**
 * @param env one in which no variable of a proxy is wrong
 * @returns the proxy for HTTPS to this host, or null for a direct connection
 */
export function proxyFor({ host, port }: HostAndPort, env: Environment): URL | null {
  const proxy = variable(env, "HTTPS_PROXY");
  if (proxy === "") return null;
  const exceptions = variable(env, "NO_PROXY")
    .toLowerCase()
    .split(/[\s,]+/);
  const isExcepted = exceptions.some((entry) => {
    const [, name = "", only = ""] = /^(?:\*(?=\.))?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (entry === "" || (only !== "" && Number(only) !== port)) return false;
    return entry === "*" || host.toLowerCase() === name || host.toLowerCase().endsWith(`.${name}`);
  });
  return isExcepted ? null : new URL(withScheme(proxy));
}

function withScheme(proxy: string): string {
  return /^\w+:\/\//.test(proxy) ? proxy : `http://${proxy}`;
}

/** The proxy as a message may show it: without the password that its address may hold. */
export function shownProxy({ protocol, host }: URL): string {
  return `the proxy ${protocol}//${host} (HTTPS_PROXY)`;
}

/** Where a host cannot be reached. */
export const proxyHint =
  "behind a proxy set HTTPS_PROXY, with an authority of its own NODE_EXTRA_CA_CERTS (docs/setup.md, Behind a proxy)";

/**
 * A client proves in its own handshake that it has the certificate's key. A proxy that opens TLS has a handshake of its
 * own with the server, and no key for it (RFC 8446, 4.4.3).
 *
 * @returns what to do where the client certificate does not arrive; null where no proxy is on the way
 */
export function openedTlsHint(proxy: URL | null, hostname: string): string | null {
  if (proxy === null) return null;
  const exception = `except ${hostname} by NO_PROXY, for kube-apiserver too`;
  return `if ${shownProxy(proxy)} opens TLS, the client certificate ends there: ${exception}`;
}

/**
 * Opens a connection to a host through a proxy. What goes over it is not for the proxy: TLS comes next.
 *
 * @throws Error if the proxy cannot be reached, or refuses
 */
export async function openTunnel(proxy: URL, { host, port }: HostAndPort, signal: AbortSignal): Promise<Socket> {
  if (proxy.protocol.startsWith("socks")) throw new Error(`${shownProxy(proxy)} is no HTTP proxy, which this needs`);
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const { username, password } = proxy;
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const outgoing = (proxy.protocol === "https:" ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: proxy.port === "" ? (proxy.protocol === "https:" ? 443 : 80) : Number(proxy.port),
    method: "CONNECT",
    path: address,
    agent: false,
    signal,
    headers: { Host: address, ...(username === "" ? {} : { "Proxy-Authorization": `Basic ${credentials}` }) },
  });
  outgoing.end();
  // Node's types do not know this event's arguments.
  const [response, socket] = (await once(outgoing, "connect")) as [IncomingMessage, Socket];
  if (response.statusCode === 200) return socket;
  socket.destroy();
  throw new Error(`${shownProxy(proxy)} answered ${response.statusCode} to CONNECT ${address}`);
}

/**
 * @param env read with the first request: until then a variable may be wrong
 * @returns `fetch` by way of the proxy where the environment names one, and Node's own otherwise
 */
export function fetchThroughProxy(env: Environment): typeof fetch {
  const [httpsProxy, httpProxy] = proxyVariables.map((name) => variable(env, name));
  if (!httpsProxy) return fetch;
  let agent: EnvHttpProxyAgent | null = null;
  const through: unknown = async (input: string, init: object) => {
    const undici = await import("undici");
    agent ??= new undici.EnvHttpProxyAgent({
      httpsProxy: withScheme(httpsProxy),
      // Without it undici reads the variable itself.
      httpProxy: httpProxy ? withScheme(httpProxy) : "",
      noProxy: variable(env, "NO_PROXY"),
    });
    return undici.fetch(input, { ...init, dispatcher: agent });
  };
  // The same function by the same standard; the two type declarations only come from different releases of one source.
  return through as typeof fetch;
}
