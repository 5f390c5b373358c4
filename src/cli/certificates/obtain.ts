// The way from nothing to a signed certificate in a cluster's folder.
// It goes on from wherever an earlier run stopped: no key is made twice, and no key gets a second certificate. The key
// is made here and never leaves this machine: Cloudflare gets the request alone.
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../node/certificates.ts";
import { type CloudflareClient, loadInClone } from "../cloudflare/api.ts";
import {
  type ClientCertificate,
  findByKey,
  revokeClientCertificate,
  signClientCertificate,
} from "../cloudflare/client-certificates.ts";
import type { Zone } from "../cloudflare/zone.ts";
import { type CliError, cliError } from "../command.ts";
import { type Claim, ownersOf } from "./ownership.ts";
import { type ClusterFolder, madeMeanwhile } from "./pair-files.ts";

export interface PairState {
  /** Null: still to be signed. */
  readonly certificate: ClientCertificate | null;
  /** Whether the certificate is in its file, too. */
  readonly isWritten: boolean;
}

/**
 * Looks at a pair of files, and at what Cloudflare knows of it.
 *
 * @param listed the zone's certificates
 * @param claim of the cluster whose pair it is to be
 * @throws CliError if the files are of no use any more, or another cluster's: the operator has to remove them
 */
export async function inspectPair(folder: ClusterFolder, pair: string, claim: Claim): Promise<PairState> {
  const { certificates: listed } = claim;
  const { key, certificate } = await folder.read(pair);
  if (key === null && certificate === null) return { certificate: null, isWritten: false };
  const file = certificate === null ? folder.keyFile(pair) : folder.certificateFile(pair);
  const unusable = (message: string) =>
    cliError(
      file,
      message,
      `move ${pair}.key and ${pair}.crt out of ${folder.name}, and run the command again: it makes new ones`,
    );
  if (key === null) throw unusable("has no key beside it");
  const publicKey = parse(() => createPublicKey(key), unusable("cannot be read as a private key"));
  const refuseOthers = (fingerprint: string) => {
    const others = ownersOf(fingerprint, claim).filter((owner) => !claim.variables.includes(owner));
    if (others.length > 0) throw unusable(`is the certificate of another cluster (${others.join(", ")})`);
  };
  if (certificate === null) {
    const signed = findByKey(listed, publicKey) ?? null;
    if (signed !== null) refuseOthers(signed.fingerprint);
    return { certificate: signed, isWritten: false };
  }

  const parsed = parse(() => new X509Certificate(certificate), unusable("cannot be read as a certificate"));
  if (!parsed.checkPrivateKey(createPrivateKey(key))) throw unusable("is not the certificate of the key beside it");
  const fingerprint = fingerprintOf(parsed);
  refuseOthers(fingerprint);
  const known = listed.find((candidate) => candidate.fingerprint === fingerprint);
  if (known === undefined) throw unusable("is no client certificate of this zone");
  if (known.status !== "active") throw unusable(`is not valid any more: Cloudflare says “${known.status}”`);
  return { certificate: known, isWritten: true };
}

interface ObtainOptions {
  readonly client: CloudflareClient;
  readonly zone: Zone;
  readonly folder: ClusterFolder;
  readonly pair: string;
  readonly commonName: string;
  readonly validityDays: number;
}

/** Makes what is missing of a pair. @param state as `inspectPair` found it */
export async function obtainPair(options: ObtainOptions, state: PairState): Promise<ClientCertificate> {
  const { client, zone, folder, pair, commonName, validityDays } = options;
  const kept = await folder.read(pair);
  let { key } = kept;
  if (key === null) {
    key = makePrivateKey();
    await folder.createKey(pair, key);
  } else if (state.certificate === null) {
    await folder.keepAskedAt(pair);
  }
  const certificate =
    state.certificate ??
    (await signClientCertificate(client, zone, {
      certificateRequest: await makeCertificateRequest(key, commonName),
      validityDays,
    }));
  if (!new X509Certificate(certificate.certificate).checkPrivateKey(createPrivateKey(key))) {
    throw cliError("Cloudflare", "signed a certificate for another key than was asked for");
  }
  // Left alone where it is right: its time of change says since when it has been there.
  if (kept.certificate !== null) return certificate;
  if (state.certificate !== null) {
    await folder.writeCertificate(pair, certificate.certificate);
  } else if (!(await folder.createCertificate(pair, certificate.certificate))) {
    // Two commands had this key signed at once: the file has the other's, and of this one nothing else knows.
    await revokeClientCertificate(client, zone, certificate.id);
    throw cliError(`${folder.name}/${pair}.crt`, ...madeMeanwhile);
  }
  return certificate;
}

/** Node's own exception says nothing that helps. */
function parse<T>(parser: () => T, failure: CliError): T {
  try {
    return parser();
  } catch {
    throw failure;
  }
}

/** P-256: small, and every TLS stack takes it. @returns PEM, PKCS #8 */
export function makePrivateKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
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
  const { AuthorityKeyIdentifierExtension, X509Certificate: ParsedCertificate } = await loadX509();
  const extension = new ParsedCertificate(certificate).getExtension(AuthorityKeyIdentifierExtension);
  return extension?.keyId?.toUpperCase() ?? null;
}

async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  // It reads decorators' metadata while it is loaded: without this polyfill before it, it throws.
  await loadInClone("reflect-metadata", () => import("reflect-metadata"));
  return loadInClone("@peculiar/x509", () => import("@peculiar/x509"));
}
