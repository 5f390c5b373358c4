// Compares the answers to a row with what the row expects: verdict, identity, who is told the reason, and the same
// names at both doors.
import { expect } from "vitest";
import { reasons } from "../../src/worker/reasons.ts";
import { sentenceOf } from "../../src/worker/verdict.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import type { Answers, RowTokens } from "./answers.ts";
import type { IdentityCase, PolicyTable } from "./case.ts";
import { credentialIdKey, userOf } from "./kube-apiserver.ts";
import { hiddenKey, type Outcome } from "./outcome.ts";
import { type PersonName, people, repositories } from "./scene.ts";
import type { TokenAnswer } from "./token-answer.ts";

/** @param policy the row's */
export function expectAnswers(answers: Answers, row: IdentityCase, policy: PolicyTable, tokens: RowTokens): void {
  expectOutcome(answers.webhook, row, tokens.own);
  expectSameNames(answers.exchanged, answers.webhook, policy);
}

function expectOutcome(
  outcome: Outcome,
  { expected, person, token: { kind, run } }: IdentityCase,
  token: string,
): void {
  const { reason } = expected;
  const { verdict } = reasons[reason];
  if (expected.reason === "admitted") {
    const { user, groups, hidden = [] } = expected;
    const ofAll = { "octogate.dev/credential-kind": [kind], "octogate.dev/github-host": [expect.any(String)] };
    const [uid, extra] =
      kind === "workflow"
        ? [`repository:${repositories[run?.repository ?? "shop"].id}`, { ...ofAll, ...ofARun(person) }]
        : [
            String(people[person].id),
            {
              ...ofAll,
              [credentialIdKey]: [credentialIdOf(token)],
              "octogate.dev/login": [person],
              ...(hidden.length === 0 ? {} : { [hiddenKey]: hidden }),
            },
          ];
    expect(outcome).toEqual({ verdict, reason, user, uid, groups, extra, hidden, message: null });
    return;
  }
  const { message, ...rest } = outcome;
  expect(rest).toEqual({ verdict, reason, user: null, uid: null, groups: [], extra: {}, hidden: [] });
  if (verdict === "unauthenticated") {
    // Outsiders and people who are denied by name get a plain no.
    expect(message).toBeNull();
    return;
  }
  // A wrong configuration has its own text in place of the reason's sentence.
  expect(message).toContain(reason === "configuration" ? `${reason}: ` : `${reason}: ${sentenceOf(reasons[reason])}`);
  expect(message).toContain(expected.detail ?? "");
}

function ofARun(actor: PersonName) {
  const [number, word] = [[expect.stringMatching(/^\d+$/)], [expect.any(String)]];
  return {
    [credentialIdKey]: [expect.stringMatching(/^JTI=\S+$/)],
    "octogate.dev/actor": [actor],
    "octogate.dev/event": word,
    "octogate.dev/run-attempt": number,
    "octogate.dev/run-id": number,
    "octogate.dev/sha": [expect.stringMatching(/^[0-9a-f]{40}$/)],
    "octogate.dev/workflow-ref": word,
  };
}

/** The same token shows the cluster the same person at both doors, letter for letter, or no one at either. */
export function expectSameNames(answer: TokenAnswer, outcome: Outcome, policy: PolicyTable): void {
  expect(answer.kind).toBe(outcome.user === null ? "refused" : "issued");
  if (answer.kind === "refused") return;
  const { user, uid, groups, extra } = userOf(answer.claims, String(policy.prefix ?? "github:"));
  const { [credentialIdKey]: credentialId, [hiddenKey]: _hidden, ...same } = outcome.extra;
  expect({ user, uid, groups }).toEqual({ user: outcome.user, uid: outcome.uid, groups: outcome.groups });
  expect(extra).toMatchObject({ ...same, "octogate.dev/credential-id": credentialId });
}
