// What a policy has to know about somebody.
import type { ClusterPolicy } from "../config/cluster.ts";
import type { Account, Facts, FactsRequest } from "../github/facts.ts";
import type { Verdict } from "../verdict.ts";
import { evaluateFacts } from "./evaluate.ts";
import type { PresentedCredential } from "./identity.ts";
import { matchUser } from "./match.ts";

/**
 * @param cluster the asking cluster's name
 * @param judge says what the policy makes of facts; whoever wants the verdict, too, hands in one that does not work it out twice
 */
export function questionOf(
  cluster: string,
  policy: ClusterPolicy,
  credential: PresentedCredential,
  judge: (facts: Facts) => Verdict = (facts) => evaluateFacts(policy, credential, facts),
): FactsRequest {
  return {
    cluster,
    tokenKind: credential.tokenKind,
    organisations: policy.organisations,
    oauthClients: policy.oauthClients,
    dependsOnOrganisations: (account) => canBeAdmitted(policy, account),
    admits: (facts) => judge(facts).kind === "authenticated",
  };
}

/** Whether any entry could admit this account, whatever its organisations: if not, asking about them is a waste of somebody's quota. */
function canBeAdmitted({ allow, deny }: ClusterPolicy, account: Account): boolean {
  if (account.type !== "User") return false;
  if (deny.some((entry) => entry.kind === "user" && matchUser(entry, account).kind === "matched")) return false;
  return allow.some((entry) => entry.kind !== "user" || matchUser(entry, account).kind === "matched");
}
