// Comparisons that take as long for a wrong value as for the right one: time tells an attacker nothing.
import { base64url } from "./cookies.ts";

/** By digests, so that the length of the secret does not show either. */
export async function isSecretEqual(one: string, other: string): Promise<boolean> {
  return isEqual(await sha256(one), await sha256(other));
}

/** @returns the digest in base64url: the S256 method of PKCE (RFC 7636, 4.2) */
export async function sha256(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

/** @param one as long as the other, unless the caller may learn that it is not */
export function isEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index += 1) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}
