// The client certificate and its key, as far as they can be judged without asking anybody.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { broken, type Finding, ok, printable, warning } from "./link.ts";

export interface ClientIdentity {
  /** PEM, as it stands in the files. */
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a certificate says about itself. */
export interface CertificateFacts {
  /** SHA-256, 64 lowercase hex digits. */
  readonly fingerprint: string;
  /** Milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export type CheckedIdentity =
  | { readonly kind: "usable"; readonly identity: ClientIdentity; readonly facts: CertificateFacts }
  | { readonly kind: "unusable"; readonly finding: Finding };

const clientAuthentication = "1.3.6.1.5.5.7.3.2";
const warnDays = 30;
const millisecondsPerDay = 24 * 60 * 60 * 1000;
const issueCure = "octogate certificate issue makes a new one";

/** Reads both files and checks that they belong together. */
export async function readIdentity(
  folder: string,
  { certificateFile, keyFile }: { readonly certificateFile: string; readonly keyFile: string },
): Promise<CheckedIdentity> {
  const cure = "octogate certificate issue makes both files; --certificate and --key name others";
  const certificate = await readText(resolve(folder, certificateFile));
  if (certificate.text === null) return unusable(`${certificateFile}: ${certificate.why}`, cure);
  const privateKey = await readText(resolve(folder, keyFile));
  if (privateKey.text === null) return unusable(`${keyFile}: ${privateKey.why}`, cure);
  return checkIdentity({ certificate: certificate.text, privateKey: privateKey.text });
}

/** Checks everything about them but the time, for which there may be a better clock than this machine's. */
export function checkIdentity(identity: ClientIdentity): CheckedIdentity {
  const certificate = parsed(() => new X509Certificate(identity.certificate));
  if (certificate === null) return unusable("the certificate's file holds no PEM certificate", issueCure);
  const key = parsed(() => createPrivateKey(identity.privateKey));
  if (key === null) return unusable("the key's file holds no PEM private key without a passphrase", issueCure);
  if (!certificate.checkPrivateKey(key)) {
    return unusable("the key belongs to another certificate", "name the pair that was made together");
  }
  // Typed as always there, but a certificate may state no purposes: then it serves all.
  const purposes: readonly string[] | undefined = certificate.keyUsage;
  if (purposes !== undefined && !purposes.includes(clientAuthentication)) {
    return unusable("the certificate is not for clients (no clientAuth in its extended key usage)", issueCure);
  }
  const facts = {
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
  return { kind: "usable", identity, facts };
}

/** @param at the current time in milliseconds, by the best clock there is */
export function judgeValidity({ fingerprint, notBefore, notAfter }: CertificateFacts, at: number): Finding {
  const short = `${fingerprint.slice(0, 16)}…`;
  const rotateCure = "octogate certificate rotate replaces it without a gap";
  if (notBefore > at) {
    return broken(`${short} is not valid before ${dateText(notBefore)}`, "wait until then, or issue a new one");
  }
  if (notAfter <= at) return broken(`${short} ended on ${dateText(notAfter)}`, rotateCure);
  const daysLeft = Math.floor((notAfter - at) / millisecondsPerDay);
  const seen = `${short}, ${daysLeft} days left`;
  return daysLeft < warnDays ? warning(seen, rotateCure) : ok(seen);
}

function unusable(seen: string, cure: string): CheckedIdentity {
  return { kind: "unusable", finding: broken(printable(seen), cure) };
}

function dateText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Node's parsers throw for whatever is no PEM, and their words say nothing more. */
function parsed<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

async function readText(path: string): Promise<{ readonly text: string | null; readonly why: string }> {
  try {
    return { text: await readFile(path, "utf8"), why: "" };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return { text: null, why: error.code === "ENOENT" ? "there is no such file" : `cannot be read (${error.code})` };
  }
}
