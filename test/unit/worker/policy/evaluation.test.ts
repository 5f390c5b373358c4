import { describe, expect, test } from "vitest";
import { evaluationOf } from "../../../../src/worker/policy/evaluation.ts";
import type { PresentedCredential } from "../../../../src/worker/policy/identity.ts";
import { factsOf, policyOf } from "../support.ts";

const credential: PresentedCredential = { tokenKind: "classic", credentialId: "GITHUBSHA256=abc" };
const admitting = policyOf({ allow: ["anyone"] });

describe("an evaluation", () => {
  test("is the verdict and the warnings about names", () => {
    const byName = policyOf({ allow: ["user:octocat"] });
    expect(evaluationOf(byName, credential, factsOf())).toMatchObject({
      verdict: { kind: "authenticated", user: { extra: { "octogate.dev/credential-kind": ["classic"] } } },
      nameWarnings: [expect.stringContaining("user:octocat is not pinned")],
    });
  });

  test("is remembered for the same policy, token and facts", () => {
    const facts = factsOf();
    const first = evaluationOf(admitting, credential, facts);
    expect(evaluationOf(admitting, { ...credential }, facts)).toBe(first);
    expect(evaluationOf(admitting, credential, { ...facts })).not.toBe(first);
  });

  test("is each policy's own, in whichever order they are asked", () => {
    const facts = factsOf();
    const refusing = policyOf({ allow: ["user:another"] });
    for (let times = 0; times < 2; times += 1) {
      expect(evaluationOf(admitting, credential, facts).verdict.kind).toBe("authenticated");
      expect(evaluationOf(refusing, credential, facts).verdict.kind).toBe("unauthenticated");
    }
  });

  test("is each token's own: its kind can decide, and the cluster's audit log names it", () => {
    const facts = factsOf();
    expect(evaluationOf(admitting, credential, facts).verdict.kind).toBe("authenticated");
    const ofApp = evaluationOf(admitting, { ...credential, tokenKind: "app" }, facts);
    expect(ofApp.verdict).toMatchObject({ kind: "denied", reason: "client_unknown" });
    expect(evaluationOf(admitting, { ...credential, credentialId: "GITHUBSHA256=xyz" }, facts)).toMatchObject({
      verdict: { user: { extra: { "authentication.kubernetes.io/credential-id": ["GITHUBSHA256=xyz"] } } },
    });
    expect(evaluationOf(admitting, { ...credential, credentialId: "GITHUBSHA256=abc" }, facts)).toMatchObject({
      verdict: { user: { extra: { "authentication.kubernetes.io/credential-id": ["GITHUBSHA256=abc"] } } },
    });
  });
});
