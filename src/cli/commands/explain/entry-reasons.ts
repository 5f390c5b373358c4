// Each entry of a policy, with the reason why it matches or not: by the Worker's own matching.
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import type { AllowEntry, DenyEntry } from "../../../worker/config/entries.ts";
import { keyOfOrganisation } from "../../../worker/config/organisations.ts";
import { printPin } from "../../../worker/config/workflow-entries.ts";
import type { Facts, Membership } from "../../../worker/github/facts.ts";
import type { PresentedCredential } from "../../../worker/policy/identity.ts";
import { type Match, matchEntry, membershipIn } from "../../../worker/policy/match.ts";
import { matchWorkflow, workflowFileOf } from "../../../worker/policy/workflow-match.ts";
import { reasons } from "../../../worker/reasons.ts";
import { sentenceOf } from "../../../worker/verdict.ts";
import type { WorkflowFacts } from "../../../worker/workflows/facts.ts";

export interface ExplainedEntry {
  /** Such as `allow[0]`. */
  readonly setting: string;
  /** As the file has it. */
  readonly entry: string;
  /** Whether it matches this person or workflow; null where that is not known. */
  readonly matches: boolean | null;
  readonly why: string;
}

export interface PolicyTexts {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/**
 * @param texts the entries as the file has them
 * @param facts null where GitHub was not asked, or did not say who it is
 */
export function explainEntries(
  policy: ClusterPolicy,
  texts: PolicyTexts,
  credential: PresentedCredential,
  facts: Facts | null,
): ExplainedEntry[] {
  return explainLists(policy, texts, (entry, list) => explain(entry, list, policy, credential, facts));
}

/** @param facts null where GitHub has not signed the token */
export function explainWorkflowEntries(
  policy: ClusterPolicy,
  texts: PolicyTexts,
  facts: WorkflowFacts | null,
): ExplainedEntry[] {
  return explainLists(policy, texts, (entry, list) =>
    facts === null ? unknown("nothing is known about the workflow") : explainForWorkflow(entry, list, facts),
  );
}

function explainLists(
  policy: ClusterPolicy,
  texts: PolicyTexts,
  explainEntry: (entry: AllowEntry | DenyEntry, list: "allow" | "deny") => Explained,
): ExplainedEntry[] {
  return (["deny", "allow"] as const).flatMap((list) =>
    policy[list].map((entry, index) => ({
      setting: `${list}[${index}]`,
      entry: texts[list][index] ?? "",
      ...explainEntry(entry, list),
    })),
  );
}

type Explained = Pick<ExplainedEntry, "matches" | "why">;

const unknown = (why: string): Explained => ({ matches: null, why });
const no = (why: string): Explained => ({ matches: false, why });

function explain(
  entry: AllowEntry | DenyEntry,
  list: "allow" | "deny",
  policy: ClusterPolicy,
  credential: PresentedCredential,
  facts: Facts | null,
): Explained {
  if (entry.kind === "token") {
    const matches = entry.credentialId === credential.credentialId;
    return { matches, why: matches ? "this very token" : "another token" };
  }
  if (facts === null) return unknown("nothing is known about the owner of the token");
  if (entry.kind === "anyone") return { matches: true, why: "any account" };
  if (entry.kind === "user") return explainUser(matchEntry(entry, policy, facts, list), facts);
  if (entry.kind !== "organisation" && entry.kind !== "team") return no("for workflows alone");
  const organisation = entry.kind === "team" ? entry.organisation : entry.login;
  if (!wasAsked(organisation, policy, facts)) return unknown("not looked up: no answer could admit a user by it");
  return explainMembership(
    matchEntry(entry, policy, facts, list),
    organisation,
    membershipIn(organisation, policy, facts),
    entry.kind,
  );
}

function explainForWorkflow(entry: AllowEntry | DenyEntry, list: "allow" | "deny", facts: WorkflowFacts): Explained {
  switch (matchWorkflow(entry, facts, list)) {
    case "matched":
      return {
        matches: true,
        why: entry.kind === "user" ? "started this run" : "this repository, and all that it names",
      };
    case "repository_reassigned": {
      const { name, id, ownerId } = facts.repository;
      return no(`${name} has other numbers: ${printPin({ ownerId, repositoryId: id })}`);
    }
    case "unknown":
      return unknown("the token does not say who started the run");
    case "not_matched":
      return no(whyNotMatched(entry, list, facts));
  }
}

function whyNotMatched(entry: AllowEntry | DenyEntry, list: "allow" | "deny", facts: WorkflowFacts): string {
  switch (entry.kind) {
    case "workflow": {
      const file = workflowFileOf(facts);
      if (file === null) return "the run's workflow is not in the run's own repository";
      if (file.path !== entry.path) return `another file: ${file.path}`;
      return file.ref === entry.ref ? "another repository" : `another ref: ${file.ref}`;
    }
    case "environment":
      if (facts.environment === null) return "the job names no environment";
      return facts.environment.toLowerCase() === entry.environment.toLowerCase()
        ? "another repository"
        : `another environment: ${facts.environment}`;
    case "repository":
      return "another repository";
    case "user":
      return list === "deny" ? "another person started the run" : "for people alone";
    case "anyone":
    case "organisation":
    case "team":
    case "token":
      return "for people alone";
  }
}

function explainUser({ kind }: Match, { account }: Facts): Explained {
  if (kind === "matched") return { matches: true, why: `this account, ${account.login}#${account.id}` };
  return no(
    kind === "name_reassigned"
      ? `has the name, but is #${account.id}: the account of the entry has given the name up`
      : "another account",
  );
}

function explainMembership(
  match: Match,
  organisation: string,
  membership: Membership,
  kind: "organisation" | "team",
): Explained {
  switch (match.kind) {
    case "matched":
      return { matches: true, why: kind === "team" ? "in this team, or in a child team of it" : "an active member" };
    case "not_matched":
      return no(`no member of ${organisation}, as far as GitHub shows it to this token`);
    case "name_reassigned":
      return no(`the name belongs to another ${kind} by now than the one that the number pins`);
    case "pending":
      return no(`invited to ${match.organisation}, but the invitation is not accepted yet`);
    case "not_in_team":
      return no(`a member of ${organisation}, but not in this team (${teamsIn(membership)})`);
    case "hidden":
      return unknown(`${match.reason}: ${sentenceOf(reasons[match.reason])}`);
  }
}

function teamsIn(membership: Membership): string {
  const slugs = membership.kind === "active" ? membership.teams.map(({ slug }) => slug).sort() : [];
  return slugs.length === 0
    ? "in no team of it"
    : `in ${slugs.slice(0, 20).join(", ")}${slugs.length > 20 ? ", …" : ""}`;
}

function wasAsked(login: string, { organisations }: ClusterPolicy, facts: Facts): boolean {
  return organisations.some(
    (reference) => reference.login === login && Object.hasOwn(facts.organisations, keyOfOrganisation(reference)),
  );
}
