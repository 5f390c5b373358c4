// One HTTPS request on a connection of its own, and its whole answer.
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { CredentialData } from "../kubeconfig/webhook-kubeconfig.ts";
import { failureText } from "./failure.ts";
import { type Place, tlsOptionsOf } from "./place.ts";

export interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Null: none is presented. */
  readonly credential: CredentialData | null;
  /** Asks also whom it does not trust; for questions that tell nothing. */
  readonly trustsAnybody?: true;
}

export type Answer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
      readonly durationMs: number;
    }
  | { readonly kind: "failed"; readonly why: string };

/** More than any answer of ours, and little enough to keep. */
const maxBodyBytes = 1024 * 1024;

export function ask(place: Place, { method, path, body, credential, trustsAnybody }: Question): Promise<Answer> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(place.timeoutMs);
  return new Promise((resolve) => {
    const failed = (error: unknown) => {
      const why = signal.aborted ? `no answer within ${place.timeoutMs / 1000} s` : failureText(error);
      resolve({ kind: "failed", why });
    };
    const outgoing = request({
      ...tlsOptionsOf(place),
      ...(credential === null ? {} : { cert: credential.certificate, key: credential.key }),
      rejectUnauthorized: trustsAnybody !== true,
      agent: false,
      signal,
      method,
      path,
      headers: {
        Host: place.hostname,
        Accept: "application/json",
        "User-Agent": "octogate-doctor",
        ...(body === undefined
          ? {}
          : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }),
      },
    });
    outgoing.on("error", failed);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("error", failed);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maxBodyBytes) outgoing.destroy(new Error(`more than ${maxBodyBytes} bytes were answered`));
      });
      response.on("end", () =>
        resolve({
          kind: "answered",
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
          durationMs: performance.now() - startedAt,
        }),
      );
    });
    outgoing.end(body);
  });
}
