// Warnings about policies that are right, but risky: clusters that share personal access tokens, names without a
// number, which their owner can give up and another account can take, and organisations of others in deny.
import type { TomlPath } from "../../../node/toml.ts";
import type { ClusterPolicy, TokenKind } from "../../../worker/config/cluster.ts";
import {
  type AllowEntry,
  type DenyEntry,
  isForWorkflows,
  organisationOf,
  organisationsNamedIn,
  printEntry,
} from "../../../worker/config/entries.ts";
import type { Diagnostic } from "../../command.ts";
import { type ConfigFile, warningAt } from "../file.ts";

export interface NamedPolicy {
  readonly name: string;
  readonly variable: string;
  readonly policy: ClusterPolicy;
}

/** A legacy token can be either a person's or an app's. */
const personalKinds: readonly TokenKind[] = ["fine_grained", "classic", "legacy"];

/**
 * A personal access token has no audience, and the kube-apiserver of a cluster sees the tokens of all its users. An
 * attacker who steals one there can sign in with it to every other cluster that admits the same person with the same
 * kind of token.
 *
 * @returns a warning for each cluster that shares tokens with one before it
 */
export function findSharedTokens(file: ConfigFile, clusters: readonly NamedPolicy[]): Diagnostic[] {
  return clusters.flatMap((cluster, index): Diagnostic[] => {
    const sharing = clusters.slice(0, index).flatMap((other) => {
      const kinds = sharedKinds(cluster.policy, other.policy);
      return kinds.length > 0 && canShareAPerson(cluster.policy, other.policy) ? [{ name: other.name, kinds }] : [];
    });
    if (sharing.length === 0) return [];
    const kinds = personalKinds.filter((kind) => sharing.some((other) => other.kinds.includes(kind)));
    const names = sharing.map(({ name }) => name).join(", ");
    return [
      warningAt(
        file,
        ["vars", cluster.variable, "token_kinds"],
        `personal tokens (${kinds.join(", ")}) are also accepted by ${names}: one that is stolen there opens ${cluster.name}, and the other way round`,
        'give each cluster an app of its own, whose tokens open nothing else: token_kinds = ["app"] and its client id in oauth_clients',
      ),
    ];
  });
}

function sharedKinds(one: ClusterPolicy, other: ClusterPolicy): TokenKind[] {
  return personalKinds.filter((kind) => one.tokenKinds.includes(kind) && other.tokenKinds.includes(kind));
}

/**
 * Whether one person could get in by an entry of each. Members of organisations are not known here, so only people who
 * are named are told apart.
 */
function canShareAPerson(one: ClusterPolicy, other: ClusterPolicy): boolean {
  return one.allow.some(
    (entry) =>
      !isForWorkflows(entry) &&
      !isDeniedBy(entry, other) &&
      other.allow.some((otherEntry) => !isDeniedBy(otherEntry, one) && canMatchTheSame(entry, otherEntry)),
  );
}

function canMatchTheSame(one: AllowEntry, other: AllowEntry): boolean {
  if (isForWorkflows(other)) return false;
  if (one.kind !== "user" || other.kind !== "user") return true;
  return isSame(one, other);
}

function isDeniedBy(entry: AllowEntry, { deny }: ClusterPolicy): boolean {
  return deny.some((denied) => takesBack(denied, entry));
}

function takesBack(denied: DenyEntry, entry: AllowEntry): boolean {
  switch (denied.kind) {
    case "token":
    case "workflow":
    case "environment":
    case "repository":
      return false;
    case "user":
      return entry.kind === "user" && isSame(denied, entry);
    case "organisation":
      if (entry.kind === "team") return entry.organisation === denied.login;
      return entry.kind === "organisation" && isSame(denied, entry);
    case "team":
      return (
        entry.kind === "team" &&
        (denied.id !== null && entry.id !== null
          ? denied.id === entry.id
          : denied.organisation === entry.organisation && denied.slug === entry.slug)
      );
  }
}

/** Two numbers say it for sure; else the names are all there is. */
function isSame(
  one: { readonly login: string; readonly id: number | null },
  other: { readonly login: string; readonly id: number | null },
): boolean {
  return one.id !== null && other.id !== null ? one.id === other.id : one.login === other.login;
}

const lists = ["allow", "deny"] as const;
const hint = "octogate pin looks its number up at GitHub and writes it behind the name";

/** @returns a warning for each entry that admits more accounts than an operator may have in mind */
export function findWideEntries(file: ConfigFile, variable: string, { allow }: ClusterPolicy): Diagnostic[] {
  return allow.flatMap((entry, index): Diagnostic[] => {
    if (entry.kind !== "anyone") return [];
    const message = "anyone admits every account at GitHub: only role bindings keep them out";
    return [warningAt(file, ["vars", variable, "allow", index], message, "name an organisation, a team or users")];
  });
}

/**
 * @param variable the cluster's, such as CLUSTER_PRODUCTION
 * @param hasGroupsFrom whether the file says what gives groups
 */
export function findUnpinnedNames(
  file: ConfigFile,
  variable: string,
  policy: ClusterPolicy,
  hasGroupsFrom: boolean,
): Diagnostic[] {
  const entries = lists.flatMap((list) =>
    policy[list].flatMap((entry, index): Diagnostic[] =>
      isPinned(entry, policy) ? [] : [unpinned(file, [variable, list, index], `${printEntry(entry)} is not pinned`)],
    ),
  );
  if (!hasGroupsFrom) return [...entries, ...findUnpinnedGroups(file, variable, policy)];
  const sources = policy.groupsFrom.flatMap((source, index): Diagnostic[] => {
    const name = source.kind === "team" ? printEntry(source) : source.login;
    const path = [variable, "groups_from", index];
    return isPinned(source, policy) ? [] : [unpinned(file, path, `${name} is not pinned`)];
  });
  return [...entries, ...sources];
}

function unpinned(file: ConfigFile, path: TomlPath, message: string): Diagnostic {
  return warningAt(file, ["vars", ...path], `${message}: it applies to any future owner of the name`, hint);
}

function isPinned(entry: AllowEntry | DenyEntry, policy: ClusterPolicy): boolean {
  if (entry.kind === "organisation") return isPinnedOrganisation(entry.login, policy);
  if ("pin" in entry) return entry.pin !== null;
  // Kinds without a number name no account whose name could go to another.
  return !("id" in entry) || entry.id !== null;
}

/** A pin counts wherever the policy names the same organisation. */
function isPinnedOrganisation(login: string, { organisations }: ClusterPolicy): boolean {
  return organisations.some((reference) => reference.login === login && reference.id !== null);
}

/**
 * A pinned team is found by its number, but the groups of its organisation follow the organisation's name. A user who
 * gets in by another entry could take that name, and be in any group of it.
 */
function findUnpinnedGroups(file: ConfigFile, variable: string, policy: ClusterPolicy): Diagnostic[] {
  return policy.groupsFrom.map(organisationOf).flatMap((login): Diagnostic[] => {
    const isNamedByTeamsAlone = !policy.allow.some((entry) => entry.kind === "organisation" && entry.login === login);
    const index = policy.allow.findIndex((entry) => entry.kind === "team" && entry.organisation === login);
    if (!isNamedByTeamsAlone || isPinnedOrganisation(login, policy)) return [];
    const message = `${login} itself is pinned nowhere: its groups follow the name to any future owner`;
    const howTo = `name what gives groups, with its number: groups_from = ["${login}#NUMBER"]`;
    return [warningAt(file, ["vars", variable, "allow", index], message, howTo)];
  });
}

/**
 * `deny` keeps out every user of whom GitHub does not prove that it does not concern them. So it matters who can keep
 * GitHub from proving it.
 */
export function findOpenDenials(file: ConfigFile, variable: string, policy: ClusterPolicy): Diagnostic[] {
  const { allow, deny } = policy;
  return deny.flatMap((entry, index): Diagnostic[] => {
    if (entry.kind !== "organisation" && entry.kind !== "team") return [];
    const organisation = organisationOf(entry);
    const warn = (message: string, howTo: string) => warningAt(file, ["vars", variable, "deny", index], message, howTo);
    const isElsewhere = entry.kind === "team" && entry.id !== null && !isPinnedOrganisation(organisation, policy);
    const isForeign = !organisationsNamedIn(allow).some(({ login }) => login === organisation);
    return [
      ...(isElsewhere
        ? [
            warn(
              `${organisation} itself is pinned nowhere: this keeps out every user whose token does not show the team there`,
              `name the organisation with its number: groups_from = ["${organisation}#NUMBER", …]`,
            ),
          ]
        : []),
      ...(isForeign
        ? [
            warn(
              `the owners of ${organisation} can keep everybody out: by deleting it, or by hiding it from the app or from tokens`,
              "if they do, the Worker's log says so, and removing the entry ends it; to deny single accounts, write user:LOGIN#NUMBER",
            ),
          ]
        : []),
    ];
  });
}
