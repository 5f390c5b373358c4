// docs/try-with-kubectl.md stays short, and gets the programs that CI tests with. first-kubectl.test.ts runs it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { documentedCommandsOf, readDocument } from "../../support/document-commands.ts";
import { repositoryRoot } from "../../support/worker-config.ts";

const page = "docs/try-with-kubectl.md";
const commands = documentedCommandsOf(page)
  .filter(({ isInline }) => !isInline)
  .map(({ text }) => text);

test("a reader types at most eight commands until kubectl answers by kubelogin", () => {
  const firstCall = commands.indexOf("kubectl --user=browser get pods");
  expect(commands[0]).toBe("npm start");
  expect(firstCall).toBeGreaterThan(0);
  expect(firstCall + 1).toBeLessThanOrEqual(8);
});

test("a reader sets the PATH in one place", () => {
  expect(commands.filter((command) => /\bPATH=/.test(command))).toHaveLength(1);
});

test("the programs are those of the version that CI tests with", () => {
  const workflow = readFileSync(join(repositoryRoot, ".github/workflows/ci.yml"), "utf8");
  const [, version] = /ENVTEST_VERSION: (\S+)/.exec(workflow) ?? [];
  const versions = [...readDocument(page).matchAll(/envtest-v([\d.]+\d)/g)].map(([, named]) => named);
  expect(versions).toEqual([version, version]);
});
