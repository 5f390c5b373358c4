// What can be seen before the first request: the addresses of a name, the TCP connection and the TLS handshake.
import { lookup } from "node:dns/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { type Endpoint, tlsOptionsOf } from "../../../node/https.ts";
import { codeOf, failureText } from "../../../node/network-failure.ts";

export type Resolution =
  | { readonly kind: "resolved"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly why: string };

/** Resolves a name as this machine does (hosts file included): kube-apiserver does the same. */
export async function resolveName(hostname: string, timeoutMs: number): Promise<Resolution> {
  const giveUp = new AbortController();
  const late = delay(timeoutMs, null, { signal: giveUp.signal, ref: false }).catch(() => null);
  try {
    const found = await Promise.race([lookup(hostname, { all: true }), late]);
    if (found === null) return { kind: "failed", why: `the resolver gave no answer within ${timeoutMs / 1000} s` };
    return { kind: "resolved", addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { kind: "failed", why: failureText(error) };
  } finally {
    giveUp.abort();
  }
}

export type Handshake =
  | { readonly kind: "no_connection"; readonly why: string }
  | { readonly kind: "no_tls"; readonly tcpMs: number; readonly why: string }
  | {
      readonly kind: "complete";
      readonly tcpMs: number;
      readonly tlsMs: number;
      readonly protocol: string;
      /** OpenSSL's or Node's code for why the server's certificate is not to be trusted, or null. */
      readonly distrust: string | null;
      readonly serverCertificate: { readonly names: string; readonly issuer: string; readonly notAfter: string };
      readonly asksForCertificate: boolean;
    };

/**
 * Opens one TCP connection and one TLS session without a client certificate, to see what the other side is. An
 * untrusted server certificate ends nothing here: the doctor wants to see it. No request is sent.
 */
export async function shakeHands(endpoint: Endpoint): Promise<Handshake> {
  const startedAt = performance.now();
  const socket = connectTcp({ ...endpoint.connect });
  const noConnection = await settled(socket, "connect", endpoint.timeoutMs);
  const tcpMs = performance.now() - startedAt;
  if (noConnection !== null) return { kind: "no_connection", why: noConnection };

  const secure = connectTls({ ...tlsOptionsOf(endpoint), socket, rejectUnauthorized: false });
  const noTls = await settled(secure, "secureConnect", endpoint.timeoutMs);
  if (noTls !== null) {
    socket.destroy();
    return { kind: "no_tls", tcpMs, why: noTls };
  }
  const certificate = secure.getPeerCertificate();
  const handshake: Handshake = {
    kind: "complete",
    tcpMs,
    tlsMs: performance.now() - startedAt - tcpMs,
    protocol: secure.getProtocol() ?? "",
    // Typed as an Error, but Node sets the code.
    distrust: secure.authorized ? null : String(secure.authorizationError),
    serverCertificate: {
      names: certificate.subjectaltname ?? "",
      issuer: [certificate.issuer?.O, certificate.issuer?.CN].flat().filter(Boolean).join(" "),
      notAfter: certificate.valid_to ?? "",
    },
    // A server states its signature algorithms to a client in one message only: CertificateRequest (RFC 8446, 4.3.2;
    // RFC 5246, 7.4.4).
    asksForCertificate: secure.getSharedSigalgs().length > 0,
  };
  secure.destroy();
  return handshake;
}

/** @returns null once the event came, or why it did not */
function settled(socket: Socket, event: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const finish = (why: string | null) => {
      clearTimeout(timer);
      if (why !== null) socket.destroy();
      resolve(why);
    };
    socket.once(event, () => finish(null));
    // Kept for later errors, too: the connection is of no more use then, and no code waits for it.
    socket.on("error", (error) => finish(codeOf(error) === "" ? error.message : failureText(error)));
    socket.once("close", () => finish("the other side hung up"));
  });
}
