import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandScene, exampleSettings, openScene, withoutChance } from "./command-scene.ts";

const page = readFileSync(new URL("../../../docs/command.md", import.meta.url), "utf8");

/** The examples of these sections belong to one scene, in this order. */
const sections = ["check", "pin", "explain"];

/** A command as the page shows it, and what it prints there. */
const examples = sections.flatMap((name) => {
  const [, section = ""] = page.split(new RegExp(`^## \`?${name}\`?$`, "m"));
  const [body = ""] = section.split(/^## /m);
  return [...body.matchAll(/^```console\n\$ (.*)\n([\s\S]*?)^```$/gm)].map(([, line = "", output = ""]) => ({
    line,
    output,
  }));
});

let scene: CommandScene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.end());

describe("docs/command.md", () => {
  test("shows the settings of its examples", () => {
    expect(page).toContain(`\`\`\`toml\n${exampleSettings}\n\`\`\``);
  });

  test("has examples of each command", () => {
    for (const name of sections) expect(examples.some(({ line }) => line.includes(`octogate ${name}`))).toBe(true);
  });

  test.each(examples)("shows what `$line` prints", async ({ line, output }) => {
    expect(withoutChance(output)).toBe(await scene.run(line));
  });
});
