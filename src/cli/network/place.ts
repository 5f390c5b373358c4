// Where and how to connect: the same for the handshake that is looked at and for the requests after it.
import { isIP } from "node:net";
import tls from "node:tls";

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface Place {
  /** The name that the server's certificate must be valid for, and that the Host header says. */
  readonly hostname: string;
  readonly connect: HostAndPort;
  /** PEM: the authorities to trust in place of the usual ones, or null. */
  readonly authorities: string | null;
  /** For each step of its own. */
  readonly timeoutMs: number;
}

/** The options that tls.connect() and https.request() share. */
export function tlsOptionsOf({ hostname, connect, authorities }: Place) {
  const ca = authorities ?? usualAuthorities();
  // RFC 6066, 3: the server name is no address. A certificate for one is then compared with where we connect to.
  const servername = isIP(hostname) === 0 ? hostname : "";
  return { host: connect.host, port: connect.port, servername, ...(ca === null ? {} : { ca }) };
}

/**
 * Node's own authorities and the system's, which kube-apiserver trusts.
 *
 * @returns null where Node is too old to read the system's (20): then it takes its own
 */
function usualAuthorities(): string[] | null {
  // Typed as always there.
  if (!("getCACertificates" in tls)) return null;
  return [...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])];
}
