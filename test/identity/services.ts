// What becomes of an ID token's names, by what verifies it: as `octogate manifests` writes them into role bindings.
import { bindingSubject, type NameForm } from "../../src/cli/commands/manifests/names.ts";
import type { Claims } from "./token-answer.ts";

export interface Service {
  readonly name: string;
  readonly form: NameForm;
  readonly uid: string;
  readonly extra: string;
}

export const services: readonly Service[] = [
  {
    name: "kube-apiserver, by an AuthenticationConfiguration (1.30 and later)",
    form: { kind: "policy" },
    uid: "yes",
    extra: "yes",
  },
  { name: "kube-apiserver, by flags `--oidc-…`", form: { kind: "policy" }, uid: "none", extra: "none of Octogate's" },
  { name: "EKS", form: { kind: "policy" }, uid: "none", extra: "none of Octogate's" },
  { name: "AKS, whose names must begin with `aks:jwt:`", form: { kind: "aks" }, uid: "yes", extra: "yes" },
  {
    name: "GKE, by Workforce Identity Federation",
    form: { kind: "gke", pool: "POOL" },
    uid: "none",
    extra: "none",
  },
];

const prefix = "github:";

/** @returns how RBAC names the token's owner there */
export function userAt({ form }: Service, { username, sub }: Claims): string {
  return bindingSubject({ kind: "User", prefix, name: username, subject: sub }, form).name;
}

/** @returns how RBAC names the first of the token's groups there */
export function firstGroupAt({ form }: Service, { groups: [name = ""] }: Claims): string {
  return bindingSubject({ kind: "Group", prefix, name, subject: null }, form).name;
}
