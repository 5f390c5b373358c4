// The TokenReview that kube-apiserver sends.

/** @returns JSON */
export function tokenReviewBody(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}
