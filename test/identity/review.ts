// Runs the Worker's own code on one row.
import { credentialIdOf } from "../support/credential-id.ts";
import { type IdentityCase, type PolicyTable, type Section, thisToken } from "./case.ts";
import type { Outcome } from "./outcome.ts";
import { createReviewer } from "./reviewer.ts";
import type { Scene } from "./scene.ts";

/** The policy of a row: its section's, with what the row changes. */
export function policyOf(section: Section, { policy }: IdentityCase): PolicyTable {
  return { ...section.policy, ...policy };
}

/** @returns the policy with the token's own name in place of the placeholder */
export function withToken({ deny, ...policy }: PolicyTable, token: string): PolicyTable {
  if (!Array.isArray(deny)) return policy;
  return { ...policy, deny: deny.map((entry) => (entry === thisToken ? `token:${credentialIdOf(token)}` : entry)) };
}

/** In an isolate of its own: nothing is cached from one row to the next. */
export async function reviewCase(scene: Scene, section: Section, row: IdentityCase): Promise<Outcome> {
  const token = scene.tokenOf(row.person, row.token);
  const review = createReviewer({
    settings: scene.settingsOf(section.source ?? "own_token"),
    clusters: { example: withToken(policyOf(section, row), token) },
  });
  return review("example", token);
}
