// The policy of a cluster for workflows: verified facts about a run → its identity, or the reason why it is not
// admitted. Pure, like evaluate.ts.
import type { ClusterPolicy } from "../config/cluster.ts";
import { denied, unauthenticated, type Verdict } from "../verdict.ts";
import type { WorkflowFacts } from "../workflows/facts.ts";
import { identifyWorkflow } from "./workflow-identity.ts";
import { matchWorkflow } from "./workflow-match.ts";

/**
 * The verdict about a run whose token GitHub has signed. Checks, in this order:
 *
 * 1. the token was made for this cluster alone
 * 2. it counts at this time
 * 3. no entry of `deny` matches, and none is open because the token does not say who started the run
 * 4. an entry of `allow` for workflows matches
 * 5. the event that started the run is one of `workflow_events`
 * 6. the names are safe to leave
 */
export function evaluateWorkflow(
  policy: ClusterPolicy,
  facts: WorkflowFacts,
  time: "current" | "expired" | "not_yet",
): Verdict {
  const { workflowAudience, workflowEvents, allow, deny } = policy;
  if (workflowAudience === null || facts.audience !== workflowAudience) {
    return denied("workflow_audience", workflowAudience);
  }
  if (time !== "current") return denied(time === "expired" ? "workflow_token_expired" : "workflow_token_early");

  const denials = deny.map((entry) => matchWorkflow(entry, facts, "deny"));
  if (denials.includes("matched") || denials.includes("unknown")) return unauthenticated("workflow_denied");

  const matches = allow.map((entry) => matchWorkflow(entry, facts, "allow"));
  if (!matches.includes("matched")) {
    const isReassigned = matches.includes("repository_reassigned");
    return unauthenticated(isReassigned ? "repository_reassigned" : "workflow_not_allowed");
  }
  if (!workflowEvents.includes(facts.event)) return denied("workflow_event_not_allowed", facts.event);
  return identifyWorkflow(policy, facts);
}
