// The role bindings of k8s/rbac with a policy's own names in them: the groups that Octogate is going to give.
import { parseDocument } from "yaml";
import { listClusterFiles, readClusterFile } from "../../../node/kubeconfig.ts";
import { type ClusterPolicy, readClusterPolicy } from "../../../worker/config/cluster.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { isForWorkflows } from "../../../worker/config/entries.ts";
import type { RepositoryReference } from "../../../worker/config/workflow-entries.ts";
import { claimOf, nameOf } from "../../../worker/policy/identity.ts";
import { isPrintable } from "../../../worker/policy/workflow-identity.ts";
import { stringsIn } from "../../config-file/clusters.ts";
import { type BindingSubject, bindingSubject, type NameForm, type PolicyName } from "./names.ts";

export interface RbacFile {
  /** With its folder: rbac/… */
  readonly name: string;
  readonly content: string;
}

export interface Rbac {
  readonly files: readonly RbacFile[];
  /** What to look at before these are applied. */
  readonly notes: readonly string[];
}

const folder = "rbac";
const organisationsFile = "view-organisation.yaml";
const teamsFile = "admin-team.yaml";
/** For whom that is too much; not in the kustomization. */
const otherTeamsFile = "edit-team.yaml";
/** For workflows; not in the kustomization. */
const workflowsFile = "edit-workflow.yaml";
/** For people by themselves; not in the kustomization. */
const peopleFiles = ["view-cluster.yaml", "view-namespace.yaml"];
/**
 * In place of a number that the policy does not pin; GitHub gives out no such name, so such a binding admits no user.
 */
const unknownNumber = "<NUMBER>";

/**
 * Where the policy is missing or wrong, the rest is of use all the same.
 *
 * @param clusterVariable the cluster's table; null where there is no configuration
 */
export function rbacFor(cluster: string, clusterVariable: unknown, form: NameForm): Rbac {
  const asItIs = (why: string) => ({
    ...renderRbac(null, [], form),
    notes: [`rbac/ is not filled in and admits no user yet: ${why}`],
  });
  if (clusterVariable === null) return asItIs("there is no configuration here to take the policy from.");
  const setting = clusterVariableName(cluster);
  const policy = readClusterPolicy(setting, clusterVariable);
  if (!policy.ok) return asItIs(`${setting} is wrong; octogate check says what it is.`);
  const entries = [...stringsIn(clusterVariable, "allow"), ...stringsIn(clusterVariable, "groups_from")];
  return renderRbac(policy.value, entries, form);
}

/**
 * @param policy null: the templates as they are, which admit no user
 * @param entries `allow` and `groups_from` as the operator wrote them: a policy keeps its names in lower case, and RBAC
 *   compares letter by letter
 * @param form how the cluster writes the names
 */
export function renderRbac(policy: ClusterPolicy | null, entries: readonly string[], form: NameForm): Rbac {
  const subjectsOf = (names: readonly PolicyName[]) => names.map((name) => bindingSubject(name, form));
  const organisations = subjectsOf(policy === null ? [] : organisationGroups(policy, entries));
  const teams = subjectsOf(policy === null ? [] : teamGroups(policy, entries));
  const workflows = subjectsOf(policy === null ? [] : workflowGroups(policy, entries));
  const people = subjectsOf(policy === null ? [] : usernames(policy, entries));
  const subjects: Readonly<Record<string, readonly BindingSubject[]>> = {
    [organisationsFile]: organisations,
    [teamsFile]: teams,
    [otherTeamsFile]: teams,
    [workflowsFile]: workflows,
    ...Object.fromEntries(peopleFiles.map((name) => [name, people])),
  };
  return {
    files: listClusterFiles(folder).map((name) => ({
      name: `${folder}/${name}`,
      content: withSubjects(readClusterFile(`${folder}/${name}`), subjects[name] ?? []),
    })),
    notes: policy === null ? [] : notesOn(policy, namesOf(organisations), namesOf(teams), namesOf(workflows)),
  };
}

function organisationGroups(policy: ClusterPolicy, entries: readonly string[]): PolicyName[] {
  return policy.groupsFrom.flatMap((source) =>
    source.kind === "organisation" ? [groupOf(policy, organisationName(source.login, policy, entries))] : [],
  );
}

function groupOf({ prefix }: ClusterPolicy, name: string): PolicyName {
  return { kind: "Group", prefix, name, subject: null };
}

function organisationName(login: string, policy: ClusterPolicy, entries: readonly string[]): string {
  const id = policy.organisations.find((organisation) => organisation.login === login)?.id ?? unknownNumber;
  return nameOf(policy.group, spelling(login, entries), id);
}

/** Teams of groups_from, and those of allow whose organisation is there; of others there are no groups. */
function teamGroups(policy: ClusterPolicy, entries: readonly string[]): PolicyName[] {
  const organisations = policy.groupsFrom.flatMap((source) => (source.kind === "organisation" ? [source.login] : []));
  const allowed = policy.allow.filter((entry) => entry.kind === "team" && organisations.includes(entry.organisation));
  const names = [...policy.groupsFrom, ...allowed].flatMap((entry) => {
    if (entry.kind !== "team") return [];
    const team = nameOf(policy.group, entry.slug, entry.id ?? unknownNumber);
    return [`${organisationName(entry.organisation, policy, entries)}/${team}`];
  });
  return [...new Set(names)].map((name) => groupOf(policy, name));
}

/** Of the file or the environment that an entry names: the repository's is for all of its workflows that get in. */
function workflowGroups(policy: ClusterPolicy, entries: readonly string[]): PolicyName[] {
  const names = policy.allow.flatMap((entry) => {
    if (!isForWorkflows(entry)) return [];
    const id = entry.pin?.repositoryId ?? unknownNumber;
    const repository = nameOf(policy.group, repositorySpelling(entry, entries), id);
    const detail =
      entry.kind === "environment" ? `environments/${entry.environment}` : `workflows/${entry.path.split("/").at(-1)}`;
    return isPrintable(detail) ? [`actions:${repository}/${detail}`] : [];
  });
  return [...new Set(names)].map((name) => groupOf(policy, name));
}

/** @returns OWNER/REPO as the operator spelled it */
function repositorySpelling({ owner, repository }: RepositoryReference, entries: readonly string[]): string {
  const name = `${owner}/${repository}`;
  const spelled = entries.map((entry) => /^(?:workflow|environment):([^/]+\/[^/]+)\//.exec(entry)?.[1]);
  return spelled.find((one) => one?.toLowerCase() === name) ?? name;
}

function usernames(policy: ClusterPolicy, entries: readonly string[]): PolicyName[] {
  return policy.allow.flatMap((entry) => {
    if (entry.kind !== "user") return [];
    const subject = entry.id ?? unknownNumber;
    const name = claimOf(policy, { login: spelling(entry.login, entries), id: subject });
    return [{ kind: "User", prefix: policy.prefix, name, subject }];
  });
}

/** @returns a login as the operator spelled it */
function spelling(login: string, entries: readonly string[]): string {
  const pattern = new RegExp(`^(?:org:|team:|user:)?(${login})(?:[#/]|$)`, "i");
  return entries.map((entry) => pattern.exec(entry)?.[1]).find((found) => found !== undefined) ?? login;
}

function namesOf(subjects: readonly BindingSubject[]): string[] {
  return subjects.map(({ name }) => name);
}

function withSubjects(template: string, subjects: readonly BindingSubject[]): string {
  if (subjects.length === 0) return template;
  const document = parseDocument(template);
  document.set("subjects", document.createNode(subjects));
  return document.toString({ lineWidth: 0 });
}

function notesOn(
  policy: ClusterPolicy,
  organisations: readonly string[],
  teams: readonly string[],
  workflows: readonly string[],
): string[] {
  const groups = [...organisations, ...teams, ...workflows];
  const notes: string[] = [];
  if (organisations.length === 0) {
    notes.push(`${folder}/${organisationsFile} admits no user: the policy gives no organisation's groups.`);
  }
  notes.push(
    teams.length === 0
      ? `${folder}/${teamsFile} admits no user: the policy's allow names no team whose groups it gives.`
      : `${folder}/${teamsFile} makes ${teams.join(", ")} administrators of the namespace default: change the namespace, or take it out of kustomization.yaml.`,
  );
  if (groups.some((group) => group.includes(unknownNumber))) {
    notes.push(`${unknownNumber} is left where the policy does not pin an entry: octogate pin writes the numbers in.`);
  }
  if (policy.group !== "id" && groups.length > 0) {
    notes.push(
      "Names are spelled as in the configuration. RBAC compares letter by letter, and GitHub's spelling counts: octogate explain shows it.",
    );
  }
  return notes;
}
