// JWTs that are signed with RS256, as GitHub asks of its apps, and EKS and kube-apiserver's flags of ID tokens.
import { CompactSign } from "jose/jws/compact/sign";
import { decodeBase64 } from "./config/values.ts";
import type { Key } from "./sealing.ts";

export const rs256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

/**
 * @param pem PKCS#8
 * @throws for anything but an RSA key; the error may quote it
 */
export function importPrivateKey(pem: string, isExtractable = false): Promise<Key> {
  const pkcs8 = decodeBase64(pem.replaceAll(/-----[A-Z ]+-----|\s/g, "")) ?? new Uint8Array(0);
  return crypto.subtle.importKey("pkcs8", pkcs8, rs256, isExtractable, ["sign"]);
}

/** @param header what the JWT's header says besides the algorithm */
export function signJwt(key: Key, header: { readonly kid?: string }, claims: object): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claims));
  return new CompactSign(payload).setProtectedHeader({ alg: "RS256", typ: "JWT", ...header }).sign(key);
}
