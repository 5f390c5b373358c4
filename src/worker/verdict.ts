// The four ways in which a review can end, never mixed up: two are GitHub's and the policy's word about somebody, one asks the person to
// put something right, one says that nothing is known. token-review/answer.ts turns them into HTTP.
import { deniedReasons, type ReasonFor, undeterminedReasons } from "./reason.ts";

/** UserInfo of authentication.k8s.io: what RBAC and the audit log get to see. kube-apiserver checks nothing of it. */
export interface UserInfo {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type Verdict =
  | { readonly kind: "authenticated"; readonly reason: ReasonFor<"authenticated">; readonly user: UserInfo }
  | { readonly kind: "unauthenticated"; readonly reason: ReasonFor<"unauthenticated"> }
  | { readonly kind: "denied"; readonly reason: ReasonFor<"denied">; readonly message: string }
  | { readonly kind: "undetermined"; readonly reason: ReasonFor<"undetermined">; readonly message: string };

/** A plain no: kube-apiserver remembers it, so floods and strangers cost next to nothing. */
export function unauthenticated(reason: ReasonFor<"unauthenticated">): Verdict & { kind: "unauthenticated" } {
  return { kind: "unauthenticated", reason };
}

/**
 * A no that the person can put right; kube-apiserver does not remember it, and logs the sentence.
 *
 * @param detail which organisation, or what exactly, where the reason alone does not say it
 */
export function denied(reason: ReasonFor<"denied">, detail?: string): Verdict & { kind: "denied" } {
  return {
    kind: "denied",
    reason,
    message: `${reason}: ${deniedReasons[reason]}${detail === undefined ? "" : ` (${detail})`}`,
  };
}

/** @param detail what exactly is wrong, where the reason alone does not say it; must not hold token material */
export function undetermined(reason: ReasonFor<"undetermined">, detail?: string): Verdict & { kind: "undetermined" } {
  return { kind: "undetermined", reason, message: `${reason}: ${detail ?? undeterminedReasons[reason]}` };
}
