// Warnings about what a policy says of workflows: events that outsiders can cause, and denials that a job evades.
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import { isForWorkflows, printEntry } from "../../../worker/config/entries.ts";
import type { Diagnostic } from "../../command.ts";
import { type ConfigFile, warningAt } from "../file.ts";

/**
 * Events of GitHub that start workflows, and who can cause those that are not for the people with write access alone
 * (docs.github.com, "Events that trigger workflows").
 */
const events: Readonly<Record<string, string | null>> = {
  branch_protection_rule: null,
  check_run: null,
  check_suite: null,
  create: null,
  delete: null,
  deployment: null,
  deployment_status: null,
  discussion: "everybody who may read the repository can cause it",
  discussion_comment: "everybody who may read the repository can cause it",
  fork: "everybody who may read the repository can cause it",
  gollum: null,
  image_version: null,
  issue_comment: "everybody who may read the repository can cause it",
  issues: "everybody who may read the repository can cause it",
  label: null,
  merge_group: null,
  milestone: null,
  page_build: null,
  public: null,
  pull_request: "the workflow runs as the pull request changes it",
  pull_request_review: "the workflow runs as the pull request changes it",
  pull_request_review_comment: "the workflow runs as the pull request changes it",
  pull_request_target: "everybody who can open a pull request causes it, and the token says the base branch",
  push: null,
  registry_package: null,
  release: null,
  repository_dispatch: null,
  schedule: null,
  status: null,
  watch: "everybody who may read the repository can cause it",
  workflow_dispatch: null,
  workflow_run: "other workflows cause it, those of pull requests among them",
};

/** @param variable the table's, such as CLUSTER_PRODUCTION */
export function findWorkflowRisks(file: ConfigFile, variable: string, policy: ClusterPolicy): Diagnostic[] {
  return [...findWeakEvents(file, variable, policy), ...findEvadedDenials(file, variable, policy)];
}

function findWeakEvents(file: ConfigFile, variable: string, { allow, workflowEvents }: ClusterPolicy): Diagnostic[] {
  if (!allow.some(isForWorkflows)) return [];
  return workflowEvents.flatMap((event, index): Diagnostic[] => {
    const path = ["vars", variable, "workflow_events", index];
    const cause = events[event];
    if (cause === undefined) return [warningAt(file, path, `${event} is no event that starts workflows at GitHub`)];
    if (cause === null) return [];
    const hint = "leave it out, or admit by an environment alone that has required reviewers";
    return [warningAt(file, path, `${event}: ${cause}`, hint)];
  });
}

/** People with write access choose the file and the environment. */
function findEvadedDenials(file: ConfigFile, variable: string, { deny }: ClusterPolicy): Diagnostic[] {
  return deny.flatMap((entry, index): Diagnostic[] => {
    if (entry.kind !== "workflow" && entry.kind !== "environment") return [];
    const way = entry.kind === "workflow" ? "another file or another ref" : "a job without the environment";
    const message = `${way} evades ${printEntry(entry)}`;
    const hint = `to deny all of it, write repository:${entry.owner}/${entry.repository}`;
    return [warningAt(file, ["vars", variable, "deny", index], message, hint)];
  });
}
