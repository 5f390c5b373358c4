// The identity that leaves for the cluster. kube-apiserver checks nothing of what a webhook says: a group "system:masters" would rule the cluster, an empty
// username would be somebody. So this is the last gate, and it holds whatever the configuration and GitHub say.
import type { ClusterPolicy, TokenKind } from "../config/cluster.ts";
import type { Facts } from "../github/facts.ts";
import { denied, type Verdict } from "../verdict.ts";
import { groupsOf, hiddenOrganisations } from "./groups.ts";

/** A token as policy sees it: what it is, and the name under which it may be written down. */
export interface PresentedCredential {
  readonly tokenKind: TokenKind;
  /** See credential/credential-id.ts. */
  readonly credentialId: string;
}

/** Names become HTTP headers of aggregated API servers (X-Remote-User, X-Remote-Group); longer ones are cut or refused there. */
export const maxNameLength = 512;
/** All of them travel as headers, too, and Go's server takes 1 MiB of them. */
export const maxGroups = 1000;

/** @returns the user as RBAC will know them; a name or a number of groups that must not leave is a denial, never a shorter list */
export function identify(policy: ClusterPolicy, credential: PresentedCredential, facts: Facts): Verdict {
  const username = policy.prefix + claimOf(policy, facts.account);
  const groups = groupsOf(policy, facts);
  // The login leaves in `extra` also where it is no part of the username.
  if (![username, facts.account.login, ...groups].every(isSafeName)) return denied("identity_unsafe");
  if (groups.length > maxGroups) return denied("too_many_groups", `${groups.length}, at most ${maxGroups}`);
  const invisible = hiddenOrganisations(policy, facts);
  return {
    kind: "authenticated",
    reason: "admitted",
    user: {
      username,
      uid: String(facts.account.id),
      groups,
      extra: {
        // The key is Kubernetes' own (k8s.io/apiserver, user.CredentialIDKey).
        "authentication.kubernetes.io/credential-id": [credential.credentialId],
        "octogate.dev/credential-kind": [credential.tokenKind],
        "octogate.dev/github-host": [facts.host],
        ...(invisible.length === 0 ? {} : { "octogate.dev/hidden-organisations": invisible }),
        "octogate.dev/login": [facts.account.login],
      },
    },
  };
}

/** @param account its number may be a word in place of it, where it is not known */
export function claimOf(
  { username }: ClusterPolicy,
  { login, id }: { readonly login: string; readonly id: number | string },
): string {
  switch (username) {
    case "login":
      return login;
    case "id":
      return String(id);
    case "login:id":
      return `${login}:${id}`;
  }
}

/** Whether a name may leave: printable ASCII, neither empty nor too long, and none of Kubernetes' own, in any case. */
export function isSafeName(name: string): boolean {
  return /^[\x21-\x7e]+$/.test(name) && name.length <= maxNameLength && !name.toLowerCase().startsWith("system:");
}
