// Scopes that are changed in place. A 304 does not repeat them, as GitHub was recorded to answer, so they are asked for
// without a condition often enough.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { TokenKind } from "../../../../src/worker/config/cluster.ts";
import { maxScopesAgeMs } from "../../../../src/worker/github/account.ts";
import type { Earlier } from "../../../../src/worker/github/github-facts.ts";
import { userAnswer } from "../support.ts";
import { loadFacts, paths, type ScriptedAnswer, scriptGitHub } from "./support.ts";

const minutes = 60_000;

/** A GitHub whose 304 has no scopes, and loads of facts that go on from the last ones. */
function gitHubWithScopes(tokenKind: TokenKind = "classic", firstScopes: string | null = "read:org") {
  let scopes = firstScopes;
  let now = 1_000 * minutes;
  let earlier: Earlier | null = null;
  const conditions: boolean[] = [];
  const answer: ScriptedAnswer = ({ headers }) => {
    const isConditional = headers.has("if-none-match");
    conditions.push(isConditional);
    if (isConditional) return new Response(null, { status: 304 });
    return userAnswer({}, { etag: 'W/"1"', ...(scopes === null ? {} : { "x-oauth-scopes": scopes }) });
  };
  const github = scriptGitHub({ [paths.user]: answer });
  const token = makeToken(tokenKind);
  return {
    conditions,
    changeTo: (changed: string) => {
      scopes = changed;
    },
    async loadAfter(ms: number, { isConditional = true } = {}) {
      now += ms;
      const { outcome, validators } = await loadFacts(github, {
        token,
        request: { tokenKind, organisations: [] },
        earlier: earlier === null ? null : { ...earlier, validators: isConditional ? earlier.validators : null },
        now: () => now,
      });
      if (outcome.kind !== "found") throw new Error(outcome.kind);
      const { account, scopes: current, oauthClientId, expiry } = outcome.facts;
      earlier = { account, scopes: current, oauthClientId, expiry, hasAdmitted: true, validators };
      return outcome.facts.scopes;
    },
  };
}

describe("the scopes of a token", () => {
  test("are seen within three minutes, however often it is looked up meanwhile", async () => {
    const { loadAfter, changeTo, conditions } = gitHubWithScopes();
    await loadAfter(0);
    changeTo("repo, admin:org");
    const seen: unknown[] = [];
    for (let minute = 1; minute <= 6; minute += 1) seen.push(await loadAfter(minutes));
    const [old, changed] = [["read:org"], ["repo", "admin:org"]];
    expect(seen).toEqual([old, old, changed, changed, changed, changed]);
    expect(conditions).toEqual([false, true, true, false, true, true, false]);
    expect(maxScopesAgeMs).toBe(3 * minutes);
  });

  test("are seen at once where the user was not admitted before", async () => {
    const { loadAfter, changeTo, conditions } = gitHubWithScopes();
    await loadAfter(0);
    changeTo("");
    expect(await loadAfter(10_000, { isConditional: false })).toEqual([]);
    expect(conditions).toEqual([false, false]);
  });

  test.each(["oauth", "legacy"] as const)("of kind %s, too", async (tokenKind) => {
    const { loadAfter, changeTo } = gitHubWithScopes(tokenKind);
    await loadAfter(0);
    changeTo("repo");
    expect(await loadAfter(maxScopesAgeMs)).toEqual(["repo"]);
  });

  test("cost nothing where tokens have none", async () => {
    for (const tokenKind of ["fine_grained", "app"] as const) {
      const { loadAfter, conditions } = gitHubWithScopes(tokenKind, tokenKind === "app" ? "" : null);
      for (let load = 0; load < 4; load += 1) await loadAfter(60 * minutes);
      expect(conditions).toEqual([false, true, true, true]);
    }
  });
});
