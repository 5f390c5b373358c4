// The key identifiers of a certificate: which key it is for, and which key signed it.
// Node's own X509Certificate has everything but these. The package is a development dependency: the installed command
// loads this file only in a clone.

// @peculiar/x509 reads decorators' metadata while it is loaded: without this polyfill before it, it throws.
import "reflect-metadata";
import { AuthorityKeyIdentifierExtension, SubjectKeyIdentifierExtension, X509Certificate } from "@peculiar/x509";

export interface KeyIdentifiers {
  /** Hex; null where the certificate states none. */
  readonly subject: string | null;
  /** Hex; null where the certificate states none. */
  readonly authority: string | null;
}

/** @param certificate DER or PEM, of any origin */
export function keyIdentifiersOf(certificate: Uint8Array<ArrayBuffer> | string): KeyIdentifiers {
  try {
    const parsed = new X509Certificate(certificate);
    return {
      subject: parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId ?? null,
      authority: parsed.getExtension(AuthorityKeyIdentifierExtension)?.keyId ?? null,
    };
  } catch {
    // A client may send anything, and OpenSSL lets extensions pass that this parser refuses: they count as not stated.
    return { subject: null, authority: null };
  }
}
