// docs/identity.md: every row is what the real code answers, and the file is what its command writes.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Reason, reasons } from "../../../src/worker/reasons.ts";
import { identityPage } from "../../docs/generated.ts";
import { type AnsweredRow, answerRow, reviewSignIn } from "../../identity/answers.ts";
import { signInByBrowser } from "../../identity/browser-sign-in.ts";
import type { IdentityCase, Section } from "../../identity/case.ts";
import { sections } from "../../identity/cases.ts";
import { expectAnswers, expectSameNames } from "../../identity/expect-answers.ts";
import { refusalText } from "../../identity/refusal-text.ts";
import { type Scene, startScene } from "../../identity/scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

/** Each row is answered once, for its own test and for the page. */
const answered = new Map<IdentityCase, Promise<AnsweredRow>>();
function answerOnce(section: Section, row: IdentityCase): Promise<AnsweredRow> {
  const answer = answered.get(row) ?? answerRow(scene, section, row);
  answered.set(row, answer);
  return answer;
}

describe.each(sections)("$title", (section) => {
  test.each(section.rows)("$shows: $person", async (row) => {
    const { answers, policy, tokens } = await answerOnce(section, row);
    expectAnswers(answers, row, policy, tokens);
  });
});

/** Each sign-in once: rows often differ in the person's own token alone. */
function inTheBrowser({ rows }: Section): readonly IdentityCase[] {
  const bySignIn = new Map(rows.map((row) => [JSON.stringify([row.person, row.policy]), row]));
  // What happens to a token, or to GitHub because of it, can happen only once there is one.
  return [...bySignIn.values()].filter(({ person, token }) => person !== "renovate[bot]" && token.fate === undefined);
}

describe.each(sections.filter(({ signsIn }) => signsIn !== false))("$title, signing in", (section) => {
  test.each(section.rows)("$shows: $person is known as by the webhook", async (row) => {
    const { answers, policy, tokens } = await answerOnce(section, row);
    if (answers.signedIn === null || tokens.signIn === null) throw new Error("no sign-in was answered");
    expectSameNames(answers.signedIn, await reviewSignIn(scene, section, policy, tokens.signIn), policy);
  });

  test.each(inTheBrowser(section))(
    "$shows: $person reads the same in the browser as later at a refresh",
    async (row) => {
      const { signedIn } = (await answerOnce(section, row)).answers;
      const byBrowser = await signInByBrowser(scene, section, row);
      if (signedIn?.kind !== "refused") {
        expect(byBrowser).toEqual({ kind: "admitted" });
        return;
      }
      const error = signedIn.error === "invalid_grant" ? "access_denied" : signedIn.error;
      expect(byBrowser).toEqual({ kind: "refused", error, text: refusalText(signedIn.description) });
    },
  );
});

test("docs/identity.md is what `npm run docs` writes", async () => {
  const written = readFileSync(new URL("../../../docs/identity.md", import.meta.url), "utf8");
  expect(await identityPage(async (section, row) => (await answerOnce(section, row)).answers)).toBe(written);
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
