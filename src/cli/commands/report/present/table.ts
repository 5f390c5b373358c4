// A report as text for a terminal.
import { columns } from "../../../../node/columns.ts";
import type { AccessReport, Changes, ClusterReport, EntryInReport } from "../report.ts";
import { grantText, grantTextWithSubject } from "./csv.ts";
import { counted, deployedText, headerRows, rolesNotCompared } from "./header.ts";

export function tableLines(report: AccessReport): string[] {
  return [
    "Access report",
    ...columns(headerRows(report).map((row) => [...row])),
    ...report.clusters.flatMap((cluster) => ["", ...clusterLines(cluster)]),
    ...(report.changes === null ? [] : ["", ...changeLines(report.changes)]),
  ];
}

function clusterLines(cluster: ClusterReport): string[] {
  const { name, kind, people, invited, keptOut, workflows, anyone, tokens, notFound, bindings } = cluster;
  return [
    `${kind === "cluster" ? "Cluster" : "Application"} ${name}: ${counted(people.length, "person").replace("persons", "people")}`,
    ...columns([
      ["allow", cluster.allow.map(entryText).join(" ")],
      ...(cluster.deny.length === 0 ? [] : [["deny", cluster.deny.map(entryText).join(" ")]]),
      ...tokens.map((sentence) => ["token", sentence]),
      ...(cluster.deployed === "not compared" ? [] : [["deployed", deployedText(cluster.deployed)]]),
      ...(anyone
        ? [["anyone", "every account at GitHub gets in; only those in groups, or by another entry, are listed"]]
        : []),
    ]),
    ...section("Gets in", [
      ["ACCOUNT", "USERNAME", "BY", "GROUPS"],
      ...people.map(({ login, id, username, entries, groups }) => [
        `${login}#${id}`,
        username,
        entries.map(entryText).join(" "),
        groups.join(" "),
      ]),
    ]),
    ...section("May", [
      ["WHO", "ROLE"],
      ...people.flatMap(({ login, id, grants }) =>
        (grants ?? []).map((grant) => [`${login}#${id}`, grantTextWithSubject(grant)]),
      ),
      ...workflows.flatMap(({ entry, grants }) => (grants ?? []).map((grant) => [entry, grantTextWithSubject(grant)])),
      ...(bindings?.everyone ?? []).map((grant) => ["everyone", grantText(grant)]),
    ]),
    ...section("Invited, no member yet", [
      ["ACCOUNT", "TO", "SINCE"],
      ...invited.map(({ login, id, email, organisation, role, since }) => [
        login === null ? (email ?? "") : `${login}#${id}`,
        `${organisation} (${role})`,
        since,
      ]),
    ]),
    ...section("Kept out", [
      ["ACCOUNT", "BY", "OTHERWISE IN BY"],
      ...keptOut.map(({ login, id, reason, denied, entries }) => [
        `${login}#${id}`,
        denied.length === 0 ? reason : denied.map(entryText).join(" "),
        entries.map(entryText).join(" "),
      ]),
    ]),
    ...section("Workflows", [
      ["ENTRY", "USERNAME", "GROUPS"],
      ...workflows.map(({ entry, pinned, username, groups, keptOut }) => [
        entryText({ entry, pinned }),
        username ?? `kept out: ${keptOut}`,
        groups.join(" "),
      ]),
    ]),
    ...section("Entries without an account", [["ENTRY", "WHY"], ...notFound.map(({ entry, why }) => [entry, why])]),
    ...section("Bindings that no person meets", [
      ["SUBJECT", "BINDING", "WHY"],
      ...(bindings?.unmet ?? []).map(({ subject, why, ...grant }) => [subject, grantText(grant), why]),
    ]),
  ];
}

/** @returns nothing for a table that has its header alone */
function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length <= 1 ? [] : ["", title, ...columns(rows)];
}

function entryText({ entry, pinned }: EntryInReport): string {
  return pinned === false ? `${entry} (not pinned)` : entry;
}

function changeLines({ file, since, clusters, notReported }: Changes): string[] {
  return [
    `Since ${since} (${file})`,
    ...clusters.flatMap(
      ({ name, isCompared, policyChanged, came, went, changed, areRolesCompared, everyone, workflows }) => [
        `  ${name}: ${
          isCompared
            ? `${came.length} came, ${went.length} went, ${changed.length} changed${policyChanged ? "; the policy is another one" : ""}`
            : "not in the earlier report"
        }`,
        ...(areRolesCompared ? [] : [`    ${rolesNotCompared}`]),
        ...came.map(({ login, id, username }) => `    + ${login}#${id}  ${username}`),
        ...went.map(({ login, id, username }) => `    - ${login}#${id}  ${username}`),
        ...workflows.came.map((entry) => `    + ${entry}`),
        ...workflows.went.map((entry) => `    - ${entry}`),
        ...workflows.changed.flatMap(({ entry, changes }) => changes.map((change) => `    ~ ${entry}  ${change}`)),
        ...everyone.map((change) => `    ~ everyone who gets in  ${change}`),
        ...changed.flatMap(({ login, id, changes }) => changes.map((change) => `    ~ ${login}#${id}  ${change}`)),
      ],
    ),
    ...notReported.map((name) => `  ${name}: in the earlier report, and not in this one`),
  ];
}
