// From nothing to a signed certificate in a cluster's folder, going on from wherever an earlier run stopped: no key is made twice, and no key gets a second certificate.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../node/certificates.ts";
import type { CloudflareClient } from "../cloudflare/client.ts";
import { type ClientCertificate, findByKey, signClientCertificate } from "../cloudflare/client-certificates.ts";
import type { Zone } from "../cloudflare/zone.ts";
import { StepFailure } from "../step-failure.ts";
import type { ClusterFolder } from "./cluster-folder.ts";
import { makeCertificateRequest, makePrivateKey, publicKeyOf } from "./key-and-request.ts";

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
 * @throws StepFailure if the files are of no use any more: they are the operator's to remove
 */
export async function inspectPair(
  folder: ClusterFolder,
  pair: string,
  listed: readonly ClientCertificate[],
): Promise<PairState> {
  const { key, certificate } = await folder.read(pair);
  if (key === null && certificate === null) return { certificate: null, isWritten: false };
  const file = certificate === null ? folder.keyFile(pair) : folder.certificateFile(pair);
  const unusable = (message: string) =>
    new StepFailure({
      where: file,
      message,
      cure: `move ${pair}.key and ${pair}.crt out of ${folder.name}, and run the command again: it makes new ones`,
    });
  if (key === null) throw unusable("has no key beside it");
  const publicKey = readKey(key, unusable);
  if (certificate === null) return { certificate: findByKey(listed, publicKey) ?? null, isWritten: false };

  const parsed = readCertificate(certificate, unusable);
  if (!parsed.checkPrivateKey(createPrivateKey(key))) throw unusable("is not the certificate of the key beside it");
  const fingerprint = fingerprintOf(parsed);
  const known = listed.find((candidate) => candidate.fingerprint === fingerprint);
  if (known === undefined) throw unusable("is no client certificate of this zone");
  if (known.status !== "active") throw unusable(`is not valid any more: Cloudflare says “${known.status}”`);
  return { certificate: known, isWritten: true };
}

export interface ObtainOptions {
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
  }
  const certificate =
    state.certificate ??
    (await signClientCertificate(client, zone, {
      certificateRequest: await makeCertificateRequest(key, commonName),
      validityDays,
    }));
  if (!new X509Certificate(certificate.certificate).checkPrivateKey(createPrivateKey(key))) {
    throw new StepFailure({ where: "Cloudflare", message: "signed a certificate for another key than was asked for" });
  }
  // Left alone where it is right: its time of change says since when it has been there.
  if (kept.certificate === null) await folder.writeCertificate(pair, certificate.certificate);
  return certificate;
}

function readKey(key: string, unusable: (message: string) => StepFailure) {
  try {
    return publicKeyOf(key);
  } catch {
    throw unusable("cannot be read as a private key");
  }
}

function readCertificate(certificate: string, unusable: (message: string) => StepFailure): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch {
    throw unusable("cannot be read as a certificate");
  }
}
