// The policy of a cluster for people: facts about a user → the user's identity there, or the reason why the user is not
// admitted. Pure: no clock, no network.
import type { ClusterPolicy } from "../config/cluster.ts";
import type { DenyEntry } from "../config/entries.ts";
import { type Facts, type FactsRequest, isFailure } from "../github/facts.ts";
import { expandScopes } from "../github/scopes.ts";
import { denied, unauthenticated, undetermined, type Verdict } from "../verdict.ts";
import { identify, type PresentedCredential } from "./identity.ts";
import { type Match, matchEntry } from "./match.ts";

/**
 * What can be said before GitHub is asked. In this order: the token itself is in `deny`; its kind is not in
 * `token_kinds`.
 *
 * @returns a verdict, or null if the facts decide
 */
export function evaluateCredential(policy: ClusterPolicy, credential: PresentedCredential): Verdict | null {
  const isDenied = (entry: DenyEntry) => entry.kind === "token" && entry.credentialId === credential.credentialId;
  if (policy.deny.some(isDenied)) return unauthenticated("token_denied");
  return policy.tokenKinds.includes(credential.tokenKind) ? null : denied("token_kind_not_allowed");
}

/** @returns what the policy needs to know about the owner of such a token, as data */
export function factsRequestOf(
  cluster: string,
  { organisations, oauthClients, candidates }: ClusterPolicy,
  { tokenKind }: PresentedCredential,
): FactsRequest {
  return { cluster, tokenKind, organisations, oauthClients, candidates };
}

/**
 * The verdict about the owner of a token. Checks, in this order:
 *
 * 1. the account is a person's
 * 2. no entry of `deny` matches: `deny` wins over `allow`
 * 3. an entry of `allow` matches, whatever is not known about other organisations
 * 4. no entry of `deny` is open: one whose organisation is hidden, or found nowhere by its number, or about which
 *    GitHub failed. Seeing less must never mean more access
 * 5. an app's token belongs to a client of `oauth_clients`
 * 6. the token has no scope beyond `scopes_at_most`
 * 7. the token ends, where `require_expiry` asks for it
 * 8. every name is safe to leave, and there are not too many groups (identity.ts)
 */
export function evaluate(policy: ClusterPolicy, credential: PresentedCredential, facts: Facts): Verdict {
  if (facts.account.type !== "User") return unauthenticated("not_a_person");
  const denials = policy.deny.flatMap((entry) =>
    entry.kind === "token" ? [] : [{ entry, match: matchEntry(entry, policy, facts, "deny") }],
  );
  const denial = denials.find(({ match }) => match.kind === "matched");
  if (denial !== undefined) return unauthenticated(denial.entry.kind === "user" ? "user_denied" : "membership_denied");

  const matches = policy.allow.map((entry) => matchEntry(entry, policy, facts, "allow"));
  if (!matches.some(({ kind }) => kind === "matched")) return refuse(matches, facts.host);

  return (
    hiddenVerdict(denials.map(({ match }) => match)) ??
    evaluateClient(policy, credential, facts) ??
    evaluateScopes(policy, credential, facts) ??
    (policy.requireExpiry && facts.expiry.kind !== "at" ? denied("expiry_missing") : null) ??
    identify(policy, credential, facts)
  );
}

/** No entry admits: an organisation about which GitHub failed comes first, then what the user could put right. */
function refuse(matches: readonly Match[], host: string): Verdict {
  const hidden = hiddenVerdict(matches);
  if (hidden?.kind === "undetermined") return hidden;
  for (const match of matches) {
    if (match.kind !== "pending") continue;
    return denied("invitation_pending", `https://${host}/orgs/${match.organisation}/invitation`);
  }
  if (hidden !== null) return hidden;
  if (matches.some(({ kind }) => kind === "name_reassigned")) return unauthenticated("name_reassigned");
  return unauthenticated(matches.some(({ kind }) => kind === "not_in_team") ? "not_in_team" : "not_allowed");
}

/** What GitHub failed to say comes before what the token may not see: that organisation could decide otherwise. */
function hiddenVerdict(matches: readonly Match[]): Verdict | null {
  let verdict: Verdict | null = null;
  for (const match of matches) {
    if (match.kind !== "hidden") continue;
    const { reason, organisation, ssoUrl } = match;
    if (isFailure(reason)) return undetermined(reason);
    verdict ??= denied(reason, ssoUrl === null ? organisation : `${organisation}, ${ssoUrl}`);
  }
  return verdict;
}

/**
 * An app's token is accepted from listed clients only, also where its prefix is of another kind: otherwise any
 * third-party app that the user ever signed in to could sign in to the cluster as that user. A token that a user makes
 * by hand (a personal access token) has no client.
 */
function evaluateClient(
  policy: ClusterPolicy,
  { tokenKind }: PresentedCredential,
  { oauthClientId }: Facts,
): Verdict | null {
  if (oauthClientId !== null) return policy.oauthClients.includes(oauthClientId) ? null : denied("client_not_listed");
  return tokenKind === "oauth" || tokenKind === "app" ? denied("client_unknown") : null;
}

/** A compromised cluster gets hold of its users' tokens: it must not be able to push code with them. */
function evaluateScopes(
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
