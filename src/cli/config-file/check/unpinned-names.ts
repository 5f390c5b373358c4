// Names in a policy without a number. Their owner can give them up, and another account can take them.

import type { TomlPath } from "../../../node/toml.ts";
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import { type AllowEntry, type DenyEntry, printEntry } from "../../../worker/config/entries.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { type ConfigFile, warningAt } from "../file.ts";

const lists = ["allow", "deny"] as const;
const hint = "octogate pin looks its number up at GitHub and writes it behind the name";

/**
 * @param variable the cluster's, such as CLUSTER_PRODUCTION
 * @param groupsFrom as the file has it, or null where it does not
 */
export function findUnpinnedNames(
  file: ConfigFile,
  variable: string,
  policy: ClusterPolicy,
  groupsFrom: readonly string[] | null,
): Diagnostic[] {
  const entries = lists.flatMap((list) =>
    policy[list].flatMap((entry, index): Diagnostic[] =>
      isPinned(entry, policy) ? [] : [unpinned(file, [variable, list, index], `${printEntry(entry)} is not pinned`)],
    ),
  );
  const sources = (groupsFrom ?? []).flatMap((source, index): Diagnostic[] =>
    isPinnedOrganisation(loginOf(source), policy)
      ? []
      : [unpinned(file, [variable, "groups_from", index], `${loginOf(source)} is not pinned`)],
  );
  return [...entries, ...sources, ...(groupsFrom === null ? findUnpinnedGroups(file, variable, policy) : [])];
}

function unpinned(file: ConfigFile, path: TomlPath, message: string): Diagnostic {
  return warningAt(file, ["vars", ...path], `${message}: it applies to any future owner of the name`, hint);
}

function isPinned(entry: AllowEntry | DenyEntry, policy: ClusterPolicy): boolean {
  if (entry.kind === "organisation") return isPinnedOrganisation(entry.login, policy);
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
  return policy.groupsFrom.flatMap((login): Diagnostic[] => {
    const isNamedByTeamsAlone = !policy.allow.some((entry) => entry.kind === "organisation" && entry.login === login);
    const index = policy.allow.findIndex((entry) => entry.kind === "team" && entry.organisation === login);
    if (!isNamedByTeamsAlone || isPinnedOrganisation(login, policy)) return [];
    const message = `${login} itself is pinned nowhere: its groups follow the name to any future owner`;
    const howTo = `name what gives groups, with its number: groups_from = ["${login}#NUMBER"]`;
    return [warningAt(file, ["vars", variable, "allow", index], message, howTo)];
  });
}

function loginOf(groupSource: string): string {
  return groupSource.split("#")[0]?.toLowerCase() ?? "";
}
