// Entries for workflows: as whom a run that fits would get in, by the product's own policy over made-up facts. Who can
// write the file, or approve a deployment, stands at GitHub and not in the policy.
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import { isForWorkflows } from "../../../worker/config/entries.ts";
import type { EnvironmentEntry, WorkflowEntry } from "../../../worker/config/workflow-entries.ts";
import { evaluateWorkflow } from "../../../worker/policy/evaluate-workflow.ts";
import type { WorkflowFacts } from "../../../worker/workflows/facts.ts";
import type { ReportedPolicy } from "./policies.ts";
import type { WorkflowAccess } from "./report.ts";
import { openNumber } from "./workflow-subjects.ts";

/** GitHub gives out no such number; the names of an entry that is not pinned are shown with a word in its place. */
const unknownNumber = Number.MAX_SAFE_INTEGER;

/** @param host of GitHub's pages */
export function workflowsOf({ policy, texts }: ReportedPolicy, host: string): WorkflowAccess[] {
  return policy.allow.flatMap((entry, index): WorkflowAccess[] => {
    if (!isForWorkflows(entry)) return [];
    const text = texts.allow[index] ?? "";
    const verdict = evaluateWorkflow(
      { ...policy, workflowAudience: fitting },
      factsOf(entry, text, policy, host),
      "current",
    );
    const common = { entry: text, pinned: entry.pin !== null, grants: null };
    if (verdict.kind !== "authenticated") return [{ ...common, username: null, groups: [], keptOut: verdict.reason }];
    const { username, groups } = verdict.user;
    return [{ ...common, username: shown(username), groups: groups.map(shown), keptOut: null }];
  });
}

/** The audience of a token that is made for this cluster. */
const fitting = "fitting";

/** Names are spelled as in the entry; GitHub's spelling counts in the cluster. */
function factsOf(
  entry: WorkflowEntry | EnvironmentEntry,
  text: string,
  { workflowEvents }: ClusterPolicy,
  host: string,
): WorkflowFacts {
  const [name = ""] = /(?<=^\w+:)[^/]+\/[^/]+/.exec(text) ?? [];
  return {
    host,
    tokenId: "",
    audience: fitting,
    expiresAt: 0,
    notBefore: 0,
    repository: {
      name,
      id: entry.pin?.repositoryId ?? unknownNumber,
      ownerId: entry.pin?.ownerId ?? unknownNumber,
    },
    workflowRef: entry.kind === "workflow" ? `${name}/${entry.path}@${entry.ref}` : null,
    environment: entry.kind === "environment" ? entry.environment : null,
    event: workflowEvents[0] ?? "",
    // Someone whom no entry of deny names: a run that another person starts may be kept out.
    actor: "",
    actorId: 0,
    runId: null,
    runAttempt: null,
    sha: null,
  };
}

function shown(name: string): string {
  return name.replaceAll(String(unknownNumber), openNumber);
}
