// A load of warm reviews: people whom a policy admits, and reviews of their tokens.
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { reviewBody } from "../support/review-body.ts";

export const organisationId = 1234;
const people = 20;

/** Admits the people of `addPeople`. */
export const policy = { allow: [`org:acme#${organisationId}`], token_kinds: ["classic"] };

/** Longer than a measurement takes: revalidation is no part of a warm review. */
export const ttlSeconds = "600";

/** Adds people to GitHub. @returns the body of a review for each of them */
export function addPeople(github: GitHubStandIn): string[] {
  const acme = github.addOrganisation({ login: "acme", id: organisationId });
  return Array.from({ length: people }, (_, index) => {
    const account = github.addAccount({ login: `person-${index}` });
    github.addMember(acme, account);
    return reviewBody(github.issueToken(account, { kind: "classic", scopes: ["read:org"] }));
  });
}

export type Review = (body: string) => Promise<{ readonly status: number; readonly body: string }>;

/**
 * Makes reviews, each of which has to be admitted.
 *
 * @param concurrency how many are under way at a time
 * @returns how long each took, in milliseconds
 */
export async function makeReviews(
  review: Review,
  bodies: readonly string[],
  reviews: number,
  concurrency: number,
): Promise<number[]> {
  const durationsMs: number[] = [];
  let left = reviews;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const startedAtMs = performance.now();
      const { status, body } = await review(bodies[left % bodies.length] ?? "");
      if (status !== 200 || !body.includes('"authenticated":true')) {
        throw new Error(`a review was answered with ${status}: ${body}`);
      }
      durationsMs.push(performance.now() - startedAtMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return durationsMs;
}
