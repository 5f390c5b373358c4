// The TokenReview that kube-apiserver sends: which fields count, and what the answer says when one is wrong. Both API
// versions are served: kube-apiserver's default is still v1beta1, and an answer must have the request's version.
import { parseJson } from "../json.ts";

export const apiVersions = ["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"] as const;
export type ApiVersion = (typeof apiVersions)[number];

export interface TokenReviewRequest {
  readonly apiVersion: ApiVersion;
  /** The client's bearer token: not empty, but any string otherwise. */
  readonly token: string;
}

/**
 * The largest body that is read, in bytes. Real bearer tokens need a fraction of it: service account tokens have 1 to
 * 2 KB, OIDC tokens with many groups some ten, proxies seldom let headers over 32 KB through, and JSON's escapes can
 * make six bytes of one. Parsing this much takes well under the 10 ms of CPU time that the free plan gives a request.
 * A larger one gets a 413, which costs kube-apiserver exactly one call.
 */
export const maxReviewBytes = 256 * 1024;

/** What is wrong with a body. */
export interface FieldProblem {
  /** Such as `spec.token`; `body` stands for all of it. */
  readonly field: string;
  /** Quotes nothing of the body. */
  readonly message: string;
}

/**
 * Without a schema, which would cost more than the rest of it: this runs with every review.
 *
 * @param text the request's body
 * @returns the review, or the first problem
 */
export function parseTokenReview(
  text: string,
): { readonly ok: true; readonly review: TokenReviewRequest } | { readonly ok: false; readonly problem: FieldProblem } {
  const json = parseJson(text);
  if (json === undefined) return wrong("body", "must be JSON");
  if (!isObject(json) || Array.isArray(json)) return wrong("body", "must be a JSON object");
  const { kind, spec } = json;
  const apiVersion = apiVersions.find((version) => version === json.apiVersion);
  if (apiVersion === undefined) return wrong("apiVersion", `must be one of ${apiVersions.join(", ")}`);
  if (kind !== "TokenReview") return wrong("kind", "must be TokenReview");
  if (!isObject(spec)) return wrong("spec", "must be an object");
  const { token } = spec;
  if (typeof token !== "string" || token === "") return wrong("spec.token", "must be a string that is not empty");
  return { ok: true, review: { apiVersion, token } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function wrong(field: string, message: string) {
  return { ok: false, problem: { field, message } } as const;
}
