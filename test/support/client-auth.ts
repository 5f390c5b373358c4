// `request.cf.tlsClientAuth` as Cloudflare fills it in: for a certificate that it has verified, and its placeholders
// where none was presented.

/** All that Cloudflare says where a client presented no certificate. */
export const withoutCertificate: Readonly<Record<string, string | boolean>> = {
  certPresented: "0",
  certVerified: "NONE",
  certRevoked: "0",
  certIssuerDN: "",
  certSubjectDN: "",
  certIssuerDNRFC2253: "",
  certSubjectDNRFC2253: "",
  certIssuerDNLegacy: "",
  certSubjectDNLegacy: "",
  certSerial: "",
  certIssuerSerial: "",
  certFingerprintSHA256: "",
  certFingerprintSHA1: "",
  certSKI: "",
  certIssuerSKI: "",
  certNotBefore: "",
  certNotAfter: "",
  certRFC9440: "",
  certRFC9440TooLarge: false,
  certChainRFC9440: "",
  certChainRFC9440TooLarge: false,
};

/**
 * @param fingerprint SHA-256 of the certificate, 64 lowercase hex digits
 * @param notAfter when the certificate ends
 */
export function verifiedCertificate(fingerprint: string, notAfter: Date): Record<string, string | boolean> {
  return {
    ...withoutCertificate,
    certPresented: "1",
    certVerified: "SUCCESS",
    certIssuerDN: "CN=Managed CA",
    certSubjectDN: "CN=kube-apiserver",
    certSerial: "0A1B2C",
    certFingerprintSHA256: fingerprint,
    certNotBefore: "Jan  1 00:00:00 2026 GMT",
    certNotAfter: opensslTime(notAfter),
  };
}

/** "Dec 22 19:39:00 2018 GMT"; OpenSSL pads the day with a blank. */
function opensslTime(date: Date): string {
  const [, day = "", month = "", year = "", time = ""] = date.toUTCString().split(" ");
  return `${month} ${String(Number(day)).padStart(2, " ")} ${time} ${year} GMT`;
}
