// The origin of an answer: the Worker, or something in its place.
// Cloudflare's edge has pages and error codes of its own, and a proxy in front of it may answer anything.
import * as v from "valibot";
import type { HttpsResponse } from "../../../node/https.ts";
import { type CallerRefusal, callerRefusals } from "../../../worker/http/client-certificate.ts";
import { type EdgeError, isChallenge, readEdgeError } from "../../cloudflare/edge-errors.ts";
import { printable } from "./check.ts";

export type Reading =
  | { readonly kind: "failed"; readonly why: string }
  /** Bot protection wants to see a browser. */
  | { readonly kind: "challenge" }
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  /** A failure that does not come from the Worker; the cause is null where Cloudflare names none. */
  | { readonly kind: "edge_error"; readonly seen: string; readonly cause: EdgeError | null }
  /** Refused before the Worker, for the client certificate as far as can be seen. */
  | { readonly kind: "blocked"; readonly seen: string }
  /** Refused by the Worker for its client certificate. */
  | { readonly kind: "refused"; readonly refusal: CallerRefusal; readonly message: string }
  /** An answer in JSON: from the Worker, as far as can be seen here. */
  | { readonly kind: "json"; readonly status: number; readonly body: unknown; readonly durationMs: number }
  | { readonly kind: "foreign"; readonly seen: string };

const statusSchema = v.object({
  kind: v.literal("Status"),
  message: v.string(),
  details: v.optional(v.object({ causes: v.tuple([v.object({ reason: v.string() })]) })),
});

export function readAnswer(answer: HttpsResponse): Reading {
  if (answer.kind === "failed") return answer;
  const { status, headers, body, durationMs } = answer;
  const isHtml = /html/i.test(headers["content-type"] ?? "");
  if (isChallenge(answer)) return { kind: "challenge" };
  if (status >= 300 && status < 400) {
    return { kind: "redirect", status, location: printable(headers.location ?? "") };
  }
  const cause = readEdgeError(answer);
  const seen = seenOf(answer, isHtml, cause);
  if (cause !== null) {
    return status === 403 && !cause.isForAllCallers ? { kind: "blocked", seen } : { kind: "edge_error", seen, cause };
  }
  const json = parseJson(body);
  if (status === 403) {
    const { message, cause } = statusOf(json) ?? { message: "", cause: null };
    const refusal = callerRefusals.find((one) => one === cause);
    return refusal === undefined ? { kind: "blocked", seen } : { kind: "refused", refusal, message };
  }
  if (isObject(json)) return { kind: "json", status, body: json, durationMs };
  if (status === 401) return { kind: "blocked", seen };
  return status === 429 || status >= 500 ? { kind: "edge_error", seen, cause: null } : { kind: "foreign", seen };
}

/** @returns what a Kubernetes Status says, for people and for programs; null for what is none */
export function statusOf(json: unknown): { readonly message: string; readonly cause: string | null } | null {
  const parsed = v.safeParse(statusSchema, json);
  if (!parsed.success) return null;
  const { message, details } = parsed.output;
  return { message: printable(message), cause: details?.causes[0].reason ?? null };
}

/**
 * @returns the name of the request at Cloudflare, which its support asks for, or null if the answer is not from its
 *   edge
 */
export function rayOf(answer: HttpsResponse | null): string | null {
  const ray = answer?.kind === "answered" ? answer.headers["cf-ray"] : undefined;
  return ray === undefined ? null : printable([ray].flat().join(" "));
}

/** "HTTP 530 with an HTML page, error code 1016 (cf-ray 8f0e)" */
function seenOf(answer: HttpsResponse & { kind: "answered" }, isHtml: boolean, cause: EdgeError | null): string {
  const ray = rayOf(answer);
  const seen = cause?.seen ?? `HTTP ${answer.status}${isHtml ? " with an HTML page" : ""}`;
  return ray === null ? seen : `${seen} (cf-ray ${ray})`;
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
