// A steady load of reviews through a real kube-apiserver. Each one asks about another audience besides kube-apiserver's
// own: its caches keep answers by token and audiences, so every review is a call to the webhook, though one token does
// for all of them.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { createHttpClient } from "../../support/http-client.ts";
import type { ControlPlane } from "./control-plane.ts";

export const loops = 2;
/** So that a load of minutes does not take the whole machine: some 18 reviews a second. */
const pauseMs = 100;
const apiserverAudience = "https://kubernetes.default.svc";

export interface ReviewLoad {
  reviews(): number;
  /** What came instead of "authenticated". */
  failures(): readonly string[];
  /**
   * How many kube-apiserver cut off itself: once it sees another client certificate, it closes its connections with
   * whatever is in flight (client-go, transport/cert_rotation.go). Nothing outside of it can prevent that, so these are
   * no failures.
   */
  cutOff(): number;
  stop(): Promise<void>;
}

/** @param token of a user who gets in */
export function startReviewLoad(controlPlane: ControlPlane, token: string): ReviewLoad {
  const { certificate, key } = controlPlane.administrator;
  const client = createHttpClient(controlPlane.url, {
    ca: readFileSync(controlPlane.authorityFile),
    cert: readFileSync(certificate),
    key: readFileSync(key),
  });
  const failures: string[] = [];
  let reviews = 0;
  let cutOff = 0;
  let isOver = false;

  async function reviewOnce(): Promise<void> {
    reviews += 1;
    const answer = await client.send({
      method: "POST",
      path: "/apis/authentication.k8s.io/v1/tokenreviews",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token, audiences: [apiserverAudience, `load-${reviews}`] },
      }),
    });
    const { status } = JSON.parse(answer.body) as { status?: { authenticated?: boolean; error?: string } }; // kube-apiserver's
    if (status?.authenticated === true) return;
    const error = status?.error ?? answer.body;
    if (error.includes("use of closed network connection")) cutOff += 1;
    else failures.push(error);
  }
  async function loop(): Promise<void> {
    while (!isOver) {
      await reviewOnce();
      await delay(pauseMs);
    }
  }
  const ended = Promise.all(Array.from({ length: loops }, loop));
  return {
    reviews: () => reviews,
    failures: () => failures,
    cutOff: () => cutOff,
    async stop() {
      isOver = true;
      await ended;
      client.close();
    },
  };
}
