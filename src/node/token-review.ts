// The TokenReview that kube-apiserver sends.

/** No GitHub token by its shape, in no setting of TOKEN_SHAPE: the Worker answers a plain no and sends it nowhere. */
export const foreignToken = "made-up-by-octogate";

/** @returns JSON */
export function tokenReviewBody(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}
