// Warnings about names of the policy that are not pinned, or that belong to another account, organisation or team now:
// what the operator should write instead. The numbers come from the facts about the users who sign in.
import type { ClusterPolicy } from "../config/cluster.ts";
import { printEntry } from "../config/entries.ts";
import { printPin } from "../config/workflow-entries.ts";
import { earnsGrace, type Facts, isFailure } from "../github/facts.ts";
import type { WorkflowFacts } from "../workflows/facts.ts";
import { matchEntry, matchUser, membershipIn } from "./match.ts";
import { matchWorkflow } from "./workflow-match.ts";

/** @returns a sentence for each name of the policy that these facts show to be uncertain */
export function findNameWarnings(policy: ClusterPolicy, facts: Facts): string[] {
  return [
    ...userWarnings(policy, facts),
    ...openDenials(policy, facts),
    ...organisationWarnings(policy, facts),
    ...teamWarnings(policy, facts),
  ];
}

/**
 * An organisation of `deny` that does not show itself keeps out users who have nothing to do with it. Its owners can
 * bring that about, and only the operator can end it.
 */
function openDenials(policy: ClusterPolicy, facts: Facts): string[] {
  return policy.deny.flatMap((entry) => {
    if (entry.kind !== "organisation" && entry.kind !== "team") return [];
    const match = matchEntry(entry, policy, facts, "deny");
    if (match.kind !== "hidden") return [];
    const { reason } = match;
    const isElsewhere = reason === "organisation_not_found";
    if (!isElsewhere && (!isFailure(reason) || earnsGrace(reason))) return [];
    const remedy = isElsewhere
      ? "write its present name and number, or, if it is gone, remove"
      : "if this lasts, remove";
    return [
      `${printEntry(entry)} (${reason}): deny keeps out every user who is not proven to be outside: ${remedy} the entry`,
    ];
  });
}

function userWarnings({ allow, deny }: ClusterPolicy, { account }: Facts): string[] {
  return [...allow, ...deny].flatMap((entry) => {
    if (entry.kind !== "user") return [];
    const match = matchUser(entry, account).kind;
    if (match === "name_reassigned") return [reassigned(`${printEntry(entry)}#${entry.id}`, account.id)];
    return match === "matched" && entry.id === null ? [notPinned(printEntry(entry), `#${account.id}`)] : [];
  });
}

function organisationWarnings(policy: ClusterPolicy, facts: Facts): string[] {
  return policy.organisations.flatMap(({ login, id }) => {
    const membership = membershipIn(login, policy, facts);
    if (membership.kind === "none" && membership.nameTakenBy !== null) {
      return [reassigned(`${login}#${id}`, membership.nameTakenBy)];
    }
    if (membership.kind !== "active") return [];
    if (id === null) return [notPinned(login, `#${membership.id}`)];
    return membership.login.toLowerCase() === login
      ? []
      : [`${login}#${id} is called ${membership.login} now: write ${membership.login}#${id}`];
  });
}

function teamWarnings(policy: ClusterPolicy, facts: Facts): string[] {
  return [...policy.allow, ...policy.deny, ...policy.groupsFrom].flatMap((entry) => {
    if (entry.kind !== "team") return [];
    const membership = membershipIn(entry.organisation, policy, facts);
    if (membership.kind !== "active") return [];
    const name = printEntry(entry);
    const bySlug = membership.teams.find(({ slug }) => slug.toLowerCase() === entry.slug);
    if (entry.id === null) return bySlug === undefined ? [] : [notPinned(name, `#${bySlug.id}`)];
    const byId = membership.teams.find(({ id }) => id === entry.id);
    if (byId === undefined) return bySlug === undefined ? [] : [reassigned(`${name}#${entry.id}`, bySlug.id)];
    return byId === bySlug ? [] : [`${name}#${entry.id} is called ${byId.slug} now`];
  });
}

/** @returns a sentence for each entry that a run shows to be uncertain: not pinned, renamed, or another repository's */
export function findWorkflowWarnings(policy: ClusterPolicy, facts: WorkflowFacts): string[] {
  const { name, id, ownerId } = facts.repository;
  const numbers = printPin({ ownerId, repositoryId: id });
  return (["allow", "deny"] as const).flatMap((list) =>
    policy[list].flatMap((entry) => {
      if (entry.kind !== "workflow" && entry.kind !== "environment" && entry.kind !== "repository") return [];
      const match = matchWorkflow(entry, facts, list);
      const printed = printEntry(entry);
      if (entry.pin === null) return match === "matched" ? [notPinned(printed, numbers)] : [];
      if (match === "repository_reassigned") {
        return [`${printed}${printPin(entry.pin)} pins other numbers than ${name} has now, which are ${numbers}`];
      }
      const isRenamed = name.toLowerCase() !== `${entry.owner}/${entry.repository}`;
      return match === "matched" && isRenamed ? [`${printed}${printPin(entry.pin)} is in ${name} now`] : [];
    }),
  );
}

/** @param pin as an entry has it: `#1234` */
function notPinned(entry: string, pin: string): string {
  return `${entry} is not pinned, so the name alone counts: write ${entry}${pin}`;
}

function reassigned(entry: string, id: number): string {
  return `${entry} has lost its name, which belongs to #${id} now`;
}
