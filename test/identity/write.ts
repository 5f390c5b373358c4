// `npm run docs:identity`: runs the real code on every row and writes docs/identity.md.
import { writeFile } from "node:fs/promises";
import { answerSections } from "./answer-sections.ts";
import { sections } from "./cases.ts";
import { identityDocument } from "./document.ts";
import { startScene } from "./scene.ts";

const scene = await startScene();
try {
  const text = identityDocument(await answerSections(scene, sections));
  await writeFile(new URL("../../docs/identity.md", import.meta.url), text);
} finally {
  await scene.close();
}
