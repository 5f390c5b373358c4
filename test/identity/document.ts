// The text of docs/identity.md, from the rows and the answers to them.
import { tableOf } from "../docs/markdown.ts";
import type { Answers } from "./answers.ts";
import type { Section } from "./case.ts";
import { callerCell, code, exchangedCell, policyCell, signedInCell, toml, webhookCell } from "./cells.ts";
import { credentialIdKey, extraClaims, type User, userOf } from "./kube-apiserver.ts";
import { refusalText, saysNothing } from "./refusal-text.ts";
import { organisations, people, repositories } from "./scene.ts";
import { firstGroupAt, services, userAt } from "./services.ts";
import type { Claims } from "./token-answer.ts";

/** A section, with the answers to each of its rows in their order. */
export interface AnsweredSection {
  readonly section: Section;
  readonly answers: readonly Answers[];
}

/** @returns the whole file */
export function identityDocument(answered: readonly AnsweredSection[]): string {
  return [
    introduction,
    contentsText(answered),
    sameNamesText(answered),
    ...answered.map(sectionText),
    refusalsText(answered),
    peopleText(),
  ].join("\n");
}

const sameNames = "The same names at both doors";
const refusals = "What a refused person reads";
const thePeople = "The people";

const introduction = `<!-- Made by \`npm run docs\` from test/identity/cases.ts and the real code: change those, and run it again. -->

# Who gets in, by example

Each row shows [a person](#the-people) or a workflow that brings a token to a cluster with a policy, and what comes of it
at both doors:

- **webhook**: the user and groups that kube-apiserver gets, and the policy's organisations that are hidden from the
  token, with the reason.
  A refusal is a [verdict](architecture.md#four-verdicts) with its [reason](operations.md#reasons), for the operator.
- **ID token**: the claims \`username\` and \`groups\` of the ID token that is given in exchange for the same token, where
  the cluster has \`exchange = true\`; workflows need no such setting.
  A refusal is OAuth's \`error\`, and what is wrong in the words that the person reads.
  Where there are no words, the person reads [a text that says nothing](#what-a-refused-person-reads) about them.
- **signed in**: the same where the person signs in with GitHub in place of bringing a token, as most people do.
  A refusal is the one of a refresh; in the browser, \`access_denied\` stands in place of \`invalid_grant\`.

Every row is a test, in Node and on Cloudflare's runtime: the Worker's own code answers, with a stand-in for GitHub.
The uid is always the account's number, or \`repository:\` and the repository's.
[configuration.md](configuration.md) explains the settings.
A policy is what \`[vars.CLUSTER_NAME]\` in \`wrangler.toml\` holds, here without the cluster's certificates, \`sign_in\` and
\`exchange\`.
Where a row has settings in its column *policy*, they replace those above the table.
`;

function contentsText(answered: readonly AnsweredSection[]): string {
  const titles = [sameNames, ...answered.map(({ section }) => section.title), refusals, thePeople];
  const anchor = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-");
  return `${titles.map((title) => `- [${title}](#${anchor(title)})`).join("\n")}\n`;
}

/** One person at both doors, in full. */
function sameNamesText(answered: readonly AnsweredSection[]): string {
  const { webhook, exchanged } = answered[0]?.answers[0] ?? {};
  if (webhook === undefined || exchanged?.kind !== "issued") throw new Error("the first row shows no one who gets in");
  const { claims } = exchanged;
  const byToken = userOf(claims, "github:");
  return `## ${sameNames}

A cluster that verifies ID tokens puts its prefix before their names: they are then the names of the webhook, letter for
letter.
This is ${claims.preferred_username}, in full:

${tableOf(["", "webhook", "ID token", "what kube-apiserver makes of it"], fieldRows(webhook, claims, byToken))}

\`octogate.dev/hidden-organisations\` comes from the webhook alone.
\`octogate.dev/outage-grace\` comes from both, while GitHub is unavailable.

What becomes of an ID token depends on what verifies it:

${tableOf(
  ["", "username", "a group", "uid", "extra"],
  services.map((service) => {
    const { name, uid, extra } = service;
    return [name, code(userAt(service, claims)), code(firstGroupAt(service, claims)), uid, extra];
  }),
)}

\`test/e2e/identity.test.ts\` shows the ID token of each row to kube-apiserver 1.37 and 1.30.
The rows of EKS, AKS and GKE follow their documentation; none was run there.
`;
}

function fieldRows(webhook: User, claims: Claims, byToken: User): string[][] {
  const claimOf = new Map([...extraClaims, [credentialIdKey, "jti"]]);
  const values: Readonly<Record<string, unknown>> = claims;
  const keys = [...new Set([...Object.keys(webhook.extra), ...Object.keys(byToken.extra)])].sort();
  const shown = (user: User, key: string) => (user.extra[key] ?? []).map(valueCell).join(" ");
  const names = (groups: readonly string[]) => groups.map(code).join(" ");
  return [
    ["username", code(webhook.user ?? ""), `\`username\`: ${code(claims.username)}`, code(byToken.user ?? "")],
    ["uid", code(webhook.uid ?? ""), `\`sub\`: ${code(claims.sub)}`, code(byToken.uid ?? "")],
    ["groups", names(webhook.groups), `\`groups\`: ${names(claims.groups)}`, names(byToken.groups)],
    ...keys.map((key) => {
      const claim = claimOf.get(key);
      const value = claim === undefined ? "" : `${code(claim)}: ${valueCell(String(values[claim]))}`;
      return [`extra ${code(key)}`, shown(webhook, key), value, shown(byToken, key)];
    }),
  ];
}

/** What differs in each run stands there as dots. */
function valueCell(value: string): string {
  return code(
    value
      .replace(/^(GITHUBSHA256=|JTI=).+$/, "$1…")
      .replace(/^[\w-]{22}$/, "…")
      .replace(/^127\.0\.0\.1(?::\d+)?$/, "github.com"),
  );
}

function sectionText({ section, answers }: AnsweredSection): string {
  const { title, text, policy, rows } = section;
  const hasPolicies = rows.some((row) => row.policy !== undefined);
  const signIns = section.signsIn === false ? [] : ["signed in"];
  const columns = ["", "who, with which token", ...(hasPolicies ? ["policy"] : []), "webhook", "ID token", ...signIns];
  const table = rows.map((row, index) => {
    const answer = answers[index];
    if (answer === undefined) throw new Error(`there is no answer to "${row.shows}"`);
    return [
      row.shows,
      callerCell(row),
      ...(hasPolicies ? [policyCell(row)] : []),
      webhookCell(answer.webhook),
      exchangedCell(answer),
      ...signIns.map(() => signedInCell(answer)),
    ];
  });
  return `## ${title}

${oneSentenceALine(text)}

\`\`\`toml
${toml(policy).join("\n")}
\`\`\`

${tableOf(columns, table)}
`;
}

/** So that a diff of one word is readable. */
function oneSentenceALine(text: string): string {
  return text.replace(/(?<=\.) (?=[A-Z`])/g, "\n");
}

/** Each text once, with the reasons that it is read for; texts that differ in a detail alone are one. */
function refusalsText(answered: readonly AnsweredSection[]): string {
  const texts = new Map<string, { readonly text: string; readonly found: Set<string> }>();
  for (const { webhook, exchanged } of answered.flatMap(({ answers }) => answers)) {
    if (exchanged.kind === "issued") continue;
    const text = refusalText(exchanged.description);
    const withoutDetail = text.replace(/ \(.*\)(?=: )/, "");
    const { found } = texts.get(withoutDetail) ?? { found: new Set<string>() };
    texts.set(withoutDetail, { text: texts.get(withoutDetail)?.text ?? text, found: found.add(code(webhook.reason)) });
  }
  const rows = [...texts.values()].map(({ text, found }) => [text, [...found].sort().join(" ")]);
  const isGeneral = ([text = ""]: readonly string[]) => saysNothing(text);
  return `## ${refusals}

As \`error_description\`, which kubelogin prints in the terminal, or on a page.
\`Reference: GITHUBSHA256=…\` follows: the token's name in the decision log, which has the reason.
These texts say nothing about the person or the workflow:

${tableOf(["text", "reasons"], rows.filter(isGeneral))}

The others say what is wrong, and how to put it right.
The same reason can be told or not: a problem with an organisation is told only to a person who is proven to belong to
an organisation of the policy, or to whom GitHub itself names it.

${tableOf(
  ["text", "reasons"],
  rows.filter((row) => !isGeneral(row)),
)}
`;
}

function peopleText(): string {
  const rows = Object.entries(people).map(([login, { id, is }]) => [login, String(id), is]);
  const places = Object.values(organisations).map(({ login, id }) => `${login} (${id})`);
  return `## ${thePeople}

${tableOf(["login", "number", "who it is"], rows)}

The organisations with their numbers: ${places.slice(0, 5).join(", ")},
${places.slice(5).join(", ")}.

The repositories with their numbers: ${Object.values(repositories)
    .map(({ is, id }) => `${is} (${id})`)
    .join("; ")}.

Acme's teams: platform (55), storage (56), backups (57), billing (58), system-masters (59), duty (60), oncall (61).
`;
}
