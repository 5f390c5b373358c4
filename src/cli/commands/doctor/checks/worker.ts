// The checks behind the edge: which cluster the Worker takes us for, and what it says about itself.
import * as v from "valibot";
import { broken, type CheckResult, durationText, ok, printable, skipped, warning } from "../check.ts";
import { type Reading, statusOf } from "../reading.ts";
import { type Readings, versionOf } from "./edge.ts";

/** @param listed the fingerprints that wrangler.toml lists, or null where it was not read */
export function checkFingerprint(
  { review, readiness }: Readings,
  fingerprint: string,
  listed: readonly string[] | null,
): CheckResult {
  const isRefused = [review, readiness].some((reading) => reading?.kind === "refused");
  const isListed = listed?.includes(fingerprint) ?? null;
  if (isRefused) {
    return isListed === true
      ? broken("wrangler.toml lists it, the deployed Worker does not", "deploy: npx wrangler deploy")
      : broken(
          "no cluster of the Worker lists it",
          `write ${fingerprint} into the cluster's client_certificates and deploy`,
        );
  }
  if (isListed === false) {
    return warning(
      "the Worker knows it, but wrangler.toml does not list it: the next deployment ends it",
      `write ${fingerprint} into the cluster's client_certificates, or get the wrangler.toml that was deployed`,
    );
  }
  return ok(isListed === null ? "the Worker knows it" : "listed in wrangler.toml and known to the Worker");
}

/** What GET /readyz says about one part: see src/worker/readiness.ts. A later release may know more states. */
const partSchema = v.object({
  state: v.string(),
  durationMs: v.optional(v.number()),
  problem: v.optional(v.string()),
});
type Part = v.InferOutput<typeof partSchema>;

const readinessSchema = v.object({
  parts: v.object({ configuration: partSchema, kv: partSchema, github: partSchema }),
});

type Readiness =
  | { readonly kind: "told"; readonly parts: v.InferOutput<typeof readinessSchema>["parts"] }
  /** An older Worker, which has no such path. */
  | { readonly kind: "absent" }
  | { readonly kind: "unclear"; readonly seen: string };

function readinessOf(reading: Reading | null): Readiness {
  if (reading?.kind === "failed") return { kind: "unclear", seen: `/readyz: ${reading.why}` };
  if (reading?.kind !== "json") return { kind: "unclear", seen: "/readyz: something else answers" };
  if (reading.status === 404) return { kind: "absent" };
  const parsed = v.safeParse(readinessSchema, reading.body);
  if (parsed.success) return { kind: "told", parts: parsed.output.parts };
  const status = statusOf(reading.body);
  return { kind: "unclear", seen: `/readyz: HTTP ${reading.status}${status === null ? "" : `, ${status.message}`}` };
}

/** The deployed configuration: the Worker's own check decides. */
export function checkWorker({ health, readiness, review }: Readings): CheckResult {
  const who = `octogate ${printable(versionOf(health) ?? "of an unknown version")}`;
  const told = readinessOf(readiness);
  switch (told.kind) {
    case "told":
      return told.parts.configuration.state === "ok"
        ? ok(who)
        : broken(`${who}: ${describe(told.parts.configuration)}`, "octogate check finds it before a deployment does");
    case "absent": {
      const status = review?.kind === "json" ? statusOf(review.body) : null;
      if (status?.cause === "configuration") {
        return broken(`${who}: ${status.message}`, "octogate check finds it before a deployment does");
      }
      return warning(`${who} has no /readyz: KV and GitHub are not looked at`, "deploy this release");
    }
    case "unclear":
      return broken(`${who}: ${told.seen}`, "npx wrangler tail shows what the Worker says");
  }
}

export function checkKv({ readiness }: Readings): CheckResult {
  const told = readinessOf(readiness);
  if (told.kind !== "told") return skipped("the Worker does not say");
  const { kv } = told.parts;
  if (kv.state === "ok") return ok(answeredIn(kv));
  if (kv.state === "not_bound") {
    return warning("not bound: each location caches for itself", "bind a namespace as KV in wrangler.toml");
  }
  return broken(
    describe(kv),
    "reviews go on, and ask GitHub more often: see the binding KV in wrangler.toml, and Cloudflare's status page",
  );
}

export function checkGitHub({ readiness }: Readings): CheckResult {
  const told = readinessOf(readiness);
  if (told.kind !== "told") return skipped("the Worker does not say");
  const { github } = told.parts;
  if (github.state === "ok") return ok(answeredIn(github));
  return broken(
    describe(github),
    "users who signed in lately still get in for OUTAGE_GRACE_SECONDS: see GITHUB_API_URL, and GitHub's status page",
  );
}

function answeredIn({ durationMs }: Part): string {
  return durationMs === undefined ? "answers the Worker" : `answers the Worker in ${durationText(durationMs)}`;
}

function describe({ state, problem }: Part): string {
  return printable(problem ?? state);
}
