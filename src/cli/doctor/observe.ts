// Asks everything there is to ask, in as few steps as the chain allows: name, handshake, and then all questions at once.

import { type Endpoint, type HttpsRequest, type HttpsResponse, sendRequest } from "../../node/https.ts";
import type { CredentialData } from "../../node/kubeconfig.ts";
import { isAboutTime } from "../../node/network-failure.ts";
import { tokenReviewBody } from "../../node/token-review.ts";
import { type Handshake, shakeHands } from "../network/handshake.ts";
import type { Readings } from "./judge/edge.ts";
import { type Reading, rayOf, readAnswer } from "./reading.ts";

export interface Observations {
  readonly handshake: Handshake;
  /** How much the server's clock is ahead of this machine's, in milliseconds; null where no answer states the time. */
  readonly clockErrorMs: number | null;
  /** Null where the server is not to be trusted: nothing is asked then. */
  readonly readings: Readings | null;
}

/**
 * @param endpoint whom to ask
 * @param credential to present, or null if there is none that can be used
 * @param now the current time in milliseconds
 */
export async function observe(
  endpoint: Endpoint,
  credential: CredentialData | null,
  now: () => number,
): Promise<Observations> {
  const handshake = await shakeHands(endpoint);
  if (handshake.kind !== "complete") return { handshake, clockErrorMs: null, readings: null };
  if (handshake.distrust !== null) {
    // By whose clock? Asking for the time tells nothing to anybody.
    const answer = isAboutTime(handshake.distrust)
      ? await sendRequest(endpoint, { method: "GET", path: "/healthz", credential: null, trustsAnyServer: true })
      : null;
    return { handshake, clockErrorMs: clockErrorOf(answer, now()), readings: null };
  }
  const review = { method: "POST", path: "/authenticate", body: tokenReviewBody(madeUpToken) } as const;
  const get = (path: string) => ({ method: "GET", path }) as const;
  const clockErrors: number[] = [];
  const askAs = async (presented: CredentialData | null, question: Omit<HttpsRequest, "credential">) => {
    const answer = await sendRequest(endpoint, { ...question, credential: presented });
    const clockError = clockErrorOf(answer, now());
    if (clockError !== null) clockErrors.push(clockError);
    return { ray: rayOf(answer), reading: readAnswer(answer) };
  };
  const withCredential = (question: Omit<HttpsRequest, "credential">) =>
    credential === null ? null : askAs(credential, question);
  const [stranger, health, readiness, made] = await Promise.all([
    askAs(null, review),
    withCredential(get("/healthz")),
    withCredential(get("/readyz")),
    withCredential(review),
  ]);
  return {
    handshake,
    // The smallest: a slow answer was dated before it arrived.
    clockErrorMs: clockErrors.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? null,
    readings: {
      withoutCertificate: stranger.reading,
      health: health?.reading ?? null,
      readiness: readiness?.reading ?? null,
      review: made?.reading ?? null,
      ray:
        [stranger, health, readiness, made].map((asked) => asked?.ray).find((ray) => typeof ray === "string") ?? null,
    },
  };
}

/** Sends a person's token. Only for an endpoint that has been found to be Octogate's. */
export async function reviewToken(endpoint: Endpoint, credential: CredentialData, token: string): Promise<Reading> {
  const body = tokenReviewBody(token);
  return readAnswer(await sendRequest(endpoint, { method: "POST", path: "/authenticate", body, credential }));
}

/** GitHub's prefix and nothing else of its form: the Worker knows at sight that it is no token, and asks nobody. */
const madeUpToken = "ghp_made-up-by-octogate-doctor";

function clockErrorOf(answer: HttpsResponse | null, at: number): number | null {
  if (answer?.kind !== "answered") return null;
  const date = Date.parse(answer.headers.date ?? "");
  return Number.isNaN(date) ? null : date - at;
}
