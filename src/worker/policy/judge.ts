// The policy: facts about somebody and a cluster's settings → who they are there, or why they do not get in. Pure: no clock, no network. It runs on every
// review, so a changed setting counts at once.
import type { ClusterPolicy } from "../config/cluster-policy.ts";
import type { AllowEntry, DenyEntry, UserEntry } from "../config/entries.ts";
import type { Account, Facts } from "../facts.ts";
import { denied, unauthenticated, type Verdict } from "../verdict.ts";
import { identify, type PresentedCredential } from "./identity.ts";

/**
 * What can be said before GitHub is asked.
 *
 * @returns a verdict, or null if the facts decide
 */
export function judgeCredential(policy: ClusterPolicy, credential: PresentedCredential): Verdict | null {
  const isDenied = (entry: DenyEntry) => entry.kind === "token" && entry.credentialId === credential.credentialId;
  if (policy.deny.some(isDenied)) return unauthenticated("token_denied");
  return policy.tokenKinds.includes(credential.tokenKind) ? null : denied("kind_not_welcome");
}

/** The verdict about somebody whom GitHub knows. `deny` wins over `allow`; whoever no entry could admit gets a plain no. */
export function judgeFacts(policy: ClusterPolicy, credential: PresentedCredential, facts: Facts): Verdict {
  const { account } = facts;
  if (account.type !== "User") return unauthenticated("not_a_person");
  if (policy.deny.some((entry) => entry.kind === "user" && isMeant(entry, account)))
    return unauthenticated("user_denied");
  if (!policy.allow.some((entry) => admits(entry, account))) {
    return unauthenticated(policy.allow.some((entry) => isTakenOver(entry, account)) ? "name_taken_over" : "stranger");
  }
  return judgeClient(policy, credential, facts) ?? admit(policy, credential, facts);
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

function admit(policy: ClusterPolicy, credential: PresentedCredential, facts: Facts): Verdict {
  const user = identify(policy, credential, facts);
  return user === null ? denied("identity_unsafe") : { kind: "authenticated", reason: "admitted", user };
}

function admits(entry: AllowEntry, account: Account): boolean {
  return entry.kind === "anyone" || isMeant(entry, account);
}

/** A pinned entry means the number alone: the login may have changed hands. */
function isMeant(entry: UserEntry, account: Account): boolean {
  return entry.id === null ? hasLogin(entry, account) : entry.id === account.id;
}

function isTakenOver(entry: AllowEntry, account: Account): boolean {
  return entry.kind === "user" && entry.id !== null && entry.id !== account.id && hasLogin(entry, account);
}

/** GitHub compares logins without case. */
function hasLogin(entry: UserEntry, account: Account): boolean {
  return entry.login === account.login.toLowerCase();
}
