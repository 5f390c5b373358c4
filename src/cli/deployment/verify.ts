// The last step: does the deployment, seen from outside, do what it is for?
// A new hostname needs its DNS record and its certificate first, and Cloudflare takes a while for changes. So this is
// tried again until it succeeds or the time is up.
import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { type Endpoint, type HttpsResponse, sendRequest } from "../../node/https.ts";
import type { CredentialData } from "../../node/kubeconfig.ts";
import { checksumOf } from "../../worker/credential/checksum.ts";
import { type Context, type Diagnostic, error } from "../command.ts";

/** Where kube-apiserver sends its reviews. */
export const reviewPath = "/authenticate";
const firstPauseMs = 250;
const maxPauseMs = 5_000;

/** @returns what is not as it should be, or null */
export async function verifyFromOutside(
  endpoint: Endpoint,
  credential: CredentialData,
  waitMs: number,
  { now, terminal }: Context,
): Promise<Diagnostic | null> {
  const deadline = now() + waitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
    const found = await verifyOnce(endpoint, credential);
    if (found === null || now() + pauseMs > deadline) return found;
    if (pauseMs === firstPauseMs) terminal.note(`  waiting until it answers: ${found.message}`);
    await wait(pauseMs);
  }
}

async function verifyOnce(endpoint: Endpoint, credential: CredentialData): Promise<Diagnostic | null> {
  const address = `https://${endpoint.hostname}${reviewPath}`;
  const review = { path: reviewPath, method: "POST", body: tokenReviewBody(madeUpToken()) } as const;
  const outsider = await sendRequest(endpoint, { ...review, credential: null });
  if (outsider.kind === "failed") return error(address, `cannot be reached: ${outsider.why}`);
  if (outsider.status !== 403) {
    const message = `without a client certificate answered ${describe(outsider)}, not 403`;
    return error(address, message, "look at the zone's custom rules, and run octogate doctor");
  }
  const cluster = await sendRequest(endpoint, { ...review, credential });
  if (isPlainNo(cluster)) return null;
  return error(
    address,
    `with the cluster's certificate answered ${describe(cluster)}, not a TokenReview that says “authenticated: false”`,
    "run octogate doctor: it says at which step the chain breaks",
  );
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

/** Well-formed, so that the Worker forwards it to GitHub, which rejects it. */
function madeUpToken(): string {
  const random = Array.from({ length: 30 }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
  return `ghp_${random}${checksumOf(random)}`;
}

/** @returns JSON */
export function tokenReviewBody(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}
