// Every response of the Worker to kube-apiserver. The rules are those of its client (k8s.io/apiserver,
// plugin/pkg/authenticator/token/webhook, and client-go): it retries anything but 503 among the 5xx five times, 429 and
// Retry-After lead to up to 55 calls or a hang of 30 s, it replays the token to any host that a redirect names, and it
// caches a 200 that is not a complete TokenReview as a "no".
import { deniedReasons, undeterminedReasons } from "../reasons.ts";
import { sentenceOf, type Verdict } from "../verdict.ts";
import type { ApiVersion, FieldProblem } from "./token-review.ts";

/** The reasons of metav1.Status that are used here; the apiserver's client retries on none of them. */
const statusReasons = {
  400: "BadRequest",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  413: "RequestEntityTooLarge",
  503: "ServiceUnavailable",
} as const;

/** Why a request failed, for programs (metav1.StatusCause). kube-apiserver's client decides nothing by it. */
export interface StatusCause {
  readonly reason: string;
  /** The field of the request that is wrong, such as `spec.token`. */
  readonly field?: string;
}

/**
 * @param apiVersion the request's: an answer of another version is an error to the apiserver
 * @param isRepeated whether a denial repeats so often that it is answered as a plain no
 * @returns 200 with a TokenReview for the first three verdicts, 503 with a Status for "undetermined"
 */
export function verdictResponse(apiVersion: ApiVersion, verdict: Verdict, isRepeated = false): Response {
  switch (verdict.kind) {
    case "authenticated":
      // No audiences: a GitHub token has none, and repeating those that were asked for would make it valid for them.
      return tokenReview(apiVersion, { authenticated: true, user: verdict.user });
    case "unauthenticated":
      return tokenReview(apiVersion, { authenticated: false });
    case "denied": {
      // kube-apiserver caches a no without an error.
      if (isRepeated) return tokenReview(apiVersion, { authenticated: false });
      const detail = verdict.detail === null ? "" : ` (${verdict.detail})`;
      const error = `${verdict.reason}: ${sentenceOf(deniedReasons[verdict.reason])}${detail}`;
      return tokenReview(apiVersion, { authenticated: false, error });
    }
    case "undetermined":
      return undeterminedResponse(verdict);
  }
}

/** @returns 503 with the reason code as its cause */
export function undeterminedResponse({ reason, detail }: Verdict & { kind: "undetermined" }): Response {
  const message = `${reason}: ${detail ?? sentenceOf(undeterminedReasons[reason])}`;
  return statusResponse(503, message, { cause: { reason } });
}

export function badRequest({ field, message }: FieldProblem): Response {
  return statusResponse(400, `${field}: ${message}`, { cause: { reason: "FieldValueInvalid", field } });
}

/** @param allowed the methods that the path takes, as in the Allow header */
export function methodNotAllowed(allowed: string): Response {
  return statusResponse(405, `this path does not take that method, only ${allowed}`, { headers: { Allow: allowed } });
}

/**
 * A failure as Kubernetes writes it (metav1.Status); the apiserver logs the message.
 *
 * @param message for an operator; must not hold token material
 */
export function statusResponse(
  code: keyof typeof statusReasons,
  message: string,
  { cause, headers = {} }: { readonly cause?: StatusCause; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: statusReasons[code],
    // JSON leaves out what is undefined.
    details: cause === undefined ? undefined : { causes: [cause] },
    code,
  };
  return Response.json(status, { status: code, headers });
}

function tokenReview(apiVersion: ApiVersion, status: object): Response {
  return Response.json({ kind: "TokenReview", apiVersion, metadata: {}, spec: {}, status });
}
