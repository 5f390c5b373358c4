// The four ways in which a review can end; http/answers.ts turns them into HTTP. "authenticated" and
// "unauthenticated" are what GitHub and the policy say about an account, "denied" asks the user to put something
// right, and "undetermined" says that nothing is known.
import type { ReasonFor, ReasonRow } from "./reasons.ts";

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
  | {
      readonly kind: "denied";
      readonly reason: ReasonFor<"denied">;
      /** Which organisation, or what exactly, where the reason alone does not say it. */
      readonly detail: string | null;
    }
  | {
      readonly kind: "undetermined";
      readonly reason: ReasonFor<"undetermined">;
      /** What exactly is wrong, in place of the reason's own sentence. Must not hold token material. */
      readonly detail: string | null;
    };

/** A plain no. kube-apiserver caches it, so floods of tokens that no entry admits cost next to nothing. */
export function unauthenticated(reason: ReasonFor<"unauthenticated">): Verdict & { kind: "unauthenticated" } {
  return { kind: "unauthenticated", reason };
}

/** A no that the user can put right. kube-apiserver does not cache it, and logs its sentence. */
export function denied(reason: ReasonFor<"denied">, detail: string | null = null): Verdict & { kind: "denied" } {
  return { kind: "denied", reason, detail };
}

export function undetermined(
  reason: ReasonFor<"undetermined">,
  detail: string | null = null,
): Verdict & { kind: "undetermined" } {
  return { kind: "undetermined", reason, detail };
}

/** @returns "Problem: hint." in one sentence, or "Problem." where there is no hint */
export function sentenceOf({ problem, hint }: Pick<ReasonRow, "problem" | "hint">): string {
  const clause = hint === null ? problem : `${problem}: ${hint}`;
  return clause.endsWith("?") ? clause : `${clause}.`;
}
