// `npm run docs`: writes what is generated in the documents.
import { writeFile } from "node:fs/promises";
import { answerRow } from "../identity/answers.ts";
import { startScene } from "../identity/scene.ts";
import { documentsWithParts, identityPage, withGeneratedParts } from "./generated.ts";

const write = (document: string, text: string) => writeFile(new URL(`../../${document}`, import.meta.url), text);

for (const document of documentsWithParts) await write(document, withGeneratedParts(document));
const scene = await startScene();
try {
  await write(
    "docs/identity.md",
    await identityPage(async (section, row) => (await answerRow(scene, section, row)).answers),
  );
} finally {
  await scene.close();
}
