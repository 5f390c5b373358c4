// Names in a policy that mean whoever has them: they can be given up, and then be taken by somebody else.
import type { ClusterPolicy } from "../../worker/config/cluster.ts";
import type { AllowEntry, DenyEntry } from "../../worker/config/entries.ts";
import type { Finding } from "./finding.ts";

const lists = ["allow", "deny"] as const;
const cure = "octogate pin looks its number up at GitHub and writes it behind the name";

/**
 * @param variable the cluster's, such as CLUSTER_PRODUCTION
 * @param groupsFrom as it stands in the file, or null if it does not
 */
export function findUnpinnedNames(
  variable: string,
  policy: ClusterPolicy,
  groupsFrom: readonly string[] | null,
): Finding[] {
  const entries = lists.flatMap((list) =>
    policy[list].flatMap((entry, index): Finding[] =>
      isPinned(entry, policy) ? [] : [unpinned([variable, list, index], `${nameOf(entry)} is not pinned`)],
    ),
  );
  const sources = (groupsFrom ?? []).flatMap((source, index): Finding[] =>
    isPinnedOrganisation(loginOf(source), policy)
      ? []
      : [unpinned([variable, "groups_from", index], `${loginOf(source)} is not pinned`)],
  );
  return [...entries, ...sources, ...(groupsFrom === null ? findUnpinnedGroups(variable, policy) : [])];
}

function unpinned(path: Finding["path"], message: string): Finding {
  return { level: "warning", path: ["vars", ...path], message: `${message}: it means whoever has the name`, cure };
}

function isPinned(entry: AllowEntry | DenyEntry, policy: ClusterPolicy): boolean {
  switch (entry.kind) {
    case "anyone":
    case "token":
      return true;
    case "user":
    case "team":
      return entry.id !== null;
    case "organisation":
      return isPinnedOrganisation(entry.login, policy);
  }
}

/** A pin counts wherever the policy names the same organisation. */
function isPinnedOrganisation(login: string, { organisations }: ClusterPolicy): boolean {
  return organisations.some((reference) => reference.login === login && reference.id !== null);
}

/**
 * A pinned team is found by its number, but the groups of its organisation are those of whoever has the organisation's name: somebody who gets in by another
 * entry could take the name over, and be in any group of it.
 */
function findUnpinnedGroups(variable: string, policy: ClusterPolicy): Finding[] {
  return policy.groupsFrom.flatMap((login): Finding[] => {
    const isNamedByTeamsAlone = !policy.allow.some((entry) => entry.kind === "organisation" && entry.login === login);
    const index = policy.allow.findIndex((entry) => entry.kind === "team" && entry.organisation === login);
    if (!isNamedByTeamsAlone || isPinnedOrganisation(login, policy)) return [];
    const message = `${login} itself is pinned nowhere: its groups are those of whoever has that name`;
    const howTo = `name what gives groups, with its number: groups_from = ["${login}#NUMBER"]`;
    return [{ level: "warning", path: ["vars", variable, "allow", index], message, cure: howTo }];
  });
}

function nameOf(entry: AllowEntry | DenyEntry): string {
  switch (entry.kind) {
    case "anyone":
    case "token":
      return entry.kind;
    case "user":
      return `user:${entry.login}`;
    case "organisation":
      return `org:${entry.login}`;
    case "team":
      return `team:${entry.organisation}/${entry.slug}`;
  }
}

function loginOf(groupSource: string): string {
  return groupSource.split("#")[0]?.toLowerCase() ?? "";
}
