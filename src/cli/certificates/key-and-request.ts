// The client's key, and the request to have a certificate signed for it. The key is made here and never leaves this machine: Cloudflare gets the request alone.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
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
  const { AuthorityKeyIdentifierExtension, X509Certificate } = await loadX509();
  const extension = new X509Certificate(certificate).getExtension(AuthorityKeyIdentifierExtension);
  return extension?.keyId?.toUpperCase() ?? null;
}

/** A development dependency, as Cloudflare's SDK is. */
async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  try {
    // It wires its parts up with decorators' metadata as it is loaded: without this polyfill before it, it throws.
    await import("reflect-metadata");
    return await import("@peculiar/x509");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw onlyInAClone("@peculiar/x509");
  }
}
