// A kube-apiserver that never stops asking: one review after the other, each over a new connection with the certificate
// that it has by then.
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { type Endpoint, sendRequest } from "../../../src/node/https.ts";
import type { CredentialData } from "../../../src/node/kubeconfig.ts";
import { reviewBody, reviewPath } from "../../support/review-body.ts";

export interface ReviewLoop {
  /** How many were answered as they should be. */
  readonly admitted: number;
  /** Every other answer. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

const reviewSchema = v.object({ status: v.object({ authenticated: v.boolean() }) });

/** @param credential is asked before each review */
export function startReviews(endpoint: Endpoint, token: string, credential: () => CredentialData): ReviewLoop {
  const loop = { admitted: 0, refused: [] as string[] };
  let isRunning = true;
  const running = (async () => {
    while (isRunning) {
      const call = { path: reviewPath, method: "POST", body: reviewBody(token), credential: credential() } as const;
      const answer = await sendRequest(endpoint, call);
      const parsed =
        answer.kind === "answered" && answer.status === 200
          ? v.safeParse(v.pipe(v.string(), v.parseJson(), reviewSchema), answer.body)
          : null;
      if (parsed?.success && parsed.output.status.authenticated) loop.admitted += 1;
      else loop.refused.push(JSON.stringify(answer));
      await wait(5);
    }
  })();
  return {
    get admitted() {
      return loop.admitted;
    },
    refused: loop.refused,
    async stop() {
      isRunning = false;
      await running;
    },
  };
}
