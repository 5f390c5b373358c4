// Who could get in to one cluster, as what, and who is kept out: the product's own policy over the facts about each
// account that GitHub lists.

import type { AllowEntry, DenyEntry } from "../../../worker/config/entries.ts";
import { keyOfOrganisation } from "../../../worker/config/organisations.ts";
import { type Account, type Facts, needsOrganisations } from "../../../worker/github/facts.ts";
import { evaluate, factsRequestOf } from "../../../worker/policy/evaluate.ts";
import { isPinned, matchEntry } from "../../../worker/policy/match.ts";
import { findNameWarnings } from "../../../worker/policy/name-warnings.ts";
import { reasons } from "../../../worker/reasons.ts";
import { sentenceOf } from "../../../worker/verdict.ts";
import { type Deployment, factsAbout, fittingCredential, type People } from "./facts.ts";
import type { NamedAccounts } from "./named-accounts.ts";
import type { ReportedPolicy } from "./policies.ts";
import type { ClusterReport, EntryInReport, Invited, KeptOut, Person } from "./report.ts";
import { workflowsOf } from "./workflows.ts";

export type Access = Pick<
  ClusterReport,
  "allow" | "deny" | "anyone" | "people" | "invited" | "keptOut" | "workflows" | "notFound" | "nameWarnings"
>;

export function accessTo(
  reported: ReportedPolicy,
  people: People,
  named: NamedAccounts,
  deployment: Deployment,
): Access {
  const { policy, texts } = reported;
  const organisations = policy.organisations.flatMap((reference) => people.get(keyOfOrganisation(reference)) ?? []);
  const accounts = new Map<number, Account>();
  for (const { members, invitations } of organisations) {
    for (const { id, login, type } of members.values()) accounts.set(id, { id, login, type });
    for (const { account } of invitations ?? []) if (account !== null) accounts.set(account.id, account);
  }
  for (const account of named.accountsOf(policy)) accounts.set(account.id, account);

  const result = { people: [] as Person[], keptOut: [] as KeptOut[] };
  const warnings = new Set<string>();
  const invitedIds = new Set<number>();
  for (const account of [...accounts.values()].sort(byLogin)) {
    const facts = factsAbout(account, policy, people, deployment);
    for (const warning of findNameWarnings(policy, facts)) warnings.add(warning);
    const request = factsRequestOf(reported.name, policy, fittingCredential);
    // A review does not ask about memberships that change nothing, and gives another reason then.
    const reviewed = needsOrganisations(request, account) ? facts : { ...facts, organisations: {} };
    const verdict = evaluate(policy, fittingCredential, reviewed);
    const entries = matchesIn("allow", reported, facts);
    if (verdict.kind === "authenticated") {
      const { username, groups } = verdict.user;
      const person = personOf(account, facts, { username, groups: [...groups], entries });
      // Where every account gets in, those are listed whom something sets apart.
      if (groups.length > 0 || entries.some(({ pinned }) => pinned !== null)) result.people.push(person);
      continue;
    }
    if (verdict.reason === "invitation_pending") {
      invitedIds.add(account.id);
      continue;
    }
    // Everybody else whom no entry admits is no part of an answer to "who could get in".
    if (entries.length === 0) continue;
    const { login, id } = account;
    const sentence = sentenceOf({ ...reasons[verdict.reason], hint: null });
    result.keptOut.push({
      login,
      id,
      reason: verdict.reason,
      sentence,
      denied: matchesIn("deny", reported, facts),
      entries,
    });
  }
  return {
    ...result,
    allow: policy.allow.map((entry, index) => inReport(entry, texts.allow[index] ?? "", reported)),
    deny: policy.deny.map((entry, index) => inReport(entry, texts.deny[index] ?? "", reported)),
    anyone: policy.allow.some(({ kind }) => kind === "anyone"),
    workflows: workflowsOf(reported, deployment.host),
    invited: invitedTo(reported, people, invitedIds),
    notFound: named.notFoundIn(policy),
    nameWarnings: [...warnings].sort(),
  };
}

function byLogin(one: Account, other: Account): number {
  const [a, b] = [one.login.toLowerCase(), other.login.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : one.id - other.id;
}

function personOf(
  { login, id }: Account,
  { organisations }: Facts,
  given: Pick<Person, "username" | "groups" | "entries">,
): Person {
  return {
    login,
    id,
    ...given,
    pinned: given.entries.every(({ pinned }) => pinned !== false),
    organisations: Object.values(organisations).flatMap((membership) =>
      membership.kind === "active" ? [{ login: membership.login, role: membership.role }] : [],
    ),
    grants: null,
  };
}

/** @returns the entries of a list that match, as the file has them */
function matchesIn(list: "allow" | "deny", reported: ReportedPolicy, facts: Facts): EntryInReport[] {
  const { policy, texts } = reported;
  return policy[list].flatMap((entry, index) =>
    entry.kind !== "token" && matchEntry(entry, policy, facts, list).kind === "matched"
      ? [inReport(entry, texts[list][index] ?? "", reported)]
      : [],
  );
}

function inReport(entry: AllowEntry | DenyEntry, text: string, { policy }: ReportedPolicy): EntryInReport {
  switch (entry.kind) {
    case "anyone":
    case "token":
      return { entry: text, pinned: null };
    case "workflow":
    case "environment":
    case "repository":
      return { entry: text, pinned: entry.pin !== null };
    case "organisation":
      return { entry: text, pinned: isPinned(entry.login, policy) };
    case "user":
    case "team":
      return { entry: text, pinned: entry.id !== null };
  }
}

/** Those whom an accepted invitation would let in, and addresses: it is not known whose they are. */
function invitedTo({ policy }: ReportedPolicy, people: People, ids: ReadonlySet<number>): Invited[] {
  return policy.organisations.flatMap((reference) => {
    const isAllowed = policy.allow.some(
      (entry) =>
        (entry.kind === "organisation" && entry.login === reference.login) ||
        (entry.kind === "team" && entry.organisation === reference.login),
    );
    if (!isAllowed) return [];
    const organisation = people.get(keyOfOrganisation(reference));
    return (organisation?.invitations ?? []).flatMap(({ account, isForMember, email, role, since }): Invited[] => {
      if (!isForMember || (account !== null && !ids.has(account.id))) return [];
      const { login = null, id = null } = account ?? {};
      return [{ organisation: organisation?.login ?? reference.login, login, id, email, role, since }];
    });
  });
}
