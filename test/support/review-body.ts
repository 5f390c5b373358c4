// A review as kube-apiserver sends it.

export type ApiVersion = "v1" | "v1beta1";

/** What kube-apiserver's kubeconfig makes of the address: client-go adds its timeout to the query. */
export const reviewPath = "/authenticate?timeout=30s";

/** The JSON of a review as kube-apiserver writes it. */
export function reviewBody(token: unknown, apiVersion: ApiVersion = "v1"): string {
  const review = {
    kind: "TokenReview",
    apiVersion: `authentication.k8s.io/${apiVersion}`,
    metadata: {},
    spec: { token, audiences: ["https://kubernetes.default.svc.cluster.local"] },
    status: { user: {} },
  };
  return `${JSON.stringify(review)}\n`;
}
