// A key that signs ID tokens, made at run time.
import { generateKeyPairSync } from "node:crypto";

/** @returns an RSA key as PKCS#8 in PEM */
export function makeSigningKey(modulusLength = 2048): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString().trim();
}
