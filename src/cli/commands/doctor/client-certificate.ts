// The check of the client certificate and its key, as far as it needs no network.
import { X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../../node/certificates.ts";
import type { CredentialData } from "../../../node/kubeconfig.ts";
import { readClientCredential } from "../../certificates/client-credential.ts";
import type { Context } from "../../context.ts";
import { CliError } from "../../diagnostics.ts";
import { broken, type CheckResult, ok, warning } from "./check.ts";

/** What a certificate says about itself. */
export interface CertificateFacts {
  /** SHA-256, 64 lowercase hex digits. */
  readonly fingerprint: string;
  /** Milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export type CheckedIdentity =
  | { readonly kind: "usable"; readonly credential: CredentialData; readonly facts: CertificateFacts }
  | { readonly kind: "unusable"; readonly result: CheckResult };

const clientAuthentication = "1.3.6.1.5.5.7.3.2";
export const warnDays = 30;
const millisecondsPerDay = 24 * 60 * 60 * 1000;
const issueHint = "octogate certificate issue makes a new pair";

/** Checks everything about them but the time, for which there may be a better clock than this machine's. */
export async function readIdentity(folder: string, context: Context): Promise<CheckedIdentity> {
  let credential: CredentialData;
  try {
    credential = await readClientCredential(folder, context);
  } catch (error) {
    // For all other commands this is the end; here it is a result.
    if (!(error instanceof CliError)) throw error;
    return { kind: "unusable", result: broken(error.message, error.diagnostics[0]?.hint ?? issueHint) };
  }
  const certificate = new X509Certificate(credential.certificate);
  // Typed as always there, but a certificate may state no purposes: then it serves all.
  const purposes: readonly string[] | undefined = certificate.keyUsage;
  if (purposes !== undefined && !purposes.includes(clientAuthentication)) {
    const seen = `${folder}: the certificate is not for clients (no clientAuth in its extended key usage)`;
    return { kind: "unusable", result: broken(seen, issueHint) };
  }
  const facts = {
    fingerprint: fingerprintOf(certificate),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
  return { kind: "usable", credential, facts };
}

/** @param at the current time in milliseconds, by the best clock there is */
export function checkValidity({ fingerprint, notBefore, notAfter }: CertificateFacts, at: number): CheckResult {
  const short = `${fingerprint.slice(0, 16)}…`;
  const rotateHint = "octogate certificate rotate replaces it without a gap";
  if (notBefore > at) {
    return broken(`${short} is not valid before ${dateText(notBefore)}`, "wait until then, or issue a new one");
  }
  if (notAfter <= at) return broken(`${short} ended on ${dateText(notAfter)}`, rotateHint);
  const daysLeft = Math.floor((notAfter - at) / millisecondsPerDay);
  const seen = `${short}, ${daysLeft} days left`;
  return daysLeft < warnDays ? warning(seen, rotateHint) : ok(seen);
}

function dateText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
