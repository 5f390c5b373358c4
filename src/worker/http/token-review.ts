// The TokenReview that kube-apiserver sends: which fields count, and what is said when one is wrong. Both API versions are served, since the
// apiserver's default is still v1beta1, and the answer has to be of the version that was asked in.
import * as v from "valibot";

export const apiVersions = ["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"] as const;
export type ApiVersion = (typeof apiVersions)[number];

export interface TokenReviewRequest {
  readonly apiVersion: ApiVersion;
  /** Whatever the client sent as its bearer token; not empty, anything else is possible. */
  readonly token: string;
}

/**
 * The largest body that is read. Real bearer tokens need a fraction of it: service account tokens have 1 to 2 KB, OIDC tokens with many
 * groups some ten, and proxies seldom let headers over 32 KB through; JSON's escapes can make six bytes of one. Parsing this much costs well under
 * the 10 ms of CPU time that the free plan gives a request. A larger one gets a 413, which costs the apiserver exactly one call.
 */
export const maxReviewBytes = 256 * 1024;

const tokenMessage = "spec.token: must be a string that is not empty";

const reviewSchema = v.object(
  {
    apiVersion: v.picklist(apiVersions, `apiVersion: must be one of ${apiVersions.join(", ")}`),
    kind: v.literal("TokenReview", "kind: must be TokenReview"),
    spec: v.object({ token: v.pipe(v.string(tokenMessage), v.nonEmpty(tokenMessage)) }, (issue) =>
      issue.path === undefined ? "spec: must be an object" : tokenMessage,
    ),
  },
  (issue) => {
    const field = issue.path?.[0]?.key;
    return field === undefined ? "body: must be a JSON object" : `${String(field)}: is required`;
  },
);

/**
 * @param text the request's body
 * @returns the review, or a sentence that begins with the name of the field that is wrong and quotes nothing
 */
export function parseTokenReview(
  text: string,
): { readonly ok: true; readonly review: TokenReviewRequest } | { readonly ok: false; readonly message: string } {
  const json = parseJson(text);
  if (json === undefined) return { ok: false, message: "body: must be JSON" };
  if (Array.isArray(json)) return { ok: false, message: "body: must be a JSON object" };
  const parsed = v.safeParse(reviewSchema, json, { abortEarly: true });
  if (!parsed.success) return { ok: false, message: parsed.issues[0].message };
  const { apiVersion, spec } = parsed.output;
  return { ok: true, review: { apiVersion, token: spec.token } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error is dropped on purpose: its message quotes the input, and the input holds a token.
    return undefined;
  }
}
