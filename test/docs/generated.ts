// Everything in the documents that is generated from the code: `npm run docs` writes it, and a test compares it.
import { readFileSync } from "node:fs";
import { reasons } from "../../src/worker/reasons.ts";
import type { Answers } from "../identity/answers.ts";
import type { IdentityCase, Section } from "../identity/case.ts";
import { sections } from "../identity/cases.ts";
import { type AnsweredSection, identityDocument } from "../identity/document.ts";
import { causesTable, exceptionsTable } from "./causes.ts";
import { costsTable, pricesTable } from "./costs.ts";
import { doorsTable } from "./doors.ts";
import { limitsTable } from "./limits.ts";
import { fillPage, tableOf } from "./markdown.ts";
import { sabotagesTable } from "./sabotages.ts";
import { sharedQuotasTable } from "./sources.ts";

/** Parts of documents, by the document and by the name of their markers. */
const parts: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "README.md": { doors: doorsTable },
  "docs/caching.md": { "shared quotas": sharedQuotasTable },
  "docs/configuration.md": { limits: limitsTable },
  "docs/security.md": { causes: causesTable, exceptions: exceptionsTable },
  "docs/soak-and-fuzz.md": { "soak sabotages": sabotagesTable },
  "docs/operations.md": { reasons: reasonsTable, costs: costsTable, prices: pricesTable },
};

export const documentsWithParts = Object.keys(parts);

/** @returns the document as it has to be */
export function withGeneratedParts(document: string): string {
  const page = readFileSync(new URL(`../../${document}`, import.meta.url), "utf8");
  return fillPage(page, new Map(Object.entries(parts[document] ?? {}).map(([name, make]) => [name, make()])));
}

/** @returns docs/identity.md: the answers of the real code to every row, one after the other */
export async function identityPage(
  answerTo: (section: Section, row: IdentityCase) => Promise<Answers>,
): Promise<string> {
  const answered: AnsweredSection[] = [];
  for (const section of sections) {
    const answers: Answers[] = [];
    for (const row of section.rows) answers.push(await answerTo(section, row));
    answered.push({ section, answers });
  }
  return identityDocument(answered);
}

function reasonsTable(): string {
  const rows = Object.entries(reasons).map(([code, { verdict, problem, hint }]) => [
    `\`${code}\``,
    verdict,
    problem,
    hint ?? "",
  ]);
  return tableOf(["reason", "verdict", "problem", "hint"], rows);
}
