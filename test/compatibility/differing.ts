// The stories that go another way by the release of Kubernetes: how a kube-apiserver asks the webhook, how it trusts an
// issuer, and what the command finds out about that. `npm run test:e2e` runs them on older releases as well.
export const differing = ["sign-in", "doctor-cluster", "issuer-mistakes", "managed-clusters", "trusted-issuer"];
