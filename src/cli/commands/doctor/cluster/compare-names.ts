// The names under which kube-apiserver knows a person, beside those that the policy gives. Pure.
import type { ClusterPolicy } from "../../../../worker/config/cluster.ts";
import { claimOf } from "../../../../worker/policy/identity.ts";
import type { UserInfo } from "../../../../worker/verdict.ts";
import { broken, type CheckResult, ok, printable } from "../check.ts";
import type { WhoAmI } from "./api.ts";
import type { IdTokenClaims } from "./id-token.ts";

/** kube-apiserver adds it itself. */
const everyone = "system:authenticated";

/** What AKS demands before every name of an issuer. */
const aksPrefix = "aks:jwt:";

const bindingsHint = "role bindings name people and groups letter by letter";

/**
 * Compares what a cluster makes of an ID token, in which names have no prefix.
 *
 * @param seen groups are null where the cluster told the name alone
 * @param policy null where there is no wrangler.toml
 */
export function compareWithToken(
  seen: Pick<WhoAmI, "username"> & { readonly groups: readonly string[] | null },
  claims: IdTokenClaims,
  policy: ClusterPolicy | null,
): CheckResult {
  const prefix = prefixOf(seen.username, claims);
  if (typeof prefix !== "string") return prefix;
  const inPolicy = policy === null ? null : faultInPolicy(claims, prefix, policy);
  if (inPolicy !== null) return inPolicy;
  const groups = seen.groups === null ? null : faultInGroups(seen.groups, claims, prefix);
  if (groups !== null) return groups;
  const whose = policy === null ? "of the token" : "of the token and the policy";
  return ok(
    `the username ${seen.groups === null ? "is that" : `and ${counted(claims.groups)} are those`} ${whose}, behind ${prefix}`,
  );
}

/** @returns what stands before the token's username, or what is wrong with it */
function prefixOf(username: string, { iss, sub, username: claim }: IdTokenClaims): string | CheckResult {
  const shown = printable(username);
  if (username === `${iss}#${claim}` || username === `${iss}#${sub}` || (username === sub && sub !== claim)) {
    const hint =
      "--oidc-username-claim=username and --oidc-username-prefix=github: (EKS: usernameClaim, usernamePrefix) give the names of the policy";
    return broken(`kube-apiserver calls this person ${shown}: its own default, and not the policy's name`, hint);
  }
  if (username === claim) {
    const hint =
      'give the cluster a prefix, such as "github:", for usernames and groups: without one, a person can have the name of a user or group that the cluster trusts already';
    return broken(`names come without a prefix: ${shown}`, hint);
  }
  if (!username.endsWith(claim)) {
    const hint = "the username has to come from the claim username alone";
    return broken(`kube-apiserver calls this person ${shown}, the token ${printable(claim)}`, hint);
  }
  return username.slice(0, -claim.length);
}

function faultInPolicy(claims: IdTokenClaims, prefix: string, policy: ClusterPolicy): CheckResult | null {
  const { sub, preferred_username: login } = claims;
  // Of a workflow, "repository:" and its number.
  const isPerson = /^\d+$/.test(sub);
  const claim = isPerson ? claimOf(policy, { login, id: sub }) : claims.username;
  if (claims.username !== claim) {
    const seen = `the token calls this person ${printable(claims.username)}, the policy in wrangler.toml ${printable(claim)}`;
    return broken(seen, "deploy wrangler.toml, or bring it up to date");
  }
  if (prefix === policy.prefix || prefix === aksPrefix + policy.prefix) return null;
  const seen = `the cluster's prefix is ${printable(prefix)}, the policy's ${printable(policy.prefix) || "empty"}`;
  return broken(seen, `make them one: ${bindingsHint}, and by the webhook they have the policy's`);
}

function faultInGroups(groups: readonly string[], claims: IdTokenClaims, prefix: string): CheckResult | null {
  const bare = claims.groups.filter((group) => groups.includes(group));
  if (bare.length > 0) {
    const hint =
      "give groups the same prefix as usernames: --oidc-groups-prefix, groupsPrefix, or claimMappings.groups.prefix";
    return broken(`groups come without a prefix: ${printable(bare.join(", "))}`, hint);
  }
  return differenceOf(
    groups,
    claims.groups.map((group) => prefix + group),
    "the groups have to come from the claim groups, with the prefix of usernames",
  );
}

/** Compares what a cluster makes of a GitHub token by the webhook, whose names are the policy's own. */
export function compareWithPolicy(seen: WhoAmI, user: UserInfo, { prefix }: ClusterPolicy): CheckResult {
  if (prefix === "") {
    const hint = 'prefix = "github:" in wrangler.toml, then the same in role bindings';
    return broken(`names come without a prefix: ${printable(seen.username)}`, hint);
  }
  if (seen.username !== user.username || seen.uid !== user.uid) {
    const names = `kube-apiserver calls this person ${printable(seen.username)} (uid ${printable(seen.uid)})`;
    const hint = "deploy wrangler.toml, or bring it up to date; another webhook or authenticator may know this token";
    return broken(`${names}, the policy ${user.username} (uid ${user.uid})`, hint);
  }
  const difference = differenceOf(
    seen.groups,
    user.groups,
    `deploy wrangler.toml, or bring it up to date: ${bindingsHint}`,
  );
  return difference ?? ok(`username, uid and ${counted(user.groups)} are those of the policy`);
}

function differenceOf(seen: readonly string[], wanted: readonly string[], hint: string): CheckResult | null {
  const missing = wanted.filter((group) => !seen.includes(group));
  const others = seen.filter((group) => group !== everyone && !wanted.includes(group));
  if (missing.length === 0 && others.length === 0) return null;
  const parts = [
    ...(missing.length === 0 ? [] : [`kube-apiserver does not put this person into ${missing.join(", ")}`]),
    ...(others.length === 0 ? [] : [`kube-apiserver puts this person into ${others.join(", ")}`]),
  ];
  return broken(printable(parts.join("; ")), hint);
}

function counted(groups: readonly string[]): string {
  return `${groups.length} ${groups.length === 1 ? "group" : "groups"}`;
}
