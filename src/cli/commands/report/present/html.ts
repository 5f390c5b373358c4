// A report as one page of HTML to read, print and sign: without a script, and without anything from elsewhere.
import type { AccessReport, Changes, ClusterReport, EntryInReport } from "../report.ts";
import { grantText, grantTextWithSubject } from "./csv.ts";
import { counted, deployedText, headerRows, notKnown, rolesNotCompared } from "./header.ts";

/** A cell: a text, or several, one below the other. */
type Cell = string | readonly string[];

export function htmlPage(report: AccessReport): string {
  const title = `Access report, ${report.startedAt.slice(0, 10)}`;
  const markup = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<dl>
${definitions(headerRows(report))}
</dl>
<p class="note">${notKnown.map(escaped).join(" ")}</p>
${report.clusters.map(clusterSection).join("\n")}
${report.changes === null ? "" : changesSection(report.changes)}
${signature}
</body>
</html>`;
  return markup;
}

/** Readable at 1280 pixels and on a phone, where each row is a card; on paper a table repeats its head. */
const style = `
:root { color-scheme: light; --line: #c9ced6; --faint: #57606a; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1f24; background: #fff; margin: 0 auto; padding: 24px; max-width: 1240px; }
h1 { font-size: 26px; margin: 0 0 16px; }
h2 { font-size: 20px; margin: 36px 0 8px; border-top: 2px solid #1b1f24; padding-top: 12px; overflow-wrap: anywhere; }
h3 { font-size: 16px; margin: 20px 0 6px; }
dl { margin: 0; }
dl div { display: flex; gap: 16px; padding: 2px 0; }
dt { flex: 0 0 150px; color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
dd.warning { font-weight: 600; color: #9a1c1c; }
.note { color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { border: 1px solid var(--line); padding: 5px 8px; text-align: left; vertical-align: top; overflow-wrap: anywhere; min-width: 5.5em; }
th { background: #f2f4f7; font-weight: 600; white-space: nowrap; }
td.tick { min-width: 6.5em; white-space: nowrap; }
.sign { break-inside: avoid; margin-top: 40px; border: 1px solid var(--line); padding: 4px 20px 20px; }
.sign p { margin: 26px 0 0; border-top: 1px solid #1b1f24; padding-top: 4px; max-width: 520px; color: var(--faint); font-size: 13px; }
@media screen and (max-width: 640px) {
  body { padding: 14px; }
  dl div { display: block; padding: 4px 0; }
  dt { font-size: 13px; }
  table, tbody, tr, td { display: block; min-width: 0; }
  thead { display: none; }
  tr { border: 1px solid var(--line); margin-bottom: 8px; padding: 4px 8px; }
  td { border: 0; padding: 2px 0; }
  td:empty { display: none; }
  td::before { content: attr(data-label); display: block; color: var(--faint); font-size: 13px; }
}
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  body { padding: 0; max-width: none; font-size: 10pt; }
  table { font-size: 8.5pt; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  th { print-color-adjust: exact; }
}
`;

const signature = `<section class="sign">
<h2 style="border:0;margin-top:8px">Review</h2>
<div>Each account above was looked at. Those marked “remove” are to be taken out, and the next report shows that they are.</div>
<p>Reviewed by (name, role)</p>
<p>Date</p>
<p>Signature</p>
<p>Acknowledged by (management)</p>
</section>`;

function clusterSection(cluster: ClusterReport): string {
  const { name, kind, variable, digest, people, invited, keptOut, workflows } = cluster;
  const { anyone, tokens, notFound, nameWarnings, bindings } = cluster;
  const hasGrants = bindings !== null;
  const facts: readonly (readonly [string, string])[] = [
    ["variable", variable],
    ["digest", `sha256 ${digest}`],
    ["deployed", deployedText(cluster.deployed)],
    ["allow", cluster.allow.map(entryText).join(" ")],
    ...(cluster.deny.length === 0 ? [] : [["deny", cluster.deny.map(entryText).join(" ")] as const]),
    ...tokens.map((sentence) => ["token", sentence] as const),
    ...(anyone
      ? [["anyone", "Every account at GitHub gets in. Only those in groups, or by another entry, are listed."] as const]
      : []),
    ...nameWarnings.map((sentence) => ["name", sentence] as const),
    ...(bindings === null ? [] : [["bindings", `${bindings.file}, ${counted(bindings.count, "binding")}`] as const]),
  ];
  return `<section>
<h2>${escaped(`${kind === "cluster" ? "Cluster" : "Application"} ${name}: ${people.length} get in`)}</h2>
<dl>
${definitions(facts)}
</dl>
${table(
  "Gets in",
  ["account", "number", "username", "by", "groups", ...(hasGrants ? ["may"] : []), "decision"],
  people.map(({ login, id, username, entries, groups, organisations, grants }) => [
    [login, ...organisations.filter(({ role }) => role === "admin").map((one) => `owner of ${one.login}`)],
    String(id),
    username,
    entries.map(entryText),
    groups,
    ...(hasGrants ? [(grants ?? []).map(grantText)] : []),
    decision,
  ]),
)}
${
  bindings === null
    ? ""
    : table(
        "Everyone who gets in may",
        ["role"],
        bindings.everyone.map((grant) => [grantText(grant)]),
      )
}
${table(
  "Invited, no member yet",
  ["account", "number", "to", "as", "since"],
  invited.map(({ login, id, email, organisation, role, since }) => [
    login ?? email ?? "",
    id === null ? "" : String(id),
    organisation,
    role,
    since,
  ]),
)}
${table(
  "Kept out",
  ["account", "number", "why", "by", "otherwise in by"],
  keptOut.map(({ login, id, sentence, denied, entries }) => [
    login,
    String(id),
    sentence,
    denied.map(entryText),
    entries.map(entryText),
  ]),
)}
${table(
  "Workflows",
  ["entry", "username", "groups", ...(hasGrants ? ["may"] : []), "decision"],
  workflows.map(({ entry, pinned, username, groups, keptOut: reason, grants }) => [
    entryText({ entry, pinned }),
    username ?? `kept out: ${reason}`,
    groups,
    ...(hasGrants ? [(grants ?? []).map(grantTextWithSubject)] : []),
    decision,
  ]),
)}
${table(
  "Entries without an account",
  ["entry", "why"],
  notFound.map(({ entry, why }) => [entry, why]),
)}
${table(
  "Bindings that no person meets",
  ["subject", "binding", "why"],
  (bindings?.unmet ?? []).map(({ subject, why, ...grant }) => [subject, grantText(grant), why]),
)}
</section>`;
}

/** What is not as a reviewer expects it begins with "NOT". */
function definitions(rows: readonly (readonly [string, string])[]): string {
  return rows
    .map(([label, text]) => {
      const kind = text.startsWith("NOT ") ? ' class="warning"' : "";
      return `<div><dt>${escaped(label)}</dt><dd${kind}>${escaped(text)}</dd></div>`;
    })
    .join("\n");
}

/** To tick by hand. */
const decision = "☐ keep ☐ remove";

function changesSection({ file, since, clusters, notReported }: Changes): string {
  const rows = clusters.flatMap(
    ({ name, isCompared, policyChanged, came, went, changed, areRolesCompared, everyone, workflows }): Cell[][] => [
      ...(isCompared ? [] : [[name, "", "not in the earlier report"]]),
      ...(policyChanged ? [[name, "", "the policy is another one"]] : []),
      ...(areRolesCompared ? [] : [[name, "", rolesNotCompared]]),
      ...came.map(({ login, id, username }) => [name, `${login}#${id}`, `came: ${username}`]),
      ...went.map(({ login, id, username }) => [name, `${login}#${id}`, `went: ${username}`]),
      ...workflows.came.map((entry) => [name, entry, "came"]),
      ...workflows.went.map((entry) => [name, entry, "went"]),
      ...workflows.changed.map(({ entry, changes }) => [name, entry, changes]),
      ...changed.map(({ login, id, changes }) => [name, `${login}#${id}`, changes]),
      ...(everyone.length === 0 ? [] : [[name, "everyone who gets in", everyone]]),
    ],
  );
  const others = notReported.map((name) => [name, "", "in the earlier report, and not in this one"]);
  return `<section>
<h2>${escaped(`Since ${since}`)}</h2>
<p class="note">${escaped(`Compared with ${file}.`)}</p>
${rows.length + others.length === 0 ? "<p>Nothing has changed.</p>" : table("Changes", ["cluster", "account", "what"], [...rows, ...others])}
</section>`;
}

function table(title: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return "";
  const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join("");
  const body = rows
    .map((cells) => `<tr>${cells.map((cell, index) => cellMarkup(cell, heads[index] ?? "")).join("")}</tr>`)
    .join("\n");
  return `<h3>${escaped(title)}</h3>
<div class="scroll"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody></table></div>`;
}

function cellMarkup(cell: Cell, label: string): string {
  const kind = cell === decision ? ' class="tick"' : "";
  const texts = typeof cell === "string" ? [cell] : cell;
  return `<td${kind} data-label="${escaped(label)}">${texts.map(escaped).join("<br>")}</td>`;
}

function entryText({ entry, pinned }: EntryInReport): string {
  return pinned === false ? `${entry} (not pinned)` : entry;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Names come from others. What moves or hides text, such as a mark for text from the right, is shown as JSON writes it.
 */
export function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
      Array.from({ length: character.length }, (_, at) => {
        return `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
      }).join(""),
    )
    .replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
