// docs/setup.md, up to "By hand": every octogate command that stands there, run in that order with what it needs around
// it.
import { X509Certificate } from "node:crypto";
import { copyFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandsIn } from "../support/document-commands.ts";
import { makeRig, type Rig } from "./support/rig.ts";

const blocks = commandsIn("docs/setup.md", "With `octogate setup`", "Certificates", "Rotate", "Revoke", "Teardown");
const commands = blocks
  .flatMap((text) => text.trimEnd().split("\n"))
  .map((line) => line.replace(/^npx octogate /, "").split(" "));
const asksTheEdge = /^(?:setup|certificate rotate)/;

test("each command of the docs does what it is for", async () => {
  expect(commands).toHaveLength(9);
  const rig = await makeRig({ isLate: false });
  try {
    for (const args of commands) {
      const line = args.join(" ");
      const own = asksTheEdge.test(line) ? rig.edgeArgs : [];
      const consent = line === "certificate list" ? [] : ["--yes"];
      const { exitCode, stderr } = await rig.run([...(await prepare(rig, args)), ...own, ...consent]);
      expect(`${line}: ${exitCode} ${exitCode === 0 ? "" : stderr}`).toBe(`${line}: 0 `);
    }
    expect(rig.cloudflare.state.scripts.has("octogate")).toBe(false);
  } finally {
    await rig.close();
  }
});

/** @returns the arguments, with the placeholders replaced */
async function prepare({ clone, run, letFilesAge }: Rig, args: readonly string[]): Promise<readonly string[]> {
  const folder = ".clusters/production";
  if (args.includes("--finish")) {
    // Five minutes later, with the files on every node.
    const onNodes = args.filter((arg) => arg.endsWith(".crt"));
    for (const name of onNodes) copyFileSync(clone.path(`${folder}/client.crt`), clone.path(name));
    letFilesAge(`${folder}/previous.crt`, ...onNodes);
  }
  if (!args.includes("revoke")) return args;
  await run(["certificate", "issue", "--cluster", "production", "--name", "lost", "--yes"]);
  const lost = new X509Certificate(clone.read(`${folder}/lost.crt`)).fingerprint256;
  return args.map((arg) => (/^[0-9a-f]{64}$/.test(arg) ? lost : arg));
}
