// Issues the X.509 certificates (RFC 5280) of a local edge: an authority of its own, one server and its clients. P-256
// throughout: small, and every TLS stack takes it.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import * as der from "./der.ts";

export interface Identity {
  /** PEM */
  readonly certificate: string;
  /** PEM, PKCS #8 */
  readonly privateKey: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export type Purpose = "authority" | "server" | "client";

const oids = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** localhost, 127.0.0.1 and ::1 as RFC 5280's GeneralName. */
const loopbackNames = [
  der.element(0x82, Buffer.from("localhost", "ascii")),
  der.element(0x87, Buffer.from([127, 0, 0, 1])),
  der.element(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
];

/** What an authority is called. Two of them differ in their key identifiers, by which a verifier tells them apart. */
const authorityName = "octogate local authority";

/** Makes a certificate authority. */
export function makeAuthority(validity: Validity): Identity {
  const { privateKey, publicKey } = newKeys();
  const certificate = signCertificate(privateKey, { commonName: authorityName, publicKey }, "authority", validity);
  return { certificate, privateKey: pemOf(privateKey) };
}

/**
 * Makes a key and has the authority sign a certificate for it.
 *
 * @param authority as `makeAuthority` made it
 * @param commonName whose certificate it is
 */
export function issueCertificate(
  authority: Identity,
  commonName: string,
  purpose: Purpose,
  validity: Validity,
): Identity {
  const { privateKey, publicKey } = newKeys();
  const authorityKey = createPrivateKey(authority.privateKey);
  const certificate = signCertificate(authorityKey, { commonName, publicKey }, purpose, validity);
  return { certificate, privateKey: pemOf(privateKey) };
}

function newKeys() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function signCertificate(
  authorityKey: KeyObject,
  subject: { readonly commonName: string; readonly publicKey: KeyObject },
  purpose: Purpose,
  validity: Validity,
): string {
  const algorithm = der.sequence(der.objectIdentifier(oids.ecdsaWithSha256));
  const version3 = der.element(0xa0, der.positiveInteger(Buffer.from([2])));
  // RFC 5280, 4.1.2.2: positive and at most 20 octets; a first byte of 1 to 127 keeps DER's shortest form.
  const serialNumber = randomBytes(16);
  serialNumber[0] = ((serialNumber[0] ?? 0) % 127) + 1;
  const toBeSigned = der.sequence(
    version3,
    der.positiveInteger(serialNumber),
    algorithm,
    nameOf(authorityName),
    der.sequence(der.time(validity.notBefore), der.time(validity.notAfter)),
    nameOf(subject.commonName),
    subject.publicKey.export({ type: "spki", format: "der" }),
    der.element(0xa3, der.sequence(...extensionsOf(createPublicKey(authorityKey), subject.publicKey, purpose))),
  );
  const signature = sign("sha256", toBeSigned, authorityKey);
  const base64 = der.sequence(toBeSigned, algorithm, der.bitString(signature)).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.objectIdentifier(oids.commonName), der.utf8String(commonName))));
}

function extensionsOf(issuerKey: KeyObject, subjectKey: KeyObject, purpose: Purpose): Buffer[] {
  return [
    extension(oids.subjectKeyIdentifier, der.octetString(keyIdentifierOf(subjectKey))),
    extension(oids.authorityKeyIdentifier, der.sequence(der.element(0x80, keyIdentifierOf(issuerKey)))),
    ...purposeExtensions(purpose),
  ];
}

function purposeExtensions(purpose: Purpose): Buffer[] {
  const digitalSignature = der.bitString(Buffer.from([0x80]), 7);
  const certificateAndListSigning = der.bitString(Buffer.from([0x06]), 1);
  switch (purpose) {
    case "authority":
      return [
        // It signs end entities only: path length 0.
        criticalExtension(oids.basicConstraints, der.sequence(der.yes(), der.positiveInteger(Buffer.from([0])))),
        criticalExtension(oids.keyUsage, certificateAndListSigning),
      ];
    case "server":
      return [
        criticalExtension(oids.basicConstraints, der.sequence()),
        criticalExtension(oids.keyUsage, digitalSignature),
        extension(oids.extendedKeyUsage, der.sequence(der.objectIdentifier(oids.serverAuth))),
        // Go and browsers look for the host here alone, never in the common name.
        extension(oids.subjectAltName, der.sequence(...loopbackNames)),
      ];
    case "client":
      return [
        criticalExtension(oids.basicConstraints, der.sequence()),
        criticalExtension(oids.keyUsage, digitalSignature),
        extension(oids.extendedKeyUsage, der.sequence(der.objectIdentifier(oids.clientAuth))),
      ];
  }
}

function extension(oid: string, value: Buffer): Buffer {
  return der.sequence(der.objectIdentifier(oid), der.octetString(value));
}

function criticalExtension(oid: string, value: Buffer): Buffer {
  return der.sequence(der.objectIdentifier(oid), der.yes(), der.octetString(value));
}

/** RFC 7093, method 1: the leftmost 160 bits of the key's SHA-256. */
function keyIdentifierOf(publicKey: KeyObject): Buffer {
  const bytes = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(bytes).digest().subarray(0, 20);
}
