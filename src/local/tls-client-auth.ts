// What Cloudflare's edge says about a client certificate in `request.cf.tlsClientAuth`, from what Node knows about the
// peer: all 21 fields, in Cloudflare's formats, with its placeholders where no certificate was presented.
import type { X509Certificate } from "node:crypto";
import { keyIdentifiersOf } from "../node/key-identifiers.ts";

export interface Peer {
  /** The certificate that the client presented in this handshake. */
  readonly certificate: X509Certificate | undefined;
  /** Whether it chains to the authority, is within its time and may be used by clients. */
  readonly authorized: boolean;
  /** OpenSSL's code for why not, as in Node's `authorizationError`. */
  readonly authorizationError: string | null;
}

export type TlsClientAuth = ReturnType<typeof tlsClientAuthOf>;

/** Cloudflare's limit for a certificate in a header field (RFC 9440). */
const maxCertificateFieldBytes = 10 * 1024;

/** All of this travels in one header: whoever comes with a certificate full of names shall be refused by the Worker, not by a parser. */
const maxNameLength = 1024;

/** OpenSSL's codes in Cloudflare's words; Cloudflare says a bare FAILED for the rest. */
const failures: ReadonlyMap<string, string> = new Map([
  ["CERT_HAS_EXPIRED", "certificate has expired"],
  ["CERT_NOT_YET_VALID", "certificate is not yet valid"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self signed certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"],
]);

/** @param peer from the TLS handshake */
export function tlsClientAuthOf(peer: Peer) {
  const { certificate } = peer;
  const field = certificate === undefined ? "" : `:${certificate.raw.toString("base64")}:`;
  const fieldTooLarge = field.length > maxCertificateFieldBytes;
  const subject = distinguishedName(certificate?.subject);
  const issuer = distinguishedName(certificate?.issuer);
  const keyIdentifiers = certificate === undefined ? null : keyIdentifiersOf(certificate.raw);
  return {
    certPresented: certificate === undefined ? "0" : "1",
    certVerified: verified(peer),
    certRevoked: "0",
    certIssuerDN: issuer.rfc2253,
    certSubjectDN: subject.rfc2253,
    certIssuerDNRFC2253: issuer.rfc2253,
    certSubjectDNRFC2253: subject.rfc2253,
    certIssuerDNLegacy: issuer.legacy,
    certSubjectDNLegacy: subject.legacy,
    certSerial: certificate?.serialNumber ?? "",
    certIssuerSerial: certificate?.issuerCertificate?.serialNumber ?? "",
    certFingerprintSHA256: plainHex(certificate?.fingerprint256),
    certFingerprintSHA1: plainHex(certificate?.fingerprint),
    certSKI: keyIdentifiers?.subject?.toUpperCase() ?? "",
    certIssuerSKI: keyIdentifiers?.authority?.toUpperCase() ?? "",
    certNotBefore: certificate?.validFrom ?? "",
    certNotAfter: certificate?.validTo ?? "",
    certRFC9440: fieldTooLarge ? "" : field,
    certRFC9440TooLarge: fieldTooLarge,
    // The clients' certificates come straight from the authority: there is nothing between.
    certChainRFC9440: "",
    certChainRFC9440TooLarge: false,
  };
}

function verified({ certificate, authorized, authorizationError }: Peer): string {
  // Without a certificate Node has an error to tell as well; Cloudflare has none.
  if (certificate === undefined) return "NONE";
  if (authorized) return "SUCCESS";
  const failure = failures.get(authorizationError ?? "");
  return failure === undefined ? "FAILED" : `FAILED:${failure}`;
}

/** @param lines as Node gives a name: one `KEY=value` a line, the most general first */
function distinguishedName(lines: string | undefined): { rfc2253: string; legacy: string } {
  const parts = lines === undefined ? [] : lines.split("\n").filter((line) => line !== "");
  const rfc2253 = parts.toReversed().join(",");
  const legacy = parts.map((part) => `/${part}`).join("");
  return { rfc2253: rfc2253.slice(0, maxNameLength), legacy: legacy.slice(0, maxNameLength) };
}

function plainHex(colons: string | undefined): string {
  return (colons ?? "").replaceAll(":", "").toLowerCase();
}
