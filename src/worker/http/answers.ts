// Every answer that leaves the Worker towards kube-apiserver is made here. The rules are its client's (k8s.io/apiserver, plugin/pkg/authenticator/
// token/webhook and client-go): anything but 503 among the 5xx is retried five times, 429 and Retry-After make up to 55 calls or a hang of 30 s, a
// redirect replays the token to any host, and a 200 that is no complete TokenReview counts as a "no" that is remembered.
import type { Verdict } from "../verdict.ts";
import type { ApiVersion } from "./token-review.ts";

/** The reasons of metav1.Status that are used here; the apiserver's client retries on none of them. */
const statusReasons = {
  400: "BadRequest",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  413: "RequestEntityTooLarge",
  503: "ServiceUnavailable",
} as const;

/**
 * @param apiVersion the request's: an answer of another version is an error to the apiserver
 * @returns 200 with a TokenReview for the first three verdicts, 503 with a Status for "undetermined"
 */
export function verdictResponse(apiVersion: ApiVersion, verdict: Verdict): Response {
  switch (verdict.kind) {
    case "authenticated":
      // No audiences: a GitHub token carries none, and echoing those that were asked for would make the token valid for anybody's.
      return tokenReview(apiVersion, { authenticated: true, user: verdict.user });
    case "unauthenticated":
      return tokenReview(apiVersion, { authenticated: false });
    case "denied":
      return tokenReview(apiVersion, { authenticated: false, error: verdict.message });
    case "undetermined":
      return statusResponse(503, verdict.message);
  }
}

/**
 * A failure as Kubernetes writes it (metav1.Status); the apiserver logs the message.
 *
 * @param message for an operator; must not hold token material
 */
export function statusResponse(
  code: keyof typeof statusReasons,
  message: string,
  headers?: Record<string, string>,
): Response {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: statusReasons[code],
    code,
  };
  return Response.json(status, { status: code, ...(headers === undefined ? {} : { headers }) });
}

function tokenReview(apiVersion: ApiVersion, status: object): Response {
  return Response.json({ kind: "TokenReview", apiVersion, metadata: {}, spec: {}, status });
}
