// The calling cluster, by its client certificate and by nothing else. Cloudflare has verified the certificate before
// the request gets here, and its SHA-256 fingerprint names the cluster. Cloudflare does not promise that its managed
// authority signs for one zone or account alone, so "verified" alone would let in certificates of others.
import { normaliseFingerprint } from "../config/cluster.ts";
import type { ClusterConfig } from "../config/config.ts";

/** Why a caller is refused, for programs: the cause in the Status that it gets. */
export const callerRefusals = [
  /** The request did not come through an edge that asks for client certificates. */
  "NotMutualTls",
  "CertificateMissing",
  "CertificateNotVerified",
  "CertificateRevoked",
  "CertificateNotListed",
] as const;
export type CallerRefusal = (typeof callerRefusals)[number];

export interface KnownCaller {
  readonly kind: "cluster";
  readonly cluster: ClusterConfig;
  /** Whole days until the certificate ends, or null if its end cannot be read. */
  readonly certificateDaysLeft: number | null;
}

export type Caller =
  | KnownCaller
  | { readonly kind: "refused"; readonly refusal: CallerRefusal; readonly message: string };

/**
 * The part of `request.cf.tlsClientAuth` that counts. Without a certificate Cloudflare sends placeholders ("0",
 * "NONE").
 */
const certificateFields = [
  "certPresented",
  "certVerified",
  "certRevoked",
  "certFingerprintSHA256",
  "certNotAfter",
] as const;
type Certificate = Readonly<Record<(typeof certificateFields)[number], string>>;

const millisecondsPerDay = 24 * 60 * 60 * 1000;

/**
 * @param cf `request.cf` as the runtime hands it over
 * @param clusters the configured clusters; a fingerprint that two of them list is a configuration error of both
 * @param now the current time in milliseconds
 */
export function identifyCaller(cf: unknown, clusters: readonly ClusterConfig[], now: number): Caller {
  const certificate = certificateIn(cf);
  if (certificate === null) {
    return refused("NotMutualTls", "no client certificate: the request did not come through mutual TLS");
  }
  if (certificate.certPresented !== "1") return refused("CertificateMissing", "no client certificate was presented");

  const fingerprint = normaliseFingerprint(certificate.certFingerprintSHA256);
  if (fingerprint === null) return refused("CertificateMissing", "the client certificate has no SHA-256 fingerprint");
  // Cloudflare's words, such as "FAILED:certificate has expired", cut to the characters that its documentation shows.
  if (certificate.certVerified !== "SUCCESS") {
    const why = certificate.certVerified.replace(/[^A-Za-z0-9 :.-]/g, "").slice(0, 100);
    return refused("CertificateNotVerified", `the client certificate ${fingerprint} is not verified: ${why}`);
  }
  // A revoked certificate still counts as verified.
  if (certificate.certRevoked !== "0") {
    return refused("CertificateRevoked", `the client certificate ${fingerprint} is revoked`);
  }

  const cluster = clusters.find(({ fingerprints }) => fingerprints.includes(fingerprint));
  if (cluster === undefined) {
    const message = `the client certificate ${fingerprint} belongs to no cluster: client_certificates does not list it`;
    return refused("CertificateNotListed", message);
  }
  return { kind: "cluster", cluster, certificateDaysLeft: daysUntil(certificate.certNotAfter, now) };
}

/**
 * Without a schema, which would cost more than all of the rest here: this runs with every review.
 *
 * @returns null for a request that did not come through an edge that asks for client certificates
 */
function certificateIn(cf: unknown): Certificate | null {
  const certificate = isObject(cf) ? cf.tlsClientAuth : undefined;
  return isObject(certificate) && isCertificate(certificate) ? certificate : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isCertificate(value: Readonly<Record<string, unknown>>): value is Certificate {
  return certificateFields.every((field) => typeof value[field] === "string");
}

function refused(refusal: CallerRefusal, message: string): Caller {
  return { kind: "refused", refusal, message };
}

/** @param notAfter as Cloudflare and openssl write it: "Dec 22 19:39:00 2018 GMT" */
function daysUntil(notAfter: string, now: number): number | null {
  const end = Date.parse(notAfter);
  return Number.isNaN(end) ? null : Math.floor((end - now) / millisecondsPerDay);
}
