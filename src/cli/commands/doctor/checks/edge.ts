// The checks between TLS and the Worker.
// Does the edge let programs through, keep out requests without a certificate, and ask for ours?
import * as v from "valibot";
import type { Endpoint } from "../../../../node/https.ts";
import { openedTlsHint } from "../../../../node/proxy.ts";
import { broken, type CheckResult, ok, skipped, warning } from "../check.ts";
import type { Reading } from "../reading.ts";

/** The answers; those to requests with the certificate are null where it cannot be used. */
export interface Readings {
  /** POST /authenticate without a certificate. */
  readonly withoutCertificate: Reading;
  readonly health: Reading | null;
  readonly readiness: Reading | null;
  readonly review: Reading | null;
  /** What Cloudflare calls the first of these requests, or null where something else is the edge. */
  readonly ray: string | null;
}

const healthSchema = v.object({ status: v.literal("ok"), version: v.string() });

/** @returns the Worker's version, or null if this is no answer of Octogate */
export function versionOf(health: Reading | null): string | null {
  if (health?.kind !== "json" || health.status !== 200) return null;
  const parsed = v.safeParse(healthSchema, health.body);
  return parsed.success ? parsed.output.version : null;
}

/** Whether something at the edge answers in the Worker's place. A refused certificate is another check's result. */
export function checkEdge({ withoutCertificate, health, readiness, review, ray }: Readings): CheckResult {
  const withCertificate = [health, readiness, review].filter((reading) => reading !== null);
  const asked = withCertificate.length > 0 ? withCertificate : [withoutCertificate];
  for (const reading of asked) {
    const fault = faultOf(reading);
    if (fault !== null) return fault;
  }
  if (asked.every(({ kind }) => kind === "failed") && withoutCertificate.kind === "failed") {
    return broken(`no answer: ${withoutCertificate.why}`, "what listens there does not serve this hostname");
  }
  if (health?.kind === "json" && versionOf(health) === null) {
    const hint = "see which Worker or route the hostname belongs to: a route on it runs before the custom domain";
    return broken(`something other than Octogate answers (HTTP ${health.status} to /healthz)`, hint);
  }
  const who = ray === null ? "not Cloudflare's (no cf-ray header)" : `Cloudflare's (cf-ray ${ray})`;
  return ok(`${who}; no challenge page, no redirect`);
}

function faultOf(reading: Reading): CheckResult | null {
  switch (reading.kind) {
    case "challenge": {
      const hint =
        "bot protection takes kube-apiserver for a bot. Bot Fight Mode: turn it off for the zone, or allow kube-apiserver's addresses by an IP Access rule; Super Bot Fight Mode: skip it by a custom rule for this hostname; Under Attack mode: lower the security level by a configuration rule";
      return broken("a challenge page that only a browser can pass", hint);
    }
    case "redirect": {
      const isAccess = reading.location.includes(".cloudflareaccess.com");
      const hint = isAccess
        ? "Cloudflare Access guards this hostname: take it out of the application, mutual TLS does its work"
        : "take this hostname out of the redirect rules: a redirect would carry the token to another host";
      return broken(`a redirect (HTTP ${reading.status}) to ${reading.location || "nowhere"}`, hint);
    }
    case "edge_error": {
      const { seen, cause } = reading;
      const told = `the edge answers in the Worker's place: ${seen}`;
      const hint = "try again later, and see https://www.cloudflarestatus.com";
      return cause === null ? broken(told, hint) : broken(`${told}: ${cause.problem}`, cause.hint);
    }
    case "foreign":
      return broken(
        `something other than Octogate answers: ${reading.seen}`,
        "see what the hostname's record and routes lead to",
      );
    case "failed":
    case "blocked":
    case "refused":
    case "json":
      return null;
  }
}

/**
 * A request without a certificate should not reach the Worker: it would refuse, but an attacker could use up its quota.
 */
export function checkFirewall({ withoutCertificate: reading }: Readings): CheckResult {
  switch (reading.kind) {
    case "blocked":
      return ok(`blocks requests without a certificate, before the Worker: ${reading.seen}`);
    case "refused":
      return warning(
        "lets requests without a certificate through: the Worker refuses them, but they cost its quota",
        "octogate setup adds the WAF rule that blocks them",
      );
    case "json":
      return checkOpenDoor(reading.status);
    case "failed":
      return /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(reading.why)
        ? ok("the handshake ends without a certificate")
        : skipped(`cannot be told: ${reading.why}`);
    case "edge_error":
      return skipped(`cannot be told: without a certificate the edge answers with ${reading.seen}`);
    case "challenge":
    case "redirect":
    case "foreign":
      return skipped("cannot be told: without a certificate the edge answers in another way");
  }
}

/** An answer that is neither the Worker's refusal nor a page from Cloudflare: a rule's own JSON, or a review. */
function checkOpenDoor(status: number): CheckResult {
  if (status === 200) {
    return broken(
      "a review without a certificate is answered",
      "this is not Octogate, or something in front of it presents a certificate for every request: find it before anything else",
    );
  }
  return status < 500
    ? ok(`blocks requests without a certificate, before the Worker: HTTP ${status}`)
    : skipped(`cannot be told: HTTP ${status} without a certificate`);
}

const associateHint =
  "octogate setup associates the hostname with the client certificates' authority; by hand: SSL/TLS, Client Certificates, Hosts";

/** Whether our certificate gets through. What the Worker says comes first: it has seen what arrived. */
export function checkMutualTls(
  readings: Readings,
  asksForCertificate: boolean,
  { proxy, hostname }: Pick<Endpoint, "proxy" | "hostname">,
): CheckResult {
  const hint = [openedTlsHint(proxy, hostname), associateHint].filter((part) => part !== null).join("; else: ");
  const asked = [readings.review, readings.readiness, readings.health].filter((reading) => reading !== null);
  for (const reading of asked) {
    if (reading.kind === "refused" && reading.refusal !== "CertificateNotListed") {
      return refusedResult(reading, asksForCertificate, hint);
    }
  }
  if (asked.some(({ kind }) => kind === "blocked")) {
    return asksForCertificate
      ? broken(
          "the edge blocks this certificate, too",
          "it is revoked, or not of this zone's authority, or the WAF rule is wrong: see octogate certificate list",
        )
      : broken("the edge asks for no client certificate, and so blocks every request", hint);
  }
  const failures = asked.filter((reading) => reading.kind === "failed");
  if (failures.length === asked.length) {
    return broken(
      `no answer once the certificate is presented: ${failures[0]?.why}`,
      "see octogate certificate list whether it is one of this zone's",
    );
  }
  return ok(asksForCertificate ? "asked for and accepted" : "accepted");
}

function refusedResult(
  { refusal, message }: Reading & { kind: "refused" },
  asksForCertificate: boolean,
  unaskedHint: string,
): CheckResult {
  if (refusal === "CertificateMissing" || refusal === "NotMutualTls") {
    return asksForCertificate
      ? broken(
          `it was presented, and the Worker says: ${message}`,
          "something between here and Cloudflare ends TLS and keeps the certificate",
        )
      : broken("the edge asks for no client certificate in the handshake", unaskedHint);
  }
  return broken(
    `the Worker says: ${message}`,
    refusal === "CertificateRevoked"
      ? "octogate certificate issue makes another"
      : "octogate certificate list shows this zone's own: Cloudflare verifies what its managed authority signed for the zone",
  );
}
