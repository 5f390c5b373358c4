// The whole Worker, from the TokenReview to its answer, on virtual time: several isolates of it, on one KV.
import { randomBytes } from "node:crypto";
import { decodeJwt } from "jose";
import * as v from "valibot";
import { createApp } from "../../../../src/worker/app.ts";
import { readConfig } from "../../../../src/worker/config/config.ts";
import { createSignInSealer } from "../../../../src/worker/sign-in/sealer.ts";
import { verifiedCertificate } from "../../../support/client-auth.ts";
import { makeSigningKey } from "../../../support/signing-key.ts";
import { turnOfTheLoop } from "./support.ts";
import { signInClientId, type VirtualGitHub } from "./virtual-github.ts";
import type { VirtualTime } from "./virtual-time.ts";

export const ttlSeconds = 120;
export const graceSeconds = 600;

const fingerprint = "ab".repeat(32);

export interface VirtualWorker {
  /** @returns when the person was let in, or null; what is left to do in the background is done by then */
  review(token: string): Promise<number | null>;
  /**
   * Refreshes a sign-in, where the fleet has an ID token's life.
   * @param token GitHub's, which the sign-in has
   * @returns when the new ID token ends, or null where there is none
   */
  refresh(token: string): Promise<number | null>;
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
  /** Default: no person signs in. */
  readonly idTokenSeconds?: number;
}

const issuerUrl = "https://login.test";
/** Made once: a key takes a while. */
const signingKey = makeSigningKey();
const signInVariables = (idTokenSeconds: number) => ({
  ISSUER_URL: issuerUrl,
  GITHUB_WEB_URL: "https://github.test",
  GITHUB_CLIENT_ID: signInClientId,
  OAUTH_CLIENT_SECRETS: JSON.stringify({ [signInClientId]: randomBytes(20).toString("hex") }),
  SIGNING_KEY_A: signingKey,
  ID_TOKEN_SECONDS: idTokenSeconds,
});

const tokenSchema = v.object({ id_token: v.optional(v.string()) });
const answerSchema = v.object({ status: v.union([v.object({ authenticated: v.boolean() }), v.string()]) });

/** @returns two isolates of one deployment, which share nothing but KV */
export function startFleet({
  time,
  github,
  kvLagMs,
  idTokenSeconds,
}: FleetOptions): readonly [VirtualWorker, VirtualWorker] {
  const versions = new Map<string, Version[]>();
  const secret = randomBytes(32).toString("base64");
  const sessionEndsAt = Math.floor(time.now() / 1000) + 8 * 3600;

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
      CLUSTER_TEST: {
        client_certificates: [fingerprint],
        allow: ["team:acme/platform#55"],
        token_kinds: ["classic"],
        sign_in: idTokenSeconds !== undefined,
      },
      ...(idTokenSeconds === undefined ? {} : signInVariables(idTokenSeconds)),
      KV: bindingOf(isolate),
    };
    async function settle(): Promise<void> {
      await turnOfTheLoop();
      while (background.length > 0) await Promise.all(background.splice(0));
    }
    const certificate = verifiedCertificate(fingerprint, new Date(time.now() + 90 * 86_400_000));
    return {
      async review(token) {
        const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
        const request = new Request("https://auth.test/authenticate", { method: "POST", body });
        const response = await app.fetch(Object.assign(request, { cf: { tlsClientAuth: certificate } }), env);
        const answeredAt = time.now();
        const { status } = v.parse(answerSchema, await response.json());
        await settle();
        return typeof status === "object" && status.authenticated ? answeredAt : null;
      },
      async refresh(token) {
        const form = {
          grant_type: "refresh_token",
          client_id: "test",
          refresh_token: await refreshTokenOf(env, token),
        };
        const request = new Request(`${issuerUrl}/token`, { method: "POST", body: new URLSearchParams(form) });
        const response = await app.fetch(request, env);
        const answer = v.parse(tokenSchema, await response.json());
        await settle();
        return answer.id_token === undefined ? null : (decodeJwt(answer.id_token).exp ?? 0) * 1000;
      },
    };
  }

  /** What the sign-in gave out. */
  function refreshTokenOf(env: Readonly<Record<string, unknown>>, token: string): Promise<string> {
    const { signIn } = readConfig(env);
    if (signIn?.ok !== true) throw new Error("no person signs in here");
    const session = { token, tokenEndsAt: sessionEndsAt, needsSecret: false, isShared: false };
    const sealer = createSignInSealer(signIn.value, time.now);
    return sealer.seal("refresh_token", "test", session, sessionEndsAt);
  }

  return [start(0), start(1)];
}
