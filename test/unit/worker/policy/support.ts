// Asks the policy about a person in one go: settings, memberships and what else GitHub says, each only as far as it
// matters to a test.
import { type TokenKind, tokenKinds } from "../../../../src/worker/config/cluster.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import { evaluate } from "../../../../src/worker/policy/evaluate.ts";
import type { Verdict } from "../../../../src/worker/verdict.ts";
import { factsOf, membershipsFor, policyOf } from "../support.ts";

export interface Situation {
  readonly policy: Record<string, unknown>;
  /** By the organisations' names as the policy has them. */
  readonly memberships?: Readonly<Record<string, Membership>>;
  readonly facts?: Parameters<typeof factsOf>[0];
  readonly tokenKind?: TokenKind;
}

/** Every kind of token is accepted. */
export function verdictOf({
  policy: changes,
  memberships = {},
  facts = {},
  tokenKind = "classic",
}: Situation): Verdict {
  const policy = policyOf({ token_kinds: [...tokenKinds], ...changes });
  const known = factsOf({ organisations: membershipsFor(policy, memberships), ...facts });
  return evaluate(policy, { tokenKind, credentialId: "GITHUBSHA256=abc" }, known);
}

/** A plain no. */
export function no(reason: string) {
  return { kind: "unauthenticated", reason };
}

export const admitted = { kind: "authenticated", reason: "admitted" } as const;
