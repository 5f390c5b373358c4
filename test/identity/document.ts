// docs/identity.md, from the rows and what came of them.
import type { IdentityCase, PolicyTable, Section, TokenSpec } from "./case.ts";
import type { Outcome } from "./outcome.ts";
import { organisations, people } from "./scene.ts";

/** A section, with an outcome for each of its rows in their order. */
export interface AnsweredSection {
  readonly section: Section;
  readonly outcomes: readonly Outcome[];
}

/** @returns the whole file */
export function identityDocument(answered: readonly AnsweredSection[]): string {
  return [introduction, cast(), ...answered.map(sectionText)].join("\n");
}

const introduction = `<!-- Made by \`npm run docs\` from test/identity/cases.ts and the real code: change those, and run it again. -->

# Who gets in, by example

Who comes with which token to which policy, and who they are in the cluster then. Every row is a test: it is answered by the Worker's own code, which asks a stand-in for GitHub. What the
settings mean stands in [configuration.md](configuration.md), every reason with what to do about it in [operations.md](operations.md#reasons).

How to read the tables:

- **authenticated**: RBAC sees the user and the groups. What the token may not see of the policy's organisations is named behind the groups, in the log and in the user's \`extra\`.
- **unauthenticated**: a plain no, which kube-apiserver remembers. The reason stands in Octogate's decision log alone.
- **denied**: a no that the person can put right. kube-apiserver logs the reason with its cure, and does not remember it.
- **undetermined**: nothing is known, so nothing is said about the person; kube-apiserver logs the reason.

A policy is what stands under \`[vars.CLUSTER_NAME]\` in \`wrangler.toml\`, without the cluster's certificates. Where a row names settings in its column *policy*, they replace those above the table.
`;

function cast(): string {
  const rows = Object.entries(people).map(([login, { id, is }]) => `| ${login} | ${id} | ${is} |`);
  const places = Object.values(organisations).map(({ login, id }) => `${login} (${id})`);
  return `## The people

| login | number | who it is |
|---|---|---|
${rows.join("\n")}

The organisations with their numbers: ${places.join(", ")}. Acme's teams: platform (55), storage (56), backups (57), billing (58), system-masters (59), duty (60), oncall (61).
`;
}

function sectionText({ section, outcomes }: AnsweredSection): string {
  const { title, text, policy, rows } = section;
  const hasPolicies = rows.some((row) => row.policy !== undefined);
  const columns = ["", "person", "token", ...(hasPolicies ? ["policy"] : []), "verdict", "user", "groups", "reason"];
  const table = rows.map((row, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error(`nothing came of "${row.shows}"`);
    return [
      row.shows,
      row.person,
      tokenText(row.token),
      ...(hasPolicies ? [policyText(row)] : []),
      outcome.verdict,
      outcome.user === null ? "" : code(outcome.user),
      groupsText(outcome),
      code(outcome.reason),
    ];
  });
  return `## ${title}

${text}

\`\`\`toml
${toml(policy).join("\n")}
\`\`\`

${line(columns)}
|${"---|".repeat(columns.length)}
${table.map(line).join("\n")}
`;
}

function groupsText({ groups, unseen }: Outcome): string {
  const shown = groups.map(code).join(" ");
  return unseen.length === 0 ? shown : `${shown}; not seen: ${unseen.map(code).join(" ")}`;
}

const kinds: Readonly<Record<TokenSpec["kind"], string>> = {
  classic: "classic",
  fine_grained: "fine-grained",
  oauth: "OAuth app",
  app: "GitHub App",
  legacy: "legacy",
  installation: "installation",
  service_account: "service account",
};

function tokenText({ kind, scopes, owner, client, expiration, authorisedFor }: TokenSpec): string {
  const hasScopes = kind === "classic" || kind === "oauth" || kind === "legacy";
  return [
    client === undefined ? kinds[kind] : `${kinds[kind]} ${client}`,
    ...(hasScopes ? [scopes === undefined || scopes.length === 0 ? "no scopes" : scopes.map(code).join(" ")] : []),
    ...(kind === "fine_grained" ? [`for ${owner === undefined ? "oneself" : organisations[owner].login}`] : []),
    ...(authorisedFor === undefined ? [] : [`authorised for ${organisations[authorisedFor].login}`]),
    ...(expiration === undefined ? [] : [`until “${expiration}”`]),
  ].join(", ");
}

function policyText({ policy }: IdentityCase): string {
  return policy === undefined ? "" : toml(policy).map(code).join("<br>");
}

function toml(policy: PolicyTable): string[] {
  return Object.entries(policy).map(([key, value]) => `${key} = ${tomlValue(value)}`);
}

function tomlValue(value: PolicyTable[string]): string {
  return typeof value === "object"
    ? `[${value.map((entry) => JSON.stringify(entry)).join(", ")}]`
    : JSON.stringify(value);
}

function code(text: string): string {
  return `\`${text}\``;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
