// SHA-256 fingerprints of client certificates. Cloudflare writes 64 lowercase hex digits, openssl upper case with
// colons.

const fingerprintPattern = /^[0-9a-f]{64}$/;

/** @returns the fingerprint as 64 lowercase hex digits, or null if it is none */
export function normaliseFingerprint(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const digits = value.replaceAll(":", "").toLowerCase();
  return fingerprintPattern.test(digits) ? digits : null;
}
