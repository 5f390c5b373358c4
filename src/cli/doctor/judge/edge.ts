// The links between TLS and the Worker: whether the edge passes programs on, keeps out whoever has no certificate, and asks for ours.
import * as v from "valibot";
import { broken, type Finding, ok, untold, warning } from "../link.ts";
import type { Reading } from "../reading.ts";

/** What was answered to each question; those with the certificate are null where it cannot be used. */
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

/** @returns the Worker's version, or null if this is no Octogate's answer */
export function versionOf(health: Reading | null): string | null {
  if (health?.kind !== "json" || health.status !== 200) return null;
  const parsed = v.safeParse(healthSchema, health.body);
  return parsed.success ? parsed.output.version : null;
}

/** Whether something at the edge answers in the Worker's place. What is refused for its certificate is another link's. */
export function judgeEdge({ withoutCertificate, health, readiness, review, ray }: Readings): Finding {
  const withCertificate = [health, readiness, review].filter((reading) => reading !== null);
  const asked = withCertificate.length > 0 ? withCertificate : [withoutCertificate];
  for (const reading of asked) {
    const trouble = troubleOf(reading);
    if (trouble !== null) return trouble;
  }
  if (asked.every(({ kind }) => kind === "failed") && withoutCertificate.kind === "failed") {
    return broken(`no answer: ${withoutCertificate.why}`, "what listens there does not serve this hostname");
  }
  if (health?.kind === "json" && versionOf(health) === null) {
    const cure = "see which Worker or route the hostname belongs to: a route on it runs before the custom domain";
    return broken(`something other than Octogate answers (HTTP ${health.status} to /healthz)`, cure);
  }
  const who = ray === null ? "not Cloudflare's (no cf-ray header)" : `Cloudflare's (cf-ray ${ray})`;
  return ok(`${who}; no challenge page, no redirect`);
}

function troubleOf(reading: Reading): Finding | null {
  switch (reading.kind) {
    case "challenge": {
      const cure =
        "bot protection takes kube-apiserver for a bot: turn Bot Fight Mode and “Under Attack” off for this hostname, or skip them by a rule";
      return broken("a challenge page that only a browser can pass", cure);
    }
    case "redirect": {
      const isAccess = reading.location.includes(".cloudflareaccess.com");
      const cure = isAccess
        ? "Cloudflare Access guards this hostname: take it out of the application, mutual TLS does its work"
        : "take this hostname out of the redirect rules: a redirect would carry the token to another host";
      return broken(`a redirect (HTTP ${reading.status}) to ${reading.location || "nowhere"}`, cure);
    }
    case "edge_error":
      return broken(
        `the edge answers in the Worker's place: ${reading.seen}`,
        "look the code up in Cloudflare's list of 1xxx errors; 1027 is the free plan's daily limit, 1101 an exception",
      );
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

/** Who has no certificate should not get as far as the Worker: it would refuse, but anybody could use its quota up. */
export function judgeFirewall({ withoutCertificate: reading }: Readings): Finding {
  switch (reading.kind) {
    case "blocked":
      return ok(`blocks whoever has no certificate, before the Worker: ${reading.seen}`);
    case "refused":
      return warning(
        "lets requests without a certificate through: the Worker refuses them, but they cost its quota",
        "octogate setup adds the WAF rule that blocks them",
      );
    case "json":
      return judgeOpenDoor(reading.status);
    case "failed":
      return /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(reading.why)
        ? ok("the handshake ends without a certificate")
        : untold(`cannot be told: ${reading.why}`);
    case "challenge":
    case "redirect":
    case "edge_error":
    case "foreign":
      return untold("cannot be told: without a certificate the edge answers in another way");
  }
}

/** An answer that is neither the Worker's refusal nor one of Cloudflare's pages: a rule's own JSON, or a review. */
function judgeOpenDoor(status: number): Finding {
  if (status === 200) {
    return broken(
      "a review without a certificate is answered",
      "this is not Octogate, or something in front of it presents a certificate for everybody: find it before anything else",
    );
  }
  return status < 500
    ? ok(`blocks whoever has no certificate, before the Worker: HTTP ${status}`)
    : untold(`cannot be told: HTTP ${status} without a certificate`);
}

const associateCure =
  "octogate setup associates the hostname with the client certificates' authority; by hand: SSL/TLS, Client Certificates, Hosts";

/** Whether our certificate gets through. The Worker's word comes first: it has seen what arrived. */
export function judgeMutualTls(readings: Readings, asksForCertificate: boolean): Finding {
  const asked = [readings.review, readings.readiness, readings.health].filter((reading) => reading !== null);
  for (const reading of asked) {
    if (reading.kind === "refused" && reading.refusal !== "not_listed") {
      return refusedFinding(reading, asksForCertificate);
    }
  }
  if (asked.some(({ kind }) => kind === "blocked")) {
    return asksForCertificate
      ? broken(
          "the edge blocks this certificate, too",
          "it is revoked, or not of this zone's authority, or the WAF rule is wrong: see octogate certificate list",
        )
      : broken("the edge asks for no client certificate, and so blocks everybody", associateCure);
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

function refusedFinding({ refusal, message }: Reading & { kind: "refused" }, asksForCertificate: boolean): Finding {
  if (refusal === "none_presented") {
    return asksForCertificate
      ? broken(
          `it was presented, and the Worker says: ${message}`,
          "something between here and Cloudflare ends TLS and keeps the certificate",
        )
      : broken("the edge asks for no client certificate in the handshake", associateCure);
  }
  return broken(
    `the Worker says: ${message}`,
    refusal === "revoked"
      ? "octogate certificate issue makes another"
      : "octogate certificate list shows this zone's own; an account has one authority, and only what it signed is verified",
  );
}
