// The last checks: the review of a made-up token, and of a person's token.
import * as v from "valibot";
import { apiVersions } from "../../../../worker/http/token-review.ts";
import { broken, type CheckResult, durationText, ok, printable, warning } from "../check.ts";
import { type Reading, statusOf } from "../reading.ts";

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

const logHint = "npx wrangler tail shows what the Worker says";

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
