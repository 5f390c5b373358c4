// The TokenReview that kube-apiserver sends: which fields count, and what the answer says when one is wrong. Both API
// versions are served: kube-apiserver's default is still v1beta1, and an answer must have the request's version.
import * as v from "valibot";
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

const tokenMessage = "must be a string that is not empty";

const reviewSchema = v.object(
  {
    apiVersion: v.picklist(apiVersions, `must be one of ${apiVersions.join(", ")}`),
    kind: v.literal("TokenReview", "must be TokenReview"),
    spec: v.object({ token: v.pipe(v.string(tokenMessage), v.minLength(1, tokenMessage)) }, (issue) =>
      issue.path === undefined ? "must be an object" : tokenMessage,
    ),
  },
  (issue) => (issue.path === undefined ? "must be a JSON object" : "is required"),
);

/** What is wrong with a body. */
export interface FieldProblem {
  /** Such as `spec.token`; `body` stands for all of it. */
  readonly field: string;
  /** Quotes nothing of the body. */
  readonly message: string;
}

/**
 * @param text the request's body
 * @returns the review, or the first problem
 */
export function parseTokenReview(
  text: string,
): { readonly ok: true; readonly review: TokenReviewRequest } | { readonly ok: false; readonly problem: FieldProblem } {
  const json = parseJson(text);
  if (json === undefined) return wrong("body", "must be JSON");
  if (Array.isArray(json)) return wrong("body", "must be a JSON object");
  const parsed = v.safeParse(reviewSchema, json, { abortEarly: true });
  if (!parsed.success) {
    const [{ path = [], message }] = parsed.issues;
    return wrong(path.length === 0 ? "body" : path.map(({ key }) => String(key)).join("."), message);
  }
  const { apiVersion, spec } = parsed.output;
  return { ok: true, review: { apiVersion, token: spec.token } };
}

function wrong(field: string, message: string) {
  return { ok: false, problem: { field, message } } as const;
}
