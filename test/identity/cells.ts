// The cells of docs/identity.md: what a person comes with, a policy, and the answers at both doors.
import type { Answers } from "./answers.ts";
import type { IdentityCase, PolicyTable, TokenSpec, WorkflowRun } from "./case.ts";
import type { Outcome } from "./outcome.ts";
import { refusalText, saysNothing } from "./refusal-text.ts";
import { type OrganisationName, organisations, repositories } from "./scene.ts";
import type { TokenAnswer } from "./token-answer.ts";

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

/** @returns who comes, and with which token */
export function callerCell({ person, token }: IdentityCase): string {
  return token.run === undefined ? `${person}: ${tokenText(token)}` : `${runText(token.run)}, started by ${person}`;
}

/** What a job says about itself, in its own words. */
function runText({
  repository = "shop",
  workflow = "deploy.yml",
  ref = "refs/heads/main",
  ...run
}: WorkflowRun): string {
  const { owner, name } = repositories[repository];
  const shownOwner = owner in organisations ? organisations[owner as OrganisationName].login : owner; // it is a key
  return [
    `${code(workflow)} of ${run.workflowRepository ?? `${shownOwner}/${name}`} at ${code(ref)}`,
    `event ${code(run.event ?? "push")}`,
    ...(run.environment === undefined ? [] : [`environment ${code(run.environment)}`]),
    ...(run.reusableWorkflow === undefined ? [] : [`the job from ${code(run.reusableWorkflow)}`]),
    ...(run.audience === undefined ? [] : [`audience ${code(run.audience)}`]),
  ].join(", ");
}

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

export function policyCell({ policy }: IdentityCase): string {
  return policy === undefined ? "" : toml(policy).map(code).join("<br>");
}

/** @returns a policy's lines in wrangler.toml */
export function toml(policy: PolicyTable): string[] {
  return Object.entries(policy).map(([key, value]) => `${key} = ${tomlValue(value)}`);
}

function tomlValue(value: PolicyTable[string]): string {
  return typeof value === "object"
    ? `[${value.map((entry) => JSON.stringify(entry)).join(", ")}]`
    : JSON.stringify(value);
}

export function webhookCell({ verdict, reason, user, groups, hidden }: Outcome): string {
  if (user === null) return `${verdict}: ${code(reason)}`;
  const shown = hidden.length === 0 ? [] : [`hidden: ${hidden.map(code).join(" ")}`];
  return lines([code(user), groups.map(code).join(" "), ...shown]);
}

export function exchangedCell({ exchanged }: Answers): string {
  return tokenCell(exchanged);
}

/** @returns "the same" where the person gets the same names, or reads the same text */
export function signedInCell({ exchanged, signedIn }: Answers): string {
  if (signedIn === null) return "";
  return shownBy(exchanged) === shownBy(signedIn) ? "the same" : tokenCell(signedIn);
}

function shownBy(answer: TokenAnswer): string {
  return answer.kind === "refused" ? refusalText(answer.description) : tokenCell(answer);
}

function tokenCell(answer: TokenAnswer): string {
  if (answer.kind === "issued") return lines([code(answer.claims.username), answer.claims.groups.map(code).join(" ")]);
  const text = refusalText(answer.description);
  return saysNothing(text) ? code(answer.error) : `${code(answer.error)}: ${problemOf(text)}`;
}

/** @returns what is wrong, without the hint */
function problemOf(text: string): string {
  return text.replace(/: .*$/, "");
}

function lines(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("<br>");
}

export function code(text: string): string {
  return `\`${text}\``;
}
