// What a release of Kubernetes can, as far as Octogate's files and checks depend on it: one table.

/** The first two numbers of a version: features depend on no more. There is no other major number than 1. */
export interface KubernetesRelease {
  readonly minor: number;
}

/** How a kube-apiserver learns which ID tokens to trust. */
export type TrustConfiguration =
  /** A file, `--authentication-config`: several issuers, uid, extra, rules. Its apiVersion ends with this. */
  | { readonly kind: "structured"; readonly version: "v1" | "v1beta1" }
  /** `--oidc-…` alone: one issuer, a username and groups. */
  | { readonly kind: "flags" };

export interface ReleaseFeatures {
  readonly trust: TrustConfiguration;
  /** Whether kube-apiserver answers `kubectl auth whoami` (SelfSubjectReview, `authentication.k8s.io/v1`). */
  readonly whoami: boolean;
  /** The newest version of what kubectl of this release and a credential plugin say to each other. */
  readonly execCredential: "v1" | "v1beta1";
}

const oldest: ReleaseFeatures = { trust: { kind: "flags" }, whoami: false, execCredential: "v1beta1" };

/**
 * Newest first, each with the minor number of the 1.x release that began it; the first row that a release has reached
 * is its own, and {@link oldest} is that of the others.
 *
 * Structured configuration: v1beta1 since 1.30, v1 since 1.34; the v1alpha1 of 1.29 is off by default
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration).
 * SelfSubjectReview: v1 since 1.28. ExecCredential: v1 since 1.22.
 */
const table: readonly { readonly minor: number; readonly features: ReleaseFeatures }[] = [
  { minor: 34, features: { trust: { kind: "structured", version: "v1" }, whoami: true, execCredential: "v1" } },
  { minor: 30, features: { trust: { kind: "structured", version: "v1beta1" }, whoami: true, execCredential: "v1" } },
  { minor: 28, features: { trust: { kind: "flags" }, whoami: true, execCredential: "v1" } },
  { minor: 22, features: { trust: { kind: "flags" }, whoami: false, execCredential: "v1" } },
];

/** @returns what kube-apiserver (or kubectl) of a release can */
export function featuresOf(release: KubernetesRelease): ReleaseFeatures {
  return table.find(({ minor }) => release.minor >= minor)?.features ?? oldest;
}

/**
 * @param text as people and programs write versions: `1.30`, `v1.30.14`, `v1.33.2-eks-1234567`, `1.30+`
 * @returns null if it is no version
 */
export function parseRelease(text: string): KubernetesRelease | null {
  const [, minor] = /^v?1\.(\d{1,3})(?:[.+-][0-9A-Za-z.+_-]*)?$/.exec(text.trim()) ?? [];
  return minor === undefined ? null : { minor: Number(minor) };
}

/** @returns `1.30` */
export function releaseName({ minor }: KubernetesRelease): string {
  return `1.${minor}`;
}
