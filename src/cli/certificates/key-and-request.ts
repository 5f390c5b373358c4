// The client's key, and the request to have a certificate signed for it. The key is made here and never leaves this machine: Cloudflare gets the request alone.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { hasCode } from "../../node/files.ts";
import { onlyInAClone } from "../cloudflare/client.ts";

/** P-256: small, and every TLS stack takes it. @returns PEM, PKCS #8 */
export function makePrivateKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

export function publicKeyOf(privateKey: string): KeyObject {
  return createPublicKey(privateKey);
}

/**
 * @param privateKey PEM
 * @param commonName says in Cloudflare's list whose certificate it is
 * @returns PEM, PKCS #10
 */
export async function makeCertificateRequest(privateKey: string, commonName: string): Promise<string> {
  const { Name, Pkcs10CertificateRequestGenerator } = await loadX509();
  const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
  const signing = createPrivateKey(privateKey).toCryptoKey(algorithm, false, ["sign"]);
  const verifying = createPublicKey(privateKey).toCryptoKey(algorithm, true, ["verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([{ CN: [{ utf8String: commonName }] }]),
    keys: { privateKey: signing, publicKey: verifying },
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return request.toString("pem");
}

/**
 * Reads which key signed a certificate, as Cloudflare's rules name it.
 *
 * @param certificate PEM
 * @returns uppercase hex without colons, or null if the certificate does not say
 */
export async function issuerKeyIdentifierOf(certificate: string): Promise<string | null> {
  const { keyIdentifiersOf } = await inAClone(() => import("../../node/key-identifiers.ts"));
  return keyIdentifiersOf(certificate).authority?.toUpperCase() ?? null;
}

async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  // It reads decorators' metadata while it is loaded: without this polyfill before it, it throws.
  await inAClone(() => import("reflect-metadata"));
  return inAClone(() => import("@peculiar/x509"));
}

/** Loads a development dependency. */
async function inAClone<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!hasCode(error, "ERR_MODULE_NOT_FOUND")) throw error;
    throw onlyInAClone("@peculiar/x509");
  }
}
