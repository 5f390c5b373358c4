// The last step: does the deployment do, seen from outside, what it is for? A new hostname needs its DNS record and certificate first, and Cloudflare takes a while for what was
// changed, so this is tried again until it is so, or the time is up.
import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import type { Endpoint } from "../../node/https.ts";
import { type HttpsResponse, sendRequest } from "../../node/https.ts";
import type { CredentialData } from "../../node/kubeconfig.ts";
import { tokenReviewBody } from "../../node/token-review.ts";
import { checksumOf } from "../../worker/credential/checksum.ts";
import type { Trouble } from "../report.ts";

/** Where kube-apiserver sends its reviews. */
export const reviewPath = "/authenticate";
const firstPauseMs = 250;
const maxPauseMs = 5_000;

export interface Patience {
  /** Milliseconds. */
  readonly now: () => number;
  readonly waitMs: number;
  /** Hears of the first failed attempt. */
  readonly onWaiting: (why: string) => void;
}

/** @returns what is not as it should be, or null */
export async function verifyFromOutside(
  endpoint: Endpoint,
  credential: CredentialData,
  { now, waitMs, onWaiting }: Patience,
): Promise<Trouble | null> {
  const deadline = now() + waitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
    const trouble = await findTrouble(endpoint, credential);
    if (trouble === null || now() + pauseMs > deadline) return trouble;
    if (pauseMs === firstPauseMs) onWaiting(trouble.message);
    await wait(pauseMs);
  }
}

async function findTrouble(endpoint: Endpoint, credential: CredentialData): Promise<Trouble | null> {
  const where = `https://${endpoint.hostname}${reviewPath}`;
  const body = tokenReviewBody(madeUpToken());
  const stranger = await sendRequest(endpoint, { path: reviewPath, method: "POST", body, credential: null });
  if (stranger.kind === "failed") return { where, message: `cannot be reached: ${stranger.why}` };
  if (stranger.status !== 403) {
    const message = `without a client certificate answered ${describe(stranger)}, not 403`;
    return { where, message, cure: "look at the zone's custom rules, and run octogate doctor" };
  }
  const member = await sendRequest(endpoint, { path: reviewPath, method: "POST", body, credential });
  if (isPlainNo(member)) return null;
  return {
    where,
    message: `with the cluster's certificate answered ${describe(member)}, not a TokenReview that says “authenticated: false”`,
    cure: "run octogate doctor: it says at which link the chain breaks",
  };
}

const reviewSchema = v.object({ kind: v.literal("TokenReview"), status: v.object({ authenticated: v.boolean() }) });

function isPlainNo(answer: HttpsResponse): boolean {
  if (answer.kind !== "answered" || answer.status !== 200) return false;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), reviewSchema), answer.body);
  return parsed.success && !parsed.output.status.authenticated;
}

function describe(answer: HttpsResponse): string {
  if (answer.kind === "failed") return `nothing (${answer.why})`;
  const start = answer.body.replaceAll(/\s+/g, " ").trim().slice(0, 200);
  return start === "" ? String(answer.status) : `${answer.status} “${start}”`;
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Of the right form, so that it goes the whole way: GitHub is asked, and knows it not. */
function madeUpToken(): string {
  const random = Array.from({ length: 30 }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
  return `ghp_${random}${checksumOf(random)}`;
}
