// The client certificate of a connection, as Cloudflare tells the Worker about it.
import type { TLSSocket } from "node:tls";
import { fingerprintOf } from "../../node/certificates.ts";

export type TlsClientAuth = ReturnType<typeof tlsClientAuthOf>;

/** The part of a TLS connection that says who its client is. */
export type Peer = Pick<TLSSocket, "getPeerX509Certificate" | "authorized" | "authorizationError">;

/** OpenSSL's codes in the words that Cloudflare uses. For all others it says FAILED and no more. */
const failures: ReadonlyMap<string, string> = new Map([
  ["CERT_HAS_EXPIRED", "certificate has expired"],
  ["CERT_NOT_YET_VALID", "certificate is not yet valid"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self signed certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"],
]);

/**
 * Makes `request.cf.tlsClientAuth`. Cloudflare sends 21 fields; here are the five that the Worker reads, in the same
 * formats and with the same placeholders where the client presented no certificate. No certificate counts as revoked:
 * the edge has no list of those.
 *
 * @param peer after its handshake
 */
export function tlsClientAuthOf(peer: Peer) {
  const certificate = peer.getPeerX509Certificate();
  return {
    certPresented: certificate === undefined ? "0" : "1",
    // Without a certificate Node reports an error as well. Cloudflare reports none.
    certVerified: certificate === undefined ? "NONE" : verified(peer),
    certRevoked: "0",
    certFingerprintSHA256: certificate === undefined ? "" : fingerprintOf(certificate),
    certNotAfter: certificate?.validTo ?? "",
  };
}

function verified({ authorized, authorizationError }: Peer): string {
  if (authorized) return "SUCCESS";
  // Typed as an Error, but Node sets OpenSSL's code.
  const failure = failures.get(String(authorizationError));
  return failure === undefined ? "FAILED" : `FAILED:${failure}`;
}
