// docs/identity.md: every row is what the real code answers, and the file is what its command writes.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Reason, reasons } from "../../../src/worker/reasons.ts";
import { identityPage } from "../../docs/generated.ts";
import { sections } from "../../identity/cases.ts";
import { expectOutcome } from "../../identity/expect-outcome.ts";
import { reviewCase } from "../../identity/review.ts";
import { type Scene, startScene } from "../../identity/scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

describe.each(sections)("$title", (section) => {
  test.each(section.rows)("$shows: $person", async (row) => {
    expectOutcome(await reviewCase(scene, section, row), row);
  });
});

test("docs/identity.md is what `npm run docs` writes", async () => {
  const written = readFileSync(new URL("../../../docs/identity.md", import.meta.url), "utf8");
  expect(await identityPage(scene)).toBe(written);
});

test("docs/identity.md shows every reason that says something about a person or a token", () => {
  /**
   * The causes are a GitHub that breaks its own rules, for it never leaves out the scopes of a token that has some, and
   * a policy that names more than a thousand organisations. A review makes no ID token. That GitHub publishes no such
   * key is said of the first token within a minute alone, so the rows would depend on each other.
   */
  const neverSeen: readonly Reason[] = [
    "workflow_key_unknown",
    "scopes_unknown",
    "too_many_groups",
    "id_token_too_large",
  ];
  const shown = new Set<string>(sections.flatMap(({ rows }) => rows.map(({ expected }) => expected.reason)));
  const missing = Object.entries(reasons).filter(
    ([reason, { verdict }]) => verdict !== "undetermined" && !shown.has(reason),
  );
  expect(missing.map(([reason]) => reason)).toEqual(neverSeen);
});

test("no token stands in docs/identity.md", async () => {
  const written = readFileSync(new URL("../../../docs/identity.md", import.meta.url), "utf8");
  expect(written).not.toMatch(/gh[a-z]_\w{20}|github_pat_\w{20}|[0-9a-f]{40}|eyJ/);
});
