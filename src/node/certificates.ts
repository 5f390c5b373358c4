// SHA-256 fingerprints of certificates, in the one form that `client_certificates` and Cloudflare's edge have.
import { X509Certificate } from "node:crypto";

/**
 * @param certificate PEM, DER, or parsed already
 * @returns 64 lowercase hex digits
 * @throws if it is no certificate
 */
export function fingerprintOf(certificate: string | Uint8Array<ArrayBuffer> | X509Certificate): string {
  const parsed = certificate instanceof X509Certificate ? certificate : new X509Certificate(certificate);
  return parsed.fingerprint256.replaceAll(":", "").toLowerCase();
}

/** @returns as `fingerprintOf`, or null if the text is no certificate */
export function fingerprintOrNull(text: string): string | null {
  try {
    return fingerprintOf(text);
  } catch {
    return null;
  }
}
