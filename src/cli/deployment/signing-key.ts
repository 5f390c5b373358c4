// A new signing key, as the secrets SIGNING_KEY_A and SIGNING_KEY_B hold one.
import { generateKeyPairSync } from "node:crypto";
import type { SigningKeySlot } from "../../worker/config/sign-in.ts";

/**
 * @returns RSA of 2,048 bits as PKCS#8 in PEM, which goes up with the deployment that publishes it (deployIfNeeded),
 *   and nowhere else
 */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return privateKey;
}

/** @returns the secret of a slot */
export function signingKeySecret(slot: SigningKeySlot): string {
  return slot === "a" ? "SIGNING_KEY_A" : "SIGNING_KEY_B";
}
