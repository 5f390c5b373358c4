// The requests of the doctor, in as few steps as the chain allows: the handshake, and then all requests at once.

import { type Endpoint, type HttpsRequest, type HttpsResponse, sendRequest } from "../../../node/https.ts";
import type { CredentialData } from "../../../node/kubeconfig.ts";
import { isAboutTime } from "../../../node/network-failure.ts";
import { foreignToken, tokenReviewBody } from "../../../node/token-review.ts";
import type { Readings } from "./checks/edge.ts";
import { type Handshake, shakeHands } from "./handshake.ts";
import { type Reading, rayOf, readAnswer } from "./reading.ts";

export interface Observations {
  readonly handshake: Handshake;
  /** How much the server's clock is ahead of this machine's, in milliseconds; null where no answer states the time. */
  readonly clockErrorMs: number | null;
  /** Null where the server is not to be trusted: nothing is sent then. */
  readonly readings: Readings | null;
}

/**
 * @param endpoint where to send the requests
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
    // By which clock? A request for the time reveals nothing.
    const answer = isAboutTime(handshake.distrust)
      ? await sendRequest(endpoint, { method: "GET", path: "/healthz", credential: null, trustsAnyServer: true })
      : null;
    return { handshake, clockErrorMs: clockErrorOf(answer, now()), readings: null };
  }
  const review = { method: "POST", path: "/authenticate", body: tokenReviewBody(foreignToken) } as const;
  const get = (path: string) => ({ method: "GET", path }) as const;
  const clockErrors: number[] = [];
  const sendAs = async (presented: CredentialData | null, request: Omit<HttpsRequest, "credential">) => {
    const answer = await sendRequest(endpoint, { ...request, credential: presented });
    const clockError = clockErrorOf(answer, now());
    if (clockError !== null) clockErrors.push(clockError);
    return { ray: rayOf(answer), reading: readAnswer(answer) };
  };
  const withCredential = (request: Omit<HttpsRequest, "credential">) =>
    credential === null ? null : sendAs(credential, request);
  const [outsider, health, readiness, made] = await Promise.all([
    sendAs(null, review),
    withCredential(get("/healthz")),
    withCredential(get("/readyz")),
    withCredential(review),
  ]);
  return {
    handshake,
    // The smallest: a slow answer was dated before it arrived.
    clockErrorMs: clockErrors.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? null,
    readings: {
      withoutCertificate: outsider.reading,
      health: health?.reading ?? null,
      readiness: readiness?.reading ?? null,
      review: made?.reading ?? null,
      ray:
        [outsider, health, readiness, made].map((asked) => asked?.ray).find((ray) => typeof ray === "string") ?? null,
    },
  };
}

/** Sends a person's token. Only for an endpoint that has been found to be Octogate's. */
export async function reviewToken(endpoint: Endpoint, credential: CredentialData, token: string): Promise<Reading> {
  const body = tokenReviewBody(token);
  return readAnswer(await sendRequest(endpoint, { method: "POST", path: "/authenticate", body, credential }));
}

function clockErrorOf(answer: HttpsResponse | null, at: number): number | null {
  if (answer?.kind !== "answered") return null;
  const date = Date.parse(answer.headers.date ?? "");
  return Number.isNaN(date) ? null : date - at;
}
