// The key identifiers that a certificate states: which key it is for, and which key signed it. Node's own
// X509Certificate has everything else but these.

// @peculiar/x509 wires its parts up with decorators' metadata as it is loaded: without this polyfill before it, it throws.
import "reflect-metadata";
import { AuthorityKeyIdentifierExtension, SubjectKeyIdentifierExtension, X509Certificate } from "@peculiar/x509";

export interface KeyIdentifiers {
  /** Hex; null where the certificate states none. */
  readonly subject: string | null;
  /** Hex; null where the certificate states none. */
  readonly authority: string | null;
}

/**
 * Reads them from anybody's certificate.
 *
 * @param certificate DER
 */
export function keyIdentifiersOf(certificate: Uint8Array<ArrayBuffer>): KeyIdentifiers {
  try {
    const parsed = new X509Certificate(certificate);
    return {
      subject: parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId ?? null,
      authority: parsed.getExtension(AuthorityKeyIdentifierExtension)?.keyId ?? null,
    };
  } catch {
    // It comes from any client, and OpenSSL lets extensions pass that this parser refuses: as good as not stated.
    return { subject: null, authority: null };
  }
}
