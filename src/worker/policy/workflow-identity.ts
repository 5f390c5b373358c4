// Identity of a workflow in the cluster. Its names begin with "actions:": no login, team or organisation has such a
// name, but for an organisation called "actions" in the form slug:id, which config/cluster.ts refuses.
import type { ClusterPolicy } from "../config/cluster.ts";
import { denied, type Verdict } from "../verdict.ts";
import type { WorkflowFacts } from "../workflows/facts.ts";
import { admitted, claimOf, isSafeName, maxNameLength, nameOf } from "./identity.ts";
import { workflowFileOf } from "./workflow-match.ts";

/** @returns the workflow as RBAC will know it; a name that must not leave is a denial */
export function identifyWorkflow(policy: ClusterPolicy, facts: WorkflowFacts): Verdict {
  const username = policy.prefix + workflowNameOf(policy, facts);
  const base = `${policy.prefix}actions:${nameOf(policy.group, facts.repository.name, facts.repository.id)}`;
  const file = workflowFileOf(facts)?.path.match(/^\.github\/workflows\/([^/]+)$/)?.[1];
  const groups = [
    base,
    ...(file === undefined ? [] : [`${base}/workflows/${file}`].filter(isPrintable)),
    ...(facts.environment === null ? [] : [`${base}/environments/${facts.environment}`].filter(isPrintable)),
  ].sort();
  if (!isSafeName(username) || !isSafeName(base)) return denied("identity_unsafe");
  return admitted(policy, {
    username,
    uid: workflowUidOf(facts),
    groups,
    credentialId: workflowCredentialIdOf(facts),
    credentialKind: "workflow",
    host: facts.host,
    extra: extraOf(facts),
  });
}

/** `actions:OWNER/REPO`, by the number, or with it. */
export function workflowNameOf(policy: ClusterPolicy, { repository }: WorkflowFacts): string {
  return `actions:${claimOf(policy, { login: repository.name, id: repository.id })}`;
}

export function workflowUidOf({ repository }: WorkflowFacts): string {
  return `repository:${repository.id}`;
}

/** As kube-apiserver names a JWT in its audit log. */
export function workflowCredentialIdOf({ tokenId }: WorkflowFacts): string {
  return `JTI=${tokenId}`;
}

/** What a run was, under the names of GitHub's own claims. */
type RunClaims = Partial<
  Readonly<Record<"workflow_ref" | "run_id" | "run_attempt" | "sha" | "event_name" | "actor", string>>
>;

/** @returns what may leave: without what the token does not say, or has in other characters than printable ASCII */
export function runClaimsOf({ workflowRef, runId, runAttempt, sha, event, actor }: WorkflowFacts): RunClaims {
  const claims = {
    workflow_ref: workflowRef,
    run_id: runId,
    run_attempt: runAttempt,
    sha,
    event_name: event,
    actor,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null && isPrintable(value)));
}

/** The same for the audit log of a cluster that asks the webhook. */
function extraOf(facts: WorkflowFacts): Record<string, string[]> {
  const { event_name: event, ...claims } = runClaimsOf(facts);
  return Object.fromEntries(
    Object.entries({ ...claims, event }).flatMap(([name, value]) =>
      value === undefined ? [] : [[`octogate.dev/${name.replaceAll("_", "-")}`, [value]]],
    ),
  );
}

/**
 * Whether a name may leave. A blank counts as printable in the name of an environment or of a file. At the end of a
 * header it would be lost, and the name would be another one's.
 */
export function isPrintable(name: string): boolean {
  return /^[\x20-\x7e]*[\x21-\x7e]$/.test(name) && name.length <= maxNameLength;
}
