import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { examplesIn } from "../../support/document-commands.ts";
import { type CommandScene, exampleSettings, openScene, withoutChance } from "./command-scene.ts";

const page = readFileSync(new URL("../../../docs/command.md", import.meta.url), "utf8");

/** Commands as the page shows them, and what they print there. */
const examples = examplesIn("docs/command.md", "check", "pin", "explain", "report");

let scene: CommandScene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.end());

describe("docs/command.md", () => {
  test("shows the settings of its examples", () => {
    expect(page).toContain(`\`\`\`toml\n${exampleSettings}\n\`\`\``);
  });

  test.each(examples)("shows what `$command` prints", async ({ command, output }) => {
    expect(withoutChance(output)).toBe(await scene.run(command));
  });
});
