// What a policy has to know about somebody.
import type { ClusterPolicy, TokenKind } from "../config/cluster-policy.ts";
import type { Account, Question } from "../facts.ts";
import { matchUser } from "./match.ts";

export function questionOf(policy: ClusterPolicy, tokenKind: TokenKind): Question {
  return {
    tokenKind,
    organisations: policy.organisations,
    oauthClients: policy.oauthClients,
    dependsOnOrganisations: (account) => canBeAdmitted(policy, account),
  };
}

/** Whether any entry could admit this account, whatever its organisations: if not, asking about them is a waste of somebody's quota. */
function canBeAdmitted({ allow, deny }: ClusterPolicy, account: Account): boolean {
  if (account.type !== "User") return false;
  if (deny.some((entry) => entry.kind === "user" && matchUser(entry, account).kind === "meant")) return false;
  return allow.some((entry) => entry.kind !== "user" || matchUser(entry, account).kind === "meant");
}
