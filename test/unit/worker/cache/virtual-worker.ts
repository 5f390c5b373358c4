// The whole Worker, from the TokenReview to its answer, on virtual time: several isolates of it, on one KV.
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { createApp } from "../../../../src/worker/app.ts";
import { verifiedCertificate } from "../../../support/client-auth.ts";
import { turnOfTheLoop } from "./support.ts";
import type { VirtualGitHub } from "./virtual-github.ts";
import type { VirtualTime } from "./virtual-time.ts";

export const ttlSeconds = 120;
export const graceSeconds = 600;

const fingerprint = "ab".repeat(32);

export interface VirtualWorker {
  /** @returns when the person was let in, or null; what is left to do in the background is done by then */
  review(token: string): Promise<number | null>;
}

interface Version {
  readonly value: ArrayBuffer;
  readonly at: number;
  readonly by: number;
}

export interface FleetOptions {
  readonly time: VirtualTime;
  readonly github: VirtualGitHub;
  /** How long another isolate's write is not visible yet. */
  readonly kvLagMs: number;
}

const answerSchema = v.object({ status: v.union([v.object({ authenticated: v.boolean() }), v.string()]) });

/** @returns two isolates of one deployment, which share nothing but KV */
export function startFleet({ time, github, kvLagMs }: FleetOptions): readonly [VirtualWorker, VirtualWorker] {
  const versions = new Map<string, Version[]>();
  const secret = randomBytes(32).toString("base64");

  function bindingOf(isolate: number) {
    return {
      async get(name: string) {
        const seen = versions.get(name)?.filter(({ at, by }) => by === isolate || at + kvLagMs <= time.now());
        return seen?.at(-1)?.value.slice() ?? null;
      },
      async put(name: string, value: Uint8Array<ArrayBuffer>) {
        versions.set(name, [
          ...(versions.get(name) ?? []),
          { value: value.slice().buffer, at: time.now(), by: isolate },
        ]);
      },
    };
  }

  function start(isolate: number): VirtualWorker {
    const background: Promise<void>[] = [];
    const app = createApp({
      fetch: github.fetch,
      now: time.now,
      waitUntil: (work) => background.push(work),
      writeLine: () => {},
      writeError: () => {},
    });
    const env = {
      GITHUB_API_URL: "https://api.github.test",
      CACHE_TTL_SECONDS: ttlSeconds,
      OUTAGE_GRACE_SECONDS: graceSeconds,
      CACHE_SECRET: secret,
      CLUSTER_TEST: { client_certificates: [fingerprint], allow: ["team:acme/platform#55"], token_kinds: ["classic"] },
      KV: bindingOf(isolate),
    };
    const certificate = verifiedCertificate(fingerprint, new Date(time.now() + 90 * 86_400_000));
    return {
      async review(token) {
        const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
        const request = new Request("https://auth.test/authenticate", { method: "POST", body });
        const response = await app.fetch(Object.assign(request, { cf: { tlsClientAuth: certificate } }), env);
        const answeredAt = time.now();
        const { status } = v.parse(answerSchema, await response.json());
        await turnOfTheLoop();
        while (background.length > 0) await Promise.all(background.splice(0));
        return typeof status === "object" && status.authenticated ? answeredAt : null;
      },
    };
  }

  return [start(0), start(1)];
}
