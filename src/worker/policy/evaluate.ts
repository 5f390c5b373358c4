// The policy: facts about somebody and a cluster's settings → who they are there, or why they do not get in. Pure: no clock, no network. It runs on every
// review, so a changed setting counts at once.
import type { ClusterPolicy } from "../config/cluster.ts";
import type { DenyEntry } from "../config/entries.ts";
import type { Facts } from "../github/facts.ts";
import { expandScopes } from "../github/scopes.ts";
import { denied, unauthenticated, type Verdict } from "../verdict.ts";
import { identify, type PresentedCredential } from "./identity.ts";
import { type Match, matchEntry } from "./match.ts";

/**
 * What can be said before GitHub is asked.
 *
 * @returns a verdict, or null if the facts decide
 */
export function evaluateCredential(policy: ClusterPolicy, credential: PresentedCredential): Verdict | null {
  const isDenied = (entry: DenyEntry) => entry.kind === "token" && entry.credentialId === credential.credentialId;
  if (policy.deny.some(isDenied)) return unauthenticated("token_denied");
  return policy.tokenKinds.includes(credential.tokenKind) ? null : denied("token_kind_not_allowed");
}

/** The verdict about somebody whom GitHub knows. `deny` wins over `allow`; whoever no entry could admit gets a plain no. */
export function evaluateFacts(policy: ClusterPolicy, credential: PresentedCredential, facts: Facts): Verdict {
  if (facts.account.type !== "User") return unauthenticated("not_a_person");
  const denials = policy.deny.flatMap((entry) =>
    entry.kind === "token" ? [] : [{ entry, match: matchEntry(entry, policy, facts) }],
  );
  const denial = denials.find(({ match }) => match.kind === "matched");
  if (denial !== undefined) return unauthenticated(denial.entry.kind === "user" ? "user_denied" : "membership_denied");

  const matches = policy.allow.map((entry) => matchEntry(entry, policy, facts));
  if (!matches.some(({ kind }) => kind === "matched")) return refuse(matches, facts.host);

  return (
    // Whoever may be a member of what is denied does not get in: seeing less must never mean more access.
    hiddenDenial(denials.map(({ match }) => match)) ??
    judgeClient(policy, credential, facts) ??
    judgeScopes(policy, credential, facts) ??
    (policy.requireExpiry && facts.expiry.kind !== "at" ? denied("expiry_missing") : null) ??
    identify(policy, credential, facts)
  );
}

/** No entry admits: what the person could put right comes first. */
function refuse(matches: readonly Match[], host: string): Verdict {
  for (const match of matches) {
    if (match.kind !== "pending") continue;
    return denied("invitation_pending", `https://${host}/orgs/${match.organisation}/invitation`);
  }
  const invisible = hiddenDenial(matches);
  if (invisible !== null) return invisible;
  if (matches.some(({ kind }) => kind === "name_reassigned")) return unauthenticated("name_reassigned");
  return unauthenticated(matches.some(({ kind }) => kind === "not_in_team") ? "not_in_team" : "not_allowed");
}

function hiddenDenial(matches: readonly Match[]): Verdict | null {
  for (const match of matches) {
    if (match.kind !== "hidden") continue;
    const { reason, ssoUrl } = match.membership;
    return denied(reason, ssoUrl === null ? match.organisation : `${match.organisation}, ${ssoUrl}`);
  }
  return null;
}

/**
 * An app's token is accepted from listed clients only, whatever its prefix: otherwise any third-party app that somebody ever signed in to could
 * sign in to the cluster as them. What a person makes by hand (a personal access token) belongs to no client.
 */
function judgeClient(
  policy: ClusterPolicy,
  { tokenKind }: PresentedCredential,
  { oauthClientId }: Facts,
): Verdict | null {
  if (oauthClientId !== null) return policy.oauthClients.includes(oauthClientId) ? null : denied("client_not_listed");
  return tokenKind === "oauth" || tokenKind === "app" ? denied("client_unknown") : null;
}

/** A compromised cluster gets hold of its users' tokens: it shall not be able to push code with them. */
function judgeScopes(
  { scopesAtMost }: ClusterPolicy,
  { tokenKind }: PresentedCredential,
  { scopes }: Facts,
): Verdict | null {
  // Fine-grained and GitHub App tokens have permissions, which GitHub does not tell.
  if (scopesAtMost === null || tokenKind === "fine_grained" || tokenKind === "app") return null;
  if (scopes === null) return denied("scopes_unknown");
  const accepted = expandScopes(scopesAtMost);
  const tooMany = scopes.filter((scope) => !accepted.has(scope)).sort();
  return tooMany.length === 0 ? null : denied("too_many_scopes", tooMany.slice(0, 20).join(", "));
}
