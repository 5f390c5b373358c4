// What is different from an earlier report: who came, who went, and what changed for those who stayed.
import * as v from "valibot";
import { parseJson } from "../../../worker/json.ts";
import { cliError } from "../../command.ts";
import {
  type AccessReport,
  type Changes,
  type ClusterChanges,
  type ClusterReport,
  type Deployment,
  type Grant,
  type Person,
  reportSchema,
  reportSchemaName,
  type WorkflowAccess,
} from "./report.ts";

const anyReportSchema = v.object({ schema: v.string() });

/**
 * @param path for messages
 * @throws CliError where it is no report, or one of another release's shape
 */
export function parseEarlierReport(path: string, text: string): AccessReport {
  const hint = "octogate report --format json > file";
  const json = parseJson(text.replace(/^\ufeff/, ""));
  const named = v.safeParse(anyReportSchema, json);
  if (!named.success) throw cliError(path, "is no report in JSON", hint);
  if (named.output.schema !== reportSchemaName) {
    throw cliError(path, `has the form ${named.output.schema}, and this release reads ${reportSchemaName}`, hint);
  }
  const report = v.safeParse(reportSchema, json);
  if (!report.success) throw cliError(path, "is a report, but not as the command wrote it", hint);
  return report.output;
}

/**
 * @param file the earlier report's
 * @throws CliError where the two can't be compared
 */
export function changesSince(earlier: AccessReport, file: string, now: AccessReport): Changes {
  refuseAnotherSubject(earlier, file, now);
  if (Date.parse(earlier.startedAt) > Date.parse(now.startedAt)) {
    throw cliError(file, "is newer than this report", "is this machine's clock right?");
  }
  const byVariable = new Map(earlier.clusters.map((cluster) => [cluster.variable, cluster]));
  return {
    file,
    since: earlier.startedAt,
    clusters: now.clusters.map((cluster) => compare(byVariable.get(cluster.variable), cluster)),
    notReported: earlier.clusters
      .filter(({ variable }) => now.clusters.every((cluster) => cluster.variable !== variable))
      .map(({ name }) => name),
  };
}

/**
 * Compared with another company's report, or another cluster's, each person would have come, and others gone.
 *
 * @throws CliError where the two are about different GitHubs, deployments, organisations or clusters
 */
function refuseAnotherSubject(earlier: AccessReport, file: string, now: AccessReport): void {
  const hint =
    "--since takes an earlier report of the same deployment and clusters; without --since nothing is compared";
  const refuse = (before: string, after: string) =>
    cliError(file, `is about ${before}, and this one about ${after}`, hint);
  if (earlier.github.host !== now.github.host) throw refuse(earlier.github.host, now.github.host);
  if (earlier.deployment === undefined || now.deployment === undefined) {
    const older = earlier.deployment === undefined ? file : "--from";
    const message = "does not say which deployment it is about: an earlier release wrote it";
    throw cliError(older, message, "make a report with this release, and compare the next one with it");
  }
  const isSame = isSameDeployment(earlier.deployment, now.deployment);
  if (isSame === false) throw refuse(deploymentAt(earlier.deployment), deploymentAt(now.deployment));
  const ids = new Set(now.organisations.map(({ id }) => id));
  const areOthers =
    ids.size > 0 && earlier.organisations.length > 0 && earlier.organisations.every(({ id }) => !ids.has(id));
  if (isSame === null && areOthers) throw refuse(organisationsOf(earlier), organisationsOf(now));
  const variables = new Set(now.clusters.map(({ variable }) => variable));
  if (!earlier.clusters.some(({ variable }) => variables.has(variable)))
    throw refuse(clustersOf(earlier), clustersOf(now));
}

/** @returns null where that is not known: a policy can be reported before its deployment has a hostname */
function isSameDeployment(one: Deployment, other: Deployment): boolean | null {
  const pairs = [
    [one.hostname, other.hostname],
    [one.signInHostname, other.signInHostname],
  ].filter((pair) => !pair.includes(null));
  return pairs.length === 0 ? null : pairs.some(([before, after]) => before === after);
}

const deploymentAt = ({ hostname, signInHostname }: Deployment) =>
  `the deployment at ${[hostname, signInHostname].filter((name) => name !== null).join(" and ")}`;
const listed = (what: string, names: readonly string[]) =>
  `the ${what}${names.length === 1 ? "" : "s"} ${names.join(", ")}`;
const organisationsOf = ({ organisations }: AccessReport) =>
  listed(
    "organisation",
    organisations.map(({ login, id }) => `${login}#${id}`),
  );
const clustersOf = ({ clusters }: AccessReport) =>
  listed(
    "cluster",
    clusters.map(({ name }) => name),
  );

function compare(earlier: ClusterReport | undefined, now: ClusterReport): ClusterChanges {
  const { name } = now;
  if (earlier === undefined) {
    const nothing = { came: [], went: [], changed: [] };
    const isCompared = false;
    return {
      name,
      isCompared,
      policyChanged: false,
      ...nothing,
      areRolesCompared: true,
      everyone: [],
      workflows: nothing,
    };
  }
  const before = new Map(earlier.people.map((person) => [person.id, person]));
  const after = new Map(now.people.map((person) => [person.id, person]));
  const entriesOf = ({ workflows }: ClusterReport) => workflows.map(({ entry }) => entry);
  const shown = ({ login, id, username }: Person) => ({ login, id, username });
  return {
    name,
    isCompared: true,
    policyChanged: earlier.digest !== now.digest,
    came: now.people.filter(({ id }) => !before.has(id)).map(shown),
    went: earlier.people.filter(({ id }) => !after.has(id)).map(shown),
    workflows: {
      came: entriesOf(now).filter((entry) => !entriesOf(earlier).includes(entry)),
      went: entriesOf(earlier).filter((entry) => !entriesOf(now).includes(entry)),
      changed: now.workflows.flatMap((workflow) => {
        const was = earlier.workflows.find(({ entry }) => entry === workflow.entry);
        const changes = was === undefined ? [] : differencesOfWorkflow(was, workflow);
        return changes.length === 0 ? [] : [{ entry: workflow.entry, changes }];
      }),
    },
    areRolesCompared: (earlier.bindings === null) === (now.bindings === null),
    everyone: differencesInRoles(earlier.bindings?.everyone ?? null, now.bindings?.everyone ?? null),
    changed: now.people.flatMap((person) => {
      const was = before.get(person.id);
      const changes = was === undefined ? [] : differencesBetween(was, person);
      return changes.length === 0 ? [] : [{ login: person.login, id: person.id, changes }];
    }),
  };
}

/** @returns a clause for each difference: "+ group github:acme" */
function differencesBetween(was: Person, is: Person): string[] {
  return [
    ...renamed("login", was.login, is.login),
    ...renamed("username", was.username, is.username),
    ...differencesInLists("group", was.groups, is.groups),
    ...differencesInLists(
      "entry",
      was.entries.map(({ entry }) => entry),
      is.entries.map(({ entry }) => entry),
    ),
    ...differencesInLists(
      "organisation role",
      was.organisations.map(({ login, role }) => `${role} of ${login}`),
      is.organisations.map(({ login, role }) => `${role} of ${login}`),
    ),
    ...differencesInRoles(was.grants, is.grants),
  ];
}

function differencesOfWorkflow(was: WorkflowAccess, is: WorkflowAccess): string[] {
  const nameOf = ({ username, keptOut }: WorkflowAccess) => username ?? `kept out: ${keptOut}`;
  return [
    ...renamed("username", nameOf(was), nameOf(is)),
    ...differencesInLists("group", was.groups, is.groups),
    ...differencesInRoles(was.grants, is.grants),
  ];
}

/** @param was null, as the other one, where no bindings were given: then nothing is compared */
function differencesInRoles(was: readonly Grant[] | null, is: readonly Grant[] | null): string[] {
  const textOf = ({ role, namespace, binding, subject }: Grant) =>
    `${role} ${namespace === null ? "everywhere" : `in ${namespace}`} (${binding}, ${subject})`;
  return was === null || is === null ? [] : differencesInLists("role", was.map(textOf), is.map(textOf));
}

function renamed(what: string, before: string, after: string): string[] {
  return before === after ? [] : [`${what} ${before} → ${after}`];
}

function differencesInLists(what: string, before: readonly string[], after: readonly string[]): string[] {
  const [known, present] = [new Set(before), new Set(after)];
  return [
    ...after.filter((one) => !known.has(one)).map((one) => `+ ${what} ${one}`),
    ...before.filter((one) => !present.has(one)).map((one) => `- ${what} ${one}`),
  ];
}
