// The checks behind the edge: which cluster the Worker takes us for, what it says about itself, and the reviews of a
// made-up token and of a person's token.
import * as v from "valibot";
import { apiVersions } from "../../../../worker/http/token-review.ts";
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
      ? broken(
          "wrangler.toml lists it, the deployed Worker does not",
          "deploy: npx wrangler deploy --config wrangler.toml",
        )
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
  parts: v.object({
    configuration: partSchema,
    kv: partSchema,
    github: partSchema,
    // Only where people sign in.
    signIn: v.optional(partSchema),
  }),
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
    case "told": {
      const { configuration, signIn } = told.parts;
      if (configuration.state !== "ok") {
        return broken(`${who}: ${describe(configuration)}`, "octogate check finds it before a deployment does");
      }
      return signIn?.problem === undefined
        ? ok(who)
        : warning(`${who}: signing in: ${describe(signIn)}`, "docs/configuration.md, Signing in: reviews go on");
    }
    case "absent": {
      const status = review?.kind === "json" ? statusOf(review.body) : null;
      if (status?.cause === "configuration") {
        return broken(`${who}: ${status.message}`, "octogate check finds it before a deployment does");
      }
      return warning(`${who} has no /readyz: KV and GitHub are not looked at`, "deploy this release");
    }
    case "unclear":
      return broken(`${who}: ${told.seen}`, "npx wrangler tail --config wrangler.toml shows what the Worker says");
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

const reviewSchema = v.object({
  apiVersion: v.literal(apiVersions[0]),
  kind: v.literal("TokenReview"),
  status: v.object({
    authenticated: v.optional(v.boolean(), false),
    error: v.optional(v.string()),
    user: v.optional(v.object({ username: v.string(), groups: v.optional(v.array(v.string()), []) })),
  }),
});

type ReviewStatus = v.InferOutput<typeof reviewSchema>["status"];

type ReviewAnswer =
  | { readonly kind: "answered"; readonly status: ReviewStatus; readonly durationMs: number }
  | { readonly kind: "wrong"; readonly result: CheckResult };

const logHint = "npx wrangler tail --config wrangler.toml shows what the Worker says";

function reviewAnswerOf(reading: Reading): ReviewAnswer {
  if (reading.kind !== "json") return wrong(reading.kind === "failed" ? reading.why : "something else answers");
  const { status, body, durationMs } = reading;
  if (status !== 200) {
    const failure = statusOf(body);
    return wrong(`HTTP ${status}${failure === null ? "" : `: ${failure.message}`}`);
  }
  const parsed = v.safeParse(reviewSchema, body);
  if (!parsed.success) return wrong("the answer is no TokenReview of the version of the request");
  return { kind: "answered", status: parsed.output.status, durationMs };
}

function wrong(seen: string): ReviewAnswer {
  return { kind: "wrong", result: broken(seen, logHint) };
}

/**
 * kube-apiserver waits 30 s, people do not. A made-up token costs no call to GitHub: this is the time of the round
 * trip.
 */
export const slowMadeUpMs = 3_000;
const slowTokenMs = 5_000;

/** @param reading the answer about the made-up token */
export function checkReview(reading: Reading): CheckResult {
  const answer = reviewAnswerOf(reading);
  if (answer.kind === "wrong") return answer.result;
  const { status, durationMs } = answer;
  if (status.authenticated || status.error !== undefined) {
    return broken(
      "a made-up token gets more than a plain no",
      "this is not Octogate as it was released: deploy it again",
    );
  }
  const seen = `a made-up token is refused, in ${durationText(durationMs)}`;
  return durationMs > slowMadeUpMs
    ? warning(seen, "the way to the edge is slow: every new sign-in waits for it")
    : ok(seen);
}

const maxShownGroups = 4;

/** @param reading the answer about the token from stdin */
export function checkToken(reading: Reading): CheckResult {
  const answer = reviewAnswerOf(reading);
  if (answer.kind === "wrong") return answer.result;
  const { status, durationMs } = answer;
  if (!status.authenticated || status.user === undefined) {
    const seen = status.error === undefined ? "a plain no" : printable(status.error);
    return broken(`${seen}, in ${durationText(durationMs)}`, "octogate explain says why, entry by entry");
  }
  const { username, groups } = status.user;
  const shown = groups.slice(0, maxShownGroups).join(", ");
  const more = groups.length > maxShownGroups ? ` and ${groups.length - maxShownGroups} more` : "";
  const membership = groups.length === 0 ? "in no group" : `in ${shown}${more}`;
  const seen = `${printable(`${username} ${membership}`)}; ${durationText(durationMs)}`;
  return durationMs > slowTokenMs ? warning(seen, "see durationMs and source in the decision log") : ok(seen);
}
