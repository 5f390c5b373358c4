// A new signing key, as the secrets SIGNING_KEY_A and SIGNING_KEY_B hold one.
import { generateKeyPairSync } from "node:crypto";
import { thumbprintOf } from "../config-file/signing-keys.ts";

interface NewSigningKey {
  /** RSA of 2,048 bits as PKCS#8 in PEM. It goes up with the deployment that publishes it, and stays nowhere else. */
  readonly privateKey: string;
  /** The name under which it is published (RFC 7638). */
  readonly kid: string;
}

export function newSigningKey(): NewSigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  return { privateKey: String(pem), kid: thumbprintOf(publicKey.export({ format: "jwk" })) };
}
