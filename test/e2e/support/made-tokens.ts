// ID tokens as an attacker makes them who has a signing key.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, SignJWT } from "jose";

/** @param pem PKCS#8 */
export async function keyIdOf(pem: string): Promise<string> {
  return calculateJwkThumbprint(await exportJWK(createPublicKey(pem)));
}

/**
 * @param pem PKCS#8, of the key that signs
 * @param claims of the token; `iat` and `exp` are now and in a minute unless they stand here
 * @param kid default: the key's own
 */
export async function makeIdToken(pem: string, claims: Readonly<Record<string, unknown>>, kid?: string) {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: kid ?? (await keyIdOf(pem)) })
    .sign(createPrivateKey(pem));
}
