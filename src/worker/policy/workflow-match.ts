// Matches the entries of `allow` and `deny` with facts about a run of a workflow. `sub` and the names of called
// workflows (job_workflow_ref) are never looked at: who writes the workflow chooses them.
import type { Entry, UserEntry } from "../config/entries.ts";
import { foldCase, type RepositoryReference } from "../config/workflow-entries.ts";
import type { WorkflowFacts } from "../workflows/facts.ts";

export type WorkflowMatch =
  | "matched"
  | "not_matched"
  /** It would match by the repository's name, but the entry pins other numbers. */
  | "repository_reassigned"
  /** The token does not say it. */
  | "unknown";

/** @param list in `deny`, the repository's number alone makes a pin match: a new owner does not free it */
export function matchWorkflow(entry: Entry, facts: WorkflowFacts, list: "allow" | "deny"): WorkflowMatch {
  switch (entry.kind) {
    case "workflow": {
      const file = workflowFileOf(facts);
      if (file === null || file.path !== entry.path || file.ref !== entry.ref) return "not_matched";
      return matchRepository(entry, facts, list);
    }
    case "environment": {
      const { environment } = facts;
      if (environment === null || foldCase(environment) !== foldCase(entry.environment)) return "not_matched";
      return matchRepository(entry, facts, list);
    }
    case "repository":
      return matchRepository(entry, facts, list);
    case "user":
      return list === "deny" ? matchActor(entry, facts) : "not_matched";
    case "anyone":
    case "organisation":
    case "team":
    case "token":
      return "not_matched";
  }
}

function matchRepository(
  { owner, repository, pin }: RepositoryReference,
  { repository: { name, id, ownerId } }: WorkflowFacts,
  list: "allow" | "deny",
): WorkflowMatch {
  const isNamed = name.toLowerCase() === `${owner}/${repository}`;
  if (pin === null) return isNamed ? "matched" : "not_matched";
  if (pin.repositoryId === id && (pin.ownerId === ownerId || list === "deny")) return "matched";
  return isNamed || pin.repositoryId === id ? "repository_reassigned" : "not_matched";
}

function matchActor({ login, id }: UserEntry, { actor, actorId }: WorkflowFacts): WorkflowMatch {
  if (id === null ? actor === null : actorId === null) return "unknown";
  return (id === null ? actor?.toLowerCase() === login : actorId === id) ? "matched" : "not_matched";
}

export interface WorkflowFile {
  /** Within the repository: `.github/workflows/FILE`. */
  readonly path: string;
  readonly ref: string;
}

/**
 * @returns the file that the run began with; null where that is in another repository than the run, as the ruleset of
 *   an organisation can have it, or where the token does not say it
 */
export function workflowFileOf({ workflowRef, repository }: WorkflowFacts): WorkflowFile | null {
  if (workflowRef === null) return null;
  const inRepository = `${repository.name}/`;
  if (workflowRef.slice(0, inRepository.length).toLowerCase() !== inRepository.toLowerCase()) return null;
  const rest = workflowRef.slice(inRepository.length);
  // A branch may have "@refs/" in its name, a file may not have a slash.
  const at = rest.indexOf("@refs/");
  return at < 0 ? null : { path: rest.slice(0, at), ref: rest.slice(at + 1) };
}
