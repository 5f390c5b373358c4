// The Worker's own code in Node: the whole app, with nothing between it and the stand-in for GitHub.
import * as v from "valibot";
import { createApp } from "../../src/worker/app.ts";
import { clusterVariableName } from "../../src/worker/config/config.ts";
import { verifiedCertificate } from "../support/client-auth.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import type { PolicyTable } from "./case.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

const recordSchema = v.object({ cluster: v.optional(v.string()), credentialId: v.optional(v.string()) });
const certificateEnds = new Date("2099-12-31T00:00:00Z");

export interface DeploymentOptions {
  /** The settings of the deployment. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly clusters: Readonly<Record<string, PolicyTable>>;
  /** Default: the real one. */
  readonly now?: () => number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Deployment {
  /** Asks about a token as one of the clusters. */
  review(cluster: string, token: string): Promise<Outcome>;
  /** Asks the sign-in hostname. @param url below the settings' ISSUER_URL */
  fetch(url: string, init?: { readonly method: "POST"; readonly body: URLSearchParams }): Promise<Answer>;
}

/** All of it is one isolate, with one memory. */
export interface DeploymentInNode extends Deployment {
  /** What a browser sends to the sign-in hostname. */
  send(url: string, init: RequestInit): Promise<Response>;
}

export function createDeployment(options: DeploymentOptions): DeploymentInNode {
  const fingerprints = new Map(
    Object.keys(options.clusters).map((name, index) => [name, index.toString(16).padStart(64, "0")]),
  );
  const clusters = Object.entries(options.clusters).map(([name, policy]) => [
    clusterVariableName(name),
    { client_certificates: [fingerprints.get(name)], ...policy },
  ]);
  const env = { ...options.settings, ...Object.fromEntries(clusters) };
  const records = new Map<string, unknown>();
  const app = createApp({
    fetch: (input, init) => fetch(input, init),
    now: options.now ?? (() => Date.now()),
    waitUntil: () => undefined,
    writeLine: (line) => {
      const { credentialId, cluster } = v.parse(recordSchema, JSON.parse(line));
      // The sign-in hostname names a client instead.
      if (cluster === undefined) return;
      // A wrong configuration is logged without saying whose review it was.
      records.set(credentialId ?? cluster, JSON.parse(line));
    },
    // Warnings about names that are not pinned are no part of an outcome.
    writeError: () => undefined,
  });
  const send = (url: string, init?: RequestInit) => app.fetch(new Request(url, init), env);
  return {
    send,
    async review(cluster, token) {
      const fingerprint = fingerprints.get(cluster);
      if (fingerprint === undefined) throw new Error(`there is no cluster ${cluster}`);
      const request = new Request("https://octogate.test/authenticate", {
        method: "POST",
        body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } }),
      });
      const cf = { tlsClientAuth: verifiedCertificate(fingerprint, certificateEnds) };
      const response = await app.fetch(Object.assign(request, { cf }), env);
      const record =
        records.get(credentialIdOf(token)) ?? records.get(tokenIdOf(token)) ?? records.get(cluster) ?? null;
      return outcomeOf(response.status, await response.text(), record);
    },
    async fetch(url, init) {
      const response = await send(url, init);
      return { status: response.status, body: await response.text() };
    },
  };
}

/** @returns how the log names the token of a workflow; "" for any other one */
function tokenIdOf(token: string): string {
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), v.object({ jti: v.string() })),
    Buffer.from(token.split(".")[1] ?? "", "base64url").toString(),
  );
  return parsed.success ? `JTI=${parsed.output.jti}` : "";
}
