// Bytes as text for addresses, cookies and JWTs: base64url without padding (RFC 7515, 2).

/** @param bytes some thousand at most: each becomes an argument of a call */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
