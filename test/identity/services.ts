// What becomes of an ID token's names, by what verifies it. The prefix is that of the cluster's policy.
import type { Claims } from "./token-answer.ts";

export interface Service {
  readonly name: string;
  readonly userOf: (claims: Claims) => string;
  /** @param group without the prefix */
  readonly groupOf: (group: string) => string;
  readonly uid: string;
  readonly extra: string;
}

const withPrefix = {
  userOf: ({ username }: Claims) => `github:${username}`,
  groupOf: (group: string) => `github:${group}`,
};
const pool = "iam.googleapis.com/locations/global/workforcePools/POOL";

export const services: readonly Service[] = [
  {
    name: "kube-apiserver, by an AuthenticationConfiguration (1.30 and later)",
    ...withPrefix,
    uid: "yes",
    extra: "yes",
  },
  { name: "kube-apiserver, by flags `--oidc-…`", ...withPrefix, uid: "none", extra: "none of Octogate's" },
  { name: "EKS", ...withPrefix, uid: "none", extra: "none of Octogate's" },
  {
    name: "AKS, whose names must begin with `aks:jwt:`",
    userOf: ({ username }) => `aks:jwt:github:${username}`,
    groupOf: (group) => `aks:jwt:github:${group}`,
    uid: "yes",
    extra: "yes",
  },
  {
    name: "GKE, by Workforce Identity Federation",
    userOf: ({ sub }) => `principal://${pool}/subject/${sub}`,
    groupOf: (group) => `principalSet://${pool}/group/${group}`,
    uid: "none",
    extra: "none",
  },
];
