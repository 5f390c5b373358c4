// What an answer is: the Worker's, or somebody's in its place. Cloudflare's edge answers with pages and error codes of its own, and what is in front of it
// with anything.
import * as v from "valibot";
import type { HttpsResponse } from "../../node/https.ts";
import { printable } from "./link.ts";

export type Reading =
  | { readonly kind: "failed"; readonly why: string }
  /** Bot protection wants to see a browser. */
  | { readonly kind: "challenge" }
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  /** A failure that is not the Worker's word. */
  | { readonly kind: "edge_error"; readonly seen: string }
  /** Refused before the Worker. */
  | { readonly kind: "blocked"; readonly seen: string }
  /** Refused by the Worker for its client certificate. */
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly message: string }
  /** An answer in JSON, the Worker's by all that can be seen here. */
  | { readonly kind: "json"; readonly status: number; readonly body: unknown; readonly durationMs: number }
  | { readonly kind: "foreign"; readonly seen: string };

/** Why the Worker refuses a caller: see src/worker/http/client-certificate.ts, whose sentences these are. */
export type Refusal = "none_presented" | "not_verified" | "revoked" | "not_listed";

const refusalPatterns: readonly (readonly [Refusal, RegExp])[] = [
  ["none_presented", /^no client certificate(?: was presented|: the request did not come)/],
  ["none_presented", /^the client certificate has no SHA-256 fingerprint/],
  ["not_verified", /^the client certificate [0-9a-f]{64} is not verified/],
  ["revoked", /^the client certificate [0-9a-f]{64} is revoked/],
  ["not_listed", /^the client certificate [0-9a-f]{64} belongs to no cluster/],
];

const statusSchema = v.object({ kind: v.literal("Status"), message: v.string() });

export function readAnswer(answer: HttpsResponse): Reading {
  if (answer.kind === "failed") return answer;
  const { status, headers, body, durationMs } = answer;
  const isHtml = /html/i.test(headers["content-type"] ?? "");
  if (headers["cf-mitigated"] === "challenge" || (isHtml && body.includes("/cdn-cgi/challenge-platform/"))) {
    return { kind: "challenge" };
  }
  if (status >= 300 && status < 400) {
    return { kind: "redirect", status, location: printable(headers.location ?? "") };
  }
  const json = parseJson(body);
  const seen = seenOf(answer, isHtml);
  if (status === 403) {
    const message = messageOf(json);
    const refusal = refusalPatterns.find(([, pattern]) => pattern.test(message ?? ""))?.[0];
    return message !== null && refusal !== undefined
      ? { kind: "refused", refusal, message: printable(message) }
      : { kind: "blocked", seen };
  }
  if (isObject(json)) return { kind: "json", status, body: json, durationMs };
  if (status === 401) return { kind: "blocked", seen };
  return status === 429 || status >= 500 ? { kind: "edge_error", seen } : { kind: "foreign", seen };
}

/** @returns the message of a Kubernetes Status, or null */
export function messageOf(json: unknown): string | null {
  const parsed = v.safeParse(statusSchema, json);
  return parsed.success ? parsed.output.message : null;
}

/** @returns Cloudflare's name for the request, which its support asks for, or null where the answer is not from its edge */
export function rayOf(answer: HttpsResponse | null): string | null {
  const ray = answer?.kind === "answered" ? answer.headers["cf-ray"] : undefined;
  return ray === undefined ? null : printable([ray].flat().join(" "));
}

/** "HTTP 530 with an HTML page, error code 1016 (cf-ray 8f0e)": Cloudflare writes its own codes into its pages. */
function seenOf(answer: HttpsResponse & { kind: "answered" }, isHtml: boolean): string {
  const { status, body } = answer;
  const code = /error(?: code:?)? (1\d{3})\b/i.exec(body)?.[1];
  const ray = rayOf(answer);
  return [
    `HTTP ${status}`,
    isHtml ? " with an HTML page" : "",
    code === undefined ? "" : `, error code ${code}`,
    ray === null ? "" : ` (cf-ray ${ray})`,
  ].join("");
}

function isObject(json: unknown): boolean {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
