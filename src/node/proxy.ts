// The HTTP proxy between this machine and the outside, as the environment names it: HTTPS_PROXY and NO_PROXY, as
// wrangler and curl read them. Node takes them by itself only from release 24 on, and only where it is told to.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

function variable(env: Environment, name: string): string {
  return env[name.toLowerCase()] ?? env[name] ?? "";
}

/**
 * @returns the proxy for HTTPS to this host, or null for a direct connection
 * @throws TypeError if the variable holds no address
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

/** @returns `fetch` by way of the proxy where the environment names one, and Node's own otherwise */
export async function fetchThroughProxy(env: Environment): Promise<typeof fetch> {
  const proxy = variable(env, "HTTPS_PROXY");
  if (proxy === "") return fetch;
  const { EnvHttpProxyAgent, fetch: send } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent({ httpsProxy: withScheme(proxy), noProxy: variable(env, "NO_PROXY") });
  const through: unknown = (input: string, init: object) => send(input, { ...init, dispatcher });
  // The same function by the same standard; the two type declarations only come from different releases of one source.
  return through as typeof fetch;
}
