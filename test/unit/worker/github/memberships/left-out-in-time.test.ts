// Organisations that single sign-on leaves out of a list. A 304 does not repeat the header that names them, as GitHub
// was recorded to answer, so a list of an earlier time proves for some minutes only that nothing was left out.
import { expect, test } from "vitest";
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { Earlier } from "../../../../../src/worker/github/github-facts.ts";
import { userAnswer } from "../../support.ts";
import {
  json,
  loadFacts,
  notFound,
  organisationById,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  scriptGitHub,
} from "../support.ts";

const minutes = 60_000;
const proven = { kind: "none", nameTakenBy: null, isProven: true };
const withoutSso = { kind: "hidden", reason: "sso_required", ssoUrl: null };

/** A GitHub that calls an organisation behind single sign-on absent, and whose lists do not change by it. */
function gitHubBehindSso() {
  const state = { isLeftOut: false, now: 1_000 * minutes, earlier: null as Earlier | null, lists: 0 };
  const list: ScriptedAnswer = (call) => {
    if (call.headers.has("if-none-match")) return new Response(null, { status: 304 });
    state.lists += 1;
    const etag = { etag: 'W/"1"' };
    const sso = state.isLeftOut ? { "x-github-sso": "partial-results; organizations=1234" } : {};
    return json([], { ...etag, ...sso })(call);
  };
  const github = scriptGitHub({
    [paths.user]: () => userAnswer(),
    [paths.membership("acme")]: notFound,
    ...organisationById(1234, "acme"),
    [paths.teams]: list,
    [paths.memberships]: list,
  });
  const token = makeToken("classic");
  return {
    state,
    async loadAfter(ms: number) {
      state.now += ms;
      const { outcome, validators } = await loadFacts(github, {
        token,
        request: { tokenKind: "classic", organisations: [pinnedAcme] },
        earlier: state.earlier,
        now: () => state.now,
      });
      if (outcome.kind !== "found") throw new Error(outcome.kind);
      state.earlier = { ...outcome.facts, hasAdmitted: true, validators };
      return outcome.facts.organisations["acme#1234"];
    },
  };
}

test("a list that is a 304 proves that nothing was left out for three minutes, not for as long as it does not change", async () => {
  const { state, loadAfter } = gitHubBehindSso();
  expect(await loadAfter(0)).toEqual(proven);
  expect(await loadAfter(minutes)).toEqual(proven);
  state.isLeftOut = true;
  await loadAfter(minutes);
  await loadAfter(minutes);
  expect(await loadAfter(minutes)).toEqual(withoutSso);
  expect(await loadAfter(60 * minutes)).toEqual(withoutSso);
});

test("a list that does not change costs no more than one call in three minutes", async () => {
  const { state, loadAfter } = gitHubBehindSso();
  for (let minute = 0; minute <= 12; minute += 1) await loadAfter(minutes);
  expect(state.lists).toBe(1 + 4);
});
