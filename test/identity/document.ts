// The text of docs/identity.md, from the rows and their results.
import type { IdentityCase, PolicyTable, Section, TokenSpec, WorkflowRun } from "./case.ts";
import type { Outcome } from "./outcome.ts";
import { type OrganisationName, organisations, people, repositories } from "./scene.ts";

/** A section, with an outcome for each of its rows in their order. */
export interface AnsweredSection {
  readonly section: Section;
  readonly outcomes: readonly Outcome[];
}

/** @returns the whole file */
export function identityDocument(answered: readonly AnsweredSection[]): string {
  return [introduction, peopleText(), ...answered.map(sectionText)].join("\n");
}

const introduction = `<!-- Made by \`npm run docs\` from test/identity/cases.ts and the real code: change those, and run it again. -->

# Who gets in, by example

Each row shows a person or a workflow that brings a token to a cluster with a policy, and the user and groups that RBAC
then sees.
Every row is a test: the Worker's own code answers it, with a stand-in for GitHub.
[configuration.md](configuration.md) explains the settings, [operations.md](operations.md#reasons) every reason,
and [architecture.md](architecture.md#four-verdicts) the four verdicts.

The column *groups* also names the policy's organisations that are hidden from the token, with the reason. So do the log
and the user's \`extra\`.

A policy is what \`[vars.CLUSTER_NAME]\` in \`wrangler.toml\` holds, without the cluster's certificates.
Where a row has settings in its column *policy*, they replace those above the table.
`;

function peopleText(): string {
  const rows = Object.entries(people).map(([login, { id, is }]) => `| ${login} | ${id} | ${is} |`);
  const places = Object.values(organisations).map(({ login, id }) => `${login} (${id})`);
  return `## The people

| login | number | who it is |
|---|---|---|
${rows.join("\n")}

The organisations with their numbers: ${places.slice(0, 5).join(", ")},
${places.slice(5).join(", ")}.

The repositories with their numbers: ${Object.values(repositories)
    .map(({ is, id }) => `${is} (${id})`)
    .join("; ")}.

Acme's teams: platform (55), storage (56), backups (57), billing (58), system-masters (59), duty (60), oncall (61).
`;
}

function sectionText({ section, outcomes }: AnsweredSection): string {
  const { title, text, policy, rows } = section;
  const hasPolicies = rows.some((row) => row.policy !== undefined);
  const columns = ["", "person", "token", ...(hasPolicies ? ["policy"] : []), "verdict", "user", "groups", "reason"];
  const table = rows.map((row, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error(`there is no result for "${row.shows}"`);
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

${oneSentenceALine(text)}

\`\`\`toml
${toml(policy).join("\n")}
\`\`\`

${line(columns)}
|${"---|".repeat(columns.length)}
${table.map(line).join("\n")}
`;
}

/** So that a diff of one word is readable. */
function oneSentenceALine(text: string): string {
  return text.replace(/(?<=\.) (?=[A-Z`])/g, "\n");
}

function groupsText({ groups, hidden }: Outcome): string {
  const shown = groups.map(code).join(" ");
  return hidden.length === 0 ? shown : `${shown}; hidden: ${hidden.map(code).join(" ")}`;
}

const kinds: Readonly<Record<TokenSpec["kind"], string>> = {
  classic: "classic",
  fine_grained: "fine-grained",
  oauth: "OAuth app",
  app: "GitHub App",
  legacy: "legacy",
  installation: "installation",
  service_account: "service account",
  workflow: "workflow",
};

/** What a job says about itself, in its own words. */
function runText({
  repository = "shop",
  workflow = "deploy.yml",
  ref = "refs/heads/main",
  ...run
}: WorkflowRun): string {
  const { owner, name } = repositories[repository];
  const shownOwner = owner in organisations ? organisations[owner as OrganisationName].login : owner;
  return [
    `${code(workflow)} of ${run.workflowRepository ?? `${shownOwner}/${name}`} at ${code(ref)}`,
    `event ${code(run.event ?? "push")}`,
    ...(run.environment === undefined ? [] : [`environment ${code(run.environment)}`]),
    ...(run.reusableWorkflow === undefined ? [] : [`the job from ${code(run.reusableWorkflow)}`]),
    ...(run.audience === undefined ? [] : [`audience ${code(run.audience)}`]),
  ].join(", ");
}

function tokenText({ run, ...spec }: TokenSpec): string {
  return run === undefined ? personTokenText(spec) : `workflow: ${runText(run)}`;
}

function personTokenText({ kind, scopes, owner, client, expiration, authorisedFor }: TokenSpec): string {
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
