// Identity in the cluster: username, groups and extra. kube-apiserver checks nothing of what a webhook says: a group
// "system:masters" would rule the cluster, and an empty username would count as a user. So this is the last gate, and
// it holds for every configuration and every response of GitHub.
import type { ClusterPolicy, GroupForm, TokenKind } from "../config/cluster.ts";
import { organisationOf } from "../config/entries.ts";
import type { Facts, Membership, Team } from "../github/facts.ts";
import { denied, type UserInfo, type Verdict } from "../verdict.ts";
import { isTeam, membershipIn } from "./match.ts";

/** A token as policy sees it: what it is, and the name under which it may be written down. */
export interface PresentedCredential {
  readonly tokenKind: TokenKind;
  /** See credential/credential-id.ts. */
  readonly credentialId: string;
}

/**
 * Names become HTTP headers of aggregated API servers (X-Remote-User, X-Remote-Group); longer ones are cut or refused
 * there.
 */
export const maxNameLength = 512;
/** All of them travel as headers, too, and Go's server takes 1 MiB of them. */
export const maxGroups = 1000;

/**
 * @returns the user as RBAC will know them; a name or a number of groups that must not leave is a denial, never a list
 *   that is cut. An organisation with too many teams gives none of them, and is named: its members can put each other
 *   into teams, and must not lock each other out
 */
export function identify(policy: ClusterPolicy, credential: PresentedCredential, facts: Facts): Verdict {
  const username = policy.prefix + claimOf(policy, facts.account);
  const { groups, hidden } = groupsOf(policy, facts);
  // The login leaves in `extra` also where it is no part of the username.
  if (![username, facts.account.login, ...groups].every(isSafeName)) return denied("identity_unsafe");
  if (groups.length > maxGroups) return denied("too_many_groups", `${groups.length}, at most ${maxGroups}`);
  return admitted(policy, {
    username,
    uid: String(facts.account.id),
    groups,
    credentialId: credential.credentialId,
    credentialKind: credential.tokenKind,
    host: facts.host,
    extra: {
      ...(hidden.length === 0 ? {} : { "octogate.dev/hidden-organisations": hidden }),
      "octogate.dev/login": [facts.account.login],
    },
  });
}

interface Identity {
  /** Checked, with the prefix, and so are the groups. */
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly credentialId: string;
  readonly credentialKind: TokenKind | "workflow";
  /** Of GitHub's web pages. */
  readonly host: string;
  /** What is known of a person alone, or of a workflow alone. */
  readonly extra: UserInfo["extra"];
}

/** @returns a person or a workflow as the cluster gets to see them */
export function admitted(
  { addsPrefix, prefix }: ClusterPolicy,
  { username, uid, groups, credentialId, credentialKind, host, extra }: Identity,
): Verdict {
  // Without the prefix, too, they are the names that were checked with it: the cluster puts it before them.
  const shown = (name: string) => (addsPrefix ? name : name.slice(prefix.length));
  return {
    kind: "authenticated",
    reason: "admitted",
    user: {
      username: shown(username),
      uid,
      groups: groups.map(shown),
      extra: {
        // The key is Kubernetes' own (k8s.io/apiserver, user.CredentialIDKey).
        "authentication.kubernetes.io/credential-id": [credentialId],
        "octogate.dev/credential-kind": [credentialKind],
        "octogate.dev/github-host": [host],
        ...extra,
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
  return name.length <= maxNameLength && /^(?!system:)[\x21-\x7e]+$/i.test(name);
}

/**
 * One group for each organisation of `groups_from` that the user is an active member of, and one for each of its teams,
 * parents included; where it names a team, one for that team alone. Slugs, never display names: any member of an
 * organisation may create a team that is called "system:masters".
 *
 * @returns the groups in alphabetical order, so that GitHub's order does not matter; and what is missing of them, with
 *   the reason: `acme=sso_required`, `acme/teams=too_many_teams`
 */
export function groupsOf(
  policy: ClusterPolicy,
  facts: Facts,
): { readonly groups: string[]; readonly hidden: string[] } {
  const byOrganisation = groupsByOrganisation(policy, facts);
  const withoutTeams = organisationsWithoutTeams(byOrganisation);
  const names = byOrganisation.flatMap(({ login, own, teams }) => (withoutTeams.has(login) ? own : [...own, ...teams]));
  return {
    groups: names.sort().filter((name, index) => name !== names[index - 1]),
    hidden: hiddenOrganisations(policy, facts, withoutTeams),
  };
}

interface OrganisationGroups {
  readonly login: string;
  /** The organisation's group, unless teams alone are wanted. */
  readonly own: readonly string[];
  readonly teams: readonly string[];
}

function groupsByOrganisation(policy: ClusterPolicy, facts: Facts): OrganisationGroups[] {
  return policy.groupsFrom.flatMap((source) => {
    const login = organisationOf(source);
    const membership = membershipIn(login, policy, facts);
    if (membership.kind !== "active" || hasNameOfAnother(policy, login, membership)) return [];
    const organisation = policy.prefix + organisationName(policy.group, membership);
    // Teams that are known count also where others are not: groups only ever add to what RBAC allows.
    // A team without a slug has its number alone.
    const named = membership.teams.filter(
      (team) => (team.slug !== "" || policy.group === "id") && (source.kind === "organisation" || isTeam(source, team)),
    );
    return [
      {
        login,
        own: source.kind === "organisation" ? [organisation] : [],
        teams: named.map((team) => `${organisation}/${teamName(policy.group, team)}`),
      },
    ];
  });
}

/**
 * Any member of an organisation can put any other into a thousand teams. So that this locks no user out, the
 * organisation with the most teams gives groups for none of them where all together are too many, and then the next.
 */
function organisationsWithoutTeams(groups: readonly OrganisationGroups[]): ReadonlySet<string> {
  const without = new Set<string>();
  let count = groups.reduce((sum, { teams }) => sum + 1 + teams.length, 0);
  for (const { login, teams } of groups.toSorted((one, other) => other.teams.length - one.teams.length)) {
    if (count <= maxGroups) break;
    without.add(login);
    count -= teams.length;
  }
  return without;
}

/**
 * Whether an organisation is called like another one of the policy by now. Its groups would be the other one's, to
 * which RBAC has bound something: they are refused.
 */
function hasNameOfAnother(policy: ClusterPolicy, login: string, membership: Membership & { kind: "active" }): boolean {
  const name = membership.login.toLowerCase();
  return policy.group === "slug" && name !== login && policy.organisations.some((other) => other.login === name);
}

function hiddenOrganisations(policy: ClusterPolicy, facts: Facts, withoutTeams: ReadonlySet<string>): string[] {
  return policy.organisations.flatMap(({ login }) => {
    const membership = membershipIn(login, policy, facts);
    if (membership.kind === "hidden") return [`${login}=${membership.reason}`];
    if (membership.kind !== "active") return [];
    if (hasNameOfAnother(policy, login, membership)) return [`${login}=name_reassigned`];
    const missing = membership.teamsHidden ?? (withoutTeams.has(login) ? "too_many_teams" : null);
    return missing === null ? [] : [`${login}/teams=${missing}`];
  });
}

function organisationName(form: GroupForm, { id, login }: Membership & { kind: "active" }): string {
  return nameOf(form, login, id);
}

function teamName(form: GroupForm, { id, slug }: Team): string {
  return nameOf(form, slug, id);
}

/** @param id its number at GitHub; a word in place of it, where it is not known */
export function nameOf(form: GroupForm, name: string, id: number | string): string {
  switch (form) {
    case "slug":
      return name;
    case "id":
      return String(id);
    case "slug:id":
      return `${name}:${id}`;
  }
}
