// Everything in the documents that is generated from the code: `npm run docs` writes it, and a test compares it.
import { readFileSync } from "node:fs";
import { reasons } from "../../src/worker/reasons.ts";
import { answerSections } from "../identity/answer-sections.ts";
import { sections } from "../identity/cases.ts";
import { identityDocument } from "../identity/document.ts";
import type { Scene } from "../identity/scene.ts";
import { causesTable, exceptionsTable } from "./causes.ts";
import { costsTable, pricesTable } from "./costs.ts";
import { limitsTable } from "./limits.ts";
import { fillPage, tableOf } from "./markdown.ts";
import { sharedQuotasTable } from "./sources.ts";

/** Parts of documents, by the document and by the name of their markers. */
const parts: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "docs/caching.md": { "shared quotas": sharedQuotasTable },
  "docs/configuration.md": { limits: limitsTable },
  "docs/security.md": { causes: causesTable, exceptions: exceptionsTable },
  "docs/operations.md": { reasons: reasonsTable, costs: costsTable, prices: pricesTable },
};

export const documentsWithParts = Object.keys(parts);

/** @returns the document as it has to be */
export function withGeneratedParts(document: string): string {
  const page = readFileSync(new URL(`../../${document}`, import.meta.url), "utf8");
  return fillPage(page, new Map(Object.entries(parts[document] ?? {}).map(([name, make]) => [name, make()])));
}

/** @returns docs/identity.md: the answers of the real code to every row */
export async function identityPage(scene: Scene): Promise<string> {
  return identityDocument(await answerSections(scene, sections));
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
