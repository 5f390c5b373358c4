// A report as CSV (RFC 4180), for a spreadsheet: one row for each person and cluster. Names come from others, and a
// spreadsheet takes a cell that begins in a certain way for a formula, which can send the sheet elsewhere.
import type { AccessReport, Grant, Invited, KeptOut, Person, WorkflowAccess } from "../report.ts";

const header = [
  "cluster",
  "state",
  "login",
  "number",
  "username",
  "entries",
  "pinned",
  "groups",
  "organisations",
  "roles",
  "note",
  "reported at",
  "policy digest",
] as const;

/** @returns lines without their ends: the header first */
export function csvLines(report: AccessReport): string[] {
  const rows = report.clusters.flatMap(({ name, digest, people, invited, keptOut, workflows, notFound, anyone }) => {
    const common = (cells: Cells): Cells => ({
      cluster: name,
      "reported at": report.startedAt,
      "policy digest": digest,
      ...cells,
    });
    return [
      ...people.map((person) => common(personCells(person))),
      ...invited.map((one) => common(invitedCells(one))),
      ...keptOut.map((one) => common(keptOutCells(one))),
      ...workflows.map((one) => common(workflowCells(one))),
      ...notFound.map(({ entry, why }) => common({ state: "no account", entries: entry, note: why })),
      ...(anyone ? [common({ state: "anyone", note: "every account at GitHub gets in: those are not listed" })] : []),
    ];
  });
  return [csvLine(header), ...rows.map((cells) => csvLine(header.map((column) => cells[column] ?? "")))];
}

type Cells = Partial<Record<(typeof header)[number], string>>;

function personCells({ login, id, username, entries, pinned, groups, organisations, grants }: Person): Cells {
  return {
    state: "gets in",
    login,
    number: String(id),
    username,
    entries: entries.map(({ entry }) => entry).join(" "),
    pinned: pinned ? "yes" : "no",
    groups: groups.join(" "),
    organisations: organisations.map((one) => `${one.login} (${one.role})`).join(" "),
    roles: grants === null ? "not compared" : grants.map(grantText).join("; "),
  };
}

function invitedCells({ organisation, login, id, email, role, since }: Invited): Cells {
  return {
    state: "invited",
    login: login ?? email ?? "",
    number: id === null ? "" : String(id),
    organisations: `${organisation} (${role})`,
    note: `since ${since}`,
  };
}

function keptOutCells({ login, id, reason, denied, entries }: KeptOut): Cells {
  return {
    state: "kept out",
    login,
    number: String(id),
    entries: entries.map(({ entry }) => entry).join(" "),
    note: [reason, ...denied.map(({ entry }) => entry)].join(" "),
  };
}

function workflowCells({ entry, pinned, username, groups, keptOut, grants }: WorkflowAccess): Cells {
  return {
    state: "workflow",
    username: username ?? "",
    entries: entry,
    pinned: pinned ? "yes" : "no",
    groups: groups.join(" "),
    roles: grants === null ? "not compared" : grants.map(grantTextWithSubject).join("; "),
    note: keptOut === null ? "" : `kept out: ${keptOut}`,
  };
}

export function grantText({ role, namespace, binding }: Omit<Grant, "subject">): string {
  return `${role} ${namespace === null ? "everywhere" : `in ${namespace}`} (${binding})`;
}

/** A run may be a subject that its entry does not name. */
export function grantTextWithSubject({ subject, ...grant }: Grant): string {
  return `${grantText(grant)}, as ${subject}`;
}

export function csvLine(cells: readonly string[]): string {
  return cells.map(csvCell).join(",");
}

/**
 * What OWASP names as the beginnings of a formula, the same signs in full width, and what a spreadsheet skips before
 * them. A spreadsheet whose language ends a cell with another sign than the comma splits a row there, also within our
 * quotation marks: behind the first cell of a row they are text to it.
 */
const formula = /(^|[,;|])([\s"']*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/**
 * In quotes always, so that no comma begins a cell. A row stays one line: control characters are written as JSON writes
 * them.
 */
export function csvCell(text: string): string {
  const defused = text.replace(formula, "$1'$2").replace(/^(?=[\t\r\n])/u, "'");
  const inOneLine = defused.replace(/\p{Cc}/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
  return `"${inOneLine.replaceAll('"', '""')}"`;
}
