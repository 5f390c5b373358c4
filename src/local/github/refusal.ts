// How routes refuse: an error of the API that is counted like any other answer.
import { errorAnswer } from "./answer.ts";
import type { Call } from "./call.ts";
import { notAccessibleAnswer } from "./other-answer.ts";
import type { RouteResult } from "./route.ts";

/** @returns the refusal, with the call counted in its bucket */
export function refuse(
  call: Call,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): RouteResult {
  call.bucket.spend();
  return {
    kind: "refusal",
    answer: errorAnswer(call, status, message, { headers: { ...call.bucket.headers(), ...headers } }),
  };
}

export function notFound(call: Call): RouteResult {
  return refuse(call, 404, "Not Found");
}

export function requiresAuthentication(call: Call): RouteResult {
  return refuse(call, 401, "Requires authentication");
}

/** @returns the refusal of a token that is good for much, but not for this */
export function notAccessible(call: Call): RouteResult {
  return { kind: "refusal", answer: notAccessibleAnswer(call) };
}
