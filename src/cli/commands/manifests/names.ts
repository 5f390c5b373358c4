// The names of people and groups in a cluster's role bindings: as a policy gives them, or as a cloud writes them.

/** How a cluster names whom Octogate names. */
export type NameForm =
  /** As the policy does: kube-apiservers of one's own, EKS. */
  | { readonly kind: "policy" }
  /** AKS demands this prefix before the policy's own. */
  | { readonly kind: "aks" }
  /** Google's names of a workforce pool: of people by the token's `sub`, of groups without the policy's prefix. */
  | { readonly kind: "gke"; readonly pool: string };

/** One whom a policy names. */
export interface PolicyName {
  readonly kind: "User" | "Group";
  /** The policy's prefix, and what stands behind it. */
  readonly prefix: string;
  readonly name: string;
  /** The account's number, which tokens have as `sub`, or a word in place of it; groups have none. */
  readonly subject: number | string | null;
}

/** What AKS demands before usernames and groups alike. */
export const aksPrefix = "aks:jwt:";

export interface BindingSubject {
  readonly kind: "Group" | "User";
  readonly apiGroup: "rbac.authorization.k8s.io";
  readonly name: string;
}

/** @returns the subject of a role binding */
export function bindingSubject(name: PolicyName, form: NameForm): BindingSubject {
  return { kind: name.kind, apiGroup: "rbac.authorization.k8s.io", name: clusterName(name, form) };
}

function clusterName({ kind, prefix, name, subject }: PolicyName, form: NameForm): string {
  switch (form.kind) {
    case "policy":
      return prefix + name;
    case "aks":
      return aksPrefix + prefix + name;
    case "gke":
      // https://cloud.google.com/iam/docs/workforce-identity-federation, "Represent workforce pool users in IAM
      // policies"; google.subject is the token's sub, google.groups its groups, which have no prefix.
      return kind === "User"
        ? `principal://iam.googleapis.com/locations/global/workforcePools/${form.pool}/subject/${subject}`
        : `principalSet://iam.googleapis.com/locations/global/workforcePools/${form.pool}/group/${name}`;
  }
}
