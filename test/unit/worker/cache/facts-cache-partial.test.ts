// Partial failures: GitHub fails about one organisation, and answers about the others.
import { describe, expect, test } from "vitest";
import type { Facts, LookupFailure, Membership, MissingReason } from "../../../../src/worker/github/facts.ts";
import { factsOf, member, mona, notAMember, requestFor, seconds, setUp } from "./support.ts";

const partner: Membership = { ...member, id: 20, login: "partner", teams: [] };
const failed = (reason: MissingReason): Membership => ({ kind: "hidden", reason, ssoUrl: null });
const about = (organisations: Readonly<Record<string, Membership>>): Facts => factsOf({ organisations });
const both = { "acme#10": member, "partner#20": partner };

const either = requestFor({ allow: ["org:acme#10", "org:partner#20"] });
const onlyPartner = requestFor({ allow: ["org:partner#20"] });
const denying = requestFor({ allow: ["org:acme#10"], deny: ["org:partner#20"] });
const byName = requestFor({ allow: [`user:mona#${mona.id}`, "org:partner#20"] });

const admitted = { outcome: { kind: "found", verdict: { kind: "authenticated" }, isStale: false } };
const undetermined = (reason: MissingReason) => ({ outcome: { verdict: { kind: "undetermined", reason } } });

describe("an entry of allow that is met is enough", () => {
  test.each([
    "github_server_error",
    "github_timeout",
    "github_app_unavailable",
    "github_unexpected_status",
    "github_invalid_response",
    "github_too_large",
    "sso_required",
  ] as const)("where another organisation is not known: %s", async (reason) => {
    const { one, github, token } = setUp();
    github.says(about({ "acme#10": member, "partner#20": failed(reason) }));
    expect(await one.ask(token, either)).toMatchObject(admitted);
    expect(await one.ask(token, byName)).toMatchObject(admitted);
  });

  test("and what is missing is named in extra", async () => {
    const { one, github, token } = setUp();
    github.says(about({ "acme#10": member, "partner#20": failed("github_timeout") }));
    expect(await one.ask(token, either)).toMatchObject({
      outcome: { verdict: { user: { extra: { "octogate.dev/hidden-organisations": ["partner=github_timeout"] } } } },
    });
  });
});

describe("an organisation about which GitHub fails", () => {
  test("leaves a user undetermined whom only it could admit", async () => {
    const { one, github, token } = setUp();
    github.says(about({ "partner#20": failed("github_server_error") }));
    expect(await one.ask(token, onlyPartner)).toMatchObject(undetermined("github_server_error"));
  });

  test("keeps its entry of deny open: seeing less never means more access", async () => {
    const { one, github, token } = setUp();
    github.says(about({ "acme#10": member, "partner#20": failed("github_app_unavailable") }));
    expect(await one.ask(token, denying)).toMatchObject(undetermined("github_app_unavailable"));
  });

  test("does not age the others, and is asked about again with them", async () => {
    const { one, clock, github, token } = setUp();
    github.says(about({ "acme#10": member, "partner#20": failed("github_timeout") }));
    await one.ask(token, either);
    clock.advance(seconds(59));
    expect(await one.ask(token, either)).toMatchObject({ ...admitted, source: "memory" });
    await one.settle();
    expect(github.calls).toHaveLength(1);
  });

  test("is what GitHub said before, while that is fresh", async () => {
    const { one, clock, github, token } = setUp();
    github.says(about(both));
    await one.ask(token, onlyPartner);
    clock.advance(seconds(60));
    github.says(about({ "partner#20": failed("github_app_unavailable") }));
    expect(await one.ask(token, onlyPartner)).toMatchObject(admitted);
    await one.settle();
    clock.advance(seconds(59));
    expect(await one.ask(token, onlyPartner)).toMatchObject(admitted);
    await one.settle();
    clock.advance(seconds(1));
    expect(await one.ask(token, onlyPartner)).toMatchObject(undetermined("github_app_unavailable"));
  });
});

describe("grace for one organisation", () => {
  async function afterTtl(reason: MissingReason, organisations: Readonly<Record<string, Membership>> = {}) {
    const story = setUp();
    story.github.says(about(both));
    await story.one.ask(story.token, onlyPartner);
    await story.one.settle();
    story.github.says(about({ "partner#20": failed(reason), ...organisations }));
    story.clock.advance(seconds(121));
    return story;
  }

  test.each(["github_server_error", "github_timeout", "github_unreachable"] as const)(
    "is for what only GitHub can cause: %s",
    async (reason) => {
      const { one, clock, token } = await afterTtl(reason);
      const stale = { outcome: { kind: "found", verdict: { kind: "authenticated" }, isStale: true } };
      expect(await one.ask(token, onlyPartner)).toMatchObject(stale);
      await one.settle();
      clock.advance(seconds(598));
      expect(await one.ask(token, onlyPartner)).toMatchObject(stale);
      await one.settle();
      clock.advance(seconds(1));
      expect(await one.ask(token, onlyPartner)).toMatchObject(undetermined(reason));
    },
  );

  test.each([
    "github_app_unavailable",
    "github_too_large",
    "github_ip_allow_list",
    "github_secondary_limit",
    "shared_quota_reserved",
    "oauth_client_secret",
  ] as const)("is not for what users, owners or the deployment can cause: %s", async (reason) => {
    const { one, token } = await afterTtl(reason);
    expect(await one.ask(token, onlyPartner)).toMatchObject(undetermined(reason));
  });

  test("ends when GitHub says no", async () => {
    const { one, clock, github, token } = await afterTtl("github_timeout");
    await one.ask(token, onlyPartner);
    github.says(about({ "partner#20": notAMember }));
    clock.advance(seconds(121));
    expect(await one.ask(token, onlyPartner)).toMatchObject({ outcome: { verdict: { reason: "not_allowed" } } });
    github.says(about({ "partner#20": failed("github_timeout") }));
    clock.advance(seconds(121));
    expect(await one.ask(token, onlyPartner)).toMatchObject(undetermined("github_timeout"));
  });

  test("keeps no user out: a stale membership never denies", async () => {
    const { one, clock, github, token } = setUp();
    github.says(about({ "acme#10": member, "partner#20": partner }));
    expect(await one.ask(token, denying)).toMatchObject({ outcome: { verdict: { reason: "membership_denied" } } });
    clock.advance(seconds(121));
    github.says(about({ "acme#10": member, "partner#20": failed("github_timeout") }));
    expect(await one.ask(token, denying)).toMatchObject(undetermined("github_timeout"));
  });
});

describe("a moment's 401", () => {
  test("does not refuse a token that was valid before", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(121));
    github.says({
      outcome: { kind: "refused", reason: "token_refused" },
      meanwhile: () => github.says(factsOf()),
    });
    expect(await one.ask(token)).toMatchObject(admitted);
  });

  test.each<[string, LookupFailure]>([
    ["fails", { kind: "unavailable", reason: "github_server_error" }],
    ["times out", { kind: "unavailable", reason: "github_timeout" }],
    ["is limited", { kind: "limited", reason: "github_secondary_limit" }],
  ])("counts where the second question %s: a revoked token gets no grace", async (_, failure) => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(121));
    github.says({ outcome: { kind: "refused", reason: "token_refused" }, meanwhile: () => github.says(failure) });
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "refused" } });
    clock.advance(seconds(61));
    github.says({ kind: "unavailable", reason: "github_server_error" });
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "unavailable" } });
  });

  test("does not count where the second question gets answers that disagree", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(121));
    const disagree: LookupFailure = { kind: "unavailable", reason: "github_inconsistent_responses" };
    github.says({ outcome: { kind: "refused", reason: "token_refused" }, meanwhile: () => github.says(disagree) });
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "found", isStale: true } });
  });

  test("refuses a token that was never seen, without a second question", async () => {
    const { one, github, token } = setUp();
    github.says({ kind: "refused", reason: "token_refused" });
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "refused" } });
    expect(github.calls).toHaveLength(1);
  });
});

describe("a condition", () => {
  test("is left out where the user was denied, for a header alone may tell what was mended", async () => {
    const { one, clock, github, token } = setUp();
    github.says(about({ "acme#10": failed("scope_missing"), "partner#20": notAMember }));
    await one.ask(token, either);
    clock.advance(seconds(11));
    github.says(about({ "acme#10": member, "partner#20": notAMember }));
    expect(await one.ask(token, either)).toMatchObject(admitted);
    clock.advance(seconds(121));
    await one.ask(token, either);
    const [, mended, admittedBefore] = github.calls;
    expect(mended?.earlier).toMatchObject({ validators: null });
    expect(admittedBefore?.earlier?.validators).not.toBeNull();
  });
});

describe("a name that RBAC may hold", () => {
  test.each<[string, Facts, string]>([
    ["login", factsOf({ account: { ...mona, login: "lisa" } }), "the account #1001 was called mona and is called lisa"],
    ["login's case", factsOf({ account: { ...mona, login: "Mona" } }), "is called Mona now"],
    [
      "organisation",
      about({ "acme#10": { ...member, login: "acme-inc" } }),
      "#10 was called acme and is called acme-inc",
    ],
    [
      "team",
      about({ "acme#10": { ...member, teams: [{ id: 55, slug: "sre" }] } }),
      "the team #55 of acme was called platform and is called sre",
    ],
  ])("never changes without a word: %s", async (_, facts, sentence) => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    expect(one.warnings).toEqual([]);
    clock.advance(seconds(121));
    github.says(facts);
    await one.ask(token);
    expect(one.warnings).toEqual([expect.stringContaining(sentence)]);
    clock.advance(seconds(121));
    await one.ask(token);
    expect(one.warnings).toHaveLength(1);
  });
});

test("a token that never admitted its owner draws on the limit of never-seen tokens each time", async () => {
  const { one, clock, github, token } = setUp();
  github.says(about({ "acme#10": notAMember }));
  for (let visit = 0; visit < 3; visit += 1) {
    await one.ask(token);
    clock.advance(seconds(11));
  }
  expect(one.neverSeen).toHaveLength(3);
});

test("a user who changes facts at will causes ten writes an hour, and then one for each TTL at most", async () => {
  const { one, clock, github, store, token } = setUp();
  await one.ask(token);
  await one.settle();
  for (let second = 0; second < 1_800; second += 10) {
    github.says(second % 20 === 0 ? about({ "acme#10": notAMember }) : factsOf());
    clock.advance(seconds(10));
    await one.ask(token);
    await one.ask(token, requestFor({ allow: ["anyone"], groups_from: ["acme#10"] }));
    await one.settle();
  }
  expect(store.writes.length).toBeGreaterThan(10);
  expect(store.writes.length).toBeLessThanOrEqual(1 + 10 + 1_800 / 120);
});

describe("conditional requests", () => {
  const validators = { "https://api.github.test/user": { etag: '"1"', readAt: 0, headers: {}, json: {} } };

  test("are made for a user who was admitted, also by another isolate", async () => {
    const { one, start, clock, github, token } = setUp();
    github.says({ outcome: { kind: "found", facts: factsOf() }, validators });
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(121));
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(121));
    await start().ask(token);
    expect(github.calls.map(({ earlier }) => earlier?.validators)).toEqual([undefined, validators, validators]);
  });

  test("are not made for a user who was not: what only headers tell may have been put right", async () => {
    const { one, clock, github, token } = setUp();
    github.says({ outcome: { kind: "found", facts: factsOf() }, validators });
    await one.ask(token);
    clock.advance(seconds(121));
    github.says({ outcome: { kind: "found", facts: about({ "acme#10": failed("scope_missing") }) }, validators });
    await one.ask(token);
    clock.advance(seconds(11));
    await one.ask(token);
    expect(github.calls.at(-1)?.earlier?.validators).toBeNull();
  });
});

describe("teams that a policy names, where the user's teams are not known altogether", () => {
  const platform = requestFor({ allow: ["team:acme/platform#55"], groups_from: ["acme#10"] });
  const ops = requestFor({ allow: ["team:acme/ops#66"], groups_from: ["acme#10"] });
  const partly = (teams: Membership & { kind: "active" }, namedTeams: Record<string, boolean | null>) =>
    about({ "acme#10": { ...teams, teamsHidden: "shared_quota_spent", namedTeams } });

  test("admit, and keep out, until they are old", async () => {
    const { one, clock, github, token } = setUp();
    github.says(partly(member, { "#55": true }));
    expect(await one.ask(token, platform)).toMatchObject({ ...admitted, source: "github" });
    clock.advance(seconds(50));
    expect(await one.ask(token, platform)).toMatchObject({ ...admitted, source: "memory" });
    clock.advance(seconds(70));
    github.says(partly({ ...member, teams: [] }, { "#55": false }));
    expect(await one.ask(token, platform)).toMatchObject({
      outcome: { verdict: { kind: "unauthenticated", reason: "not_in_team" } },
    });
  });

  test("are asked about at once for a cluster that names others, also from KV", async () => {
    const { one, start, github, token } = setUp();
    github.says(partly(member, { "#55": true }));
    await one.ask(token, platform);
    await one.settle();
    const opsToo = { ...member, teams: [...member.teams, { id: 66, slug: "ops" }] };
    github.says(partly(opsToo, { "#66": true }));
    expect(await one.ask(token, ops)).toMatchObject({ ...admitted, source: "github" });
    const other = start();
    github.says(partly(opsToo, { "#66": true }));
    expect(await other.ask(token, ops)).toMatchObject(admitted);
  });

  test("need no question of their own where all teams are known", async () => {
    const { one, github, token } = setUp();
    github.says(about({ "acme#10": { ...member, teams: [...member.teams, { id: 66, slug: "ops" }] } }));
    await one.ask(token, platform);
    expect(await one.ask(token, ops)).toMatchObject({ ...admitted, source: "memory" });
    expect(github.calls).toHaveLength(1);
  });

  test("are apart where deny names one of an organisation that is not pinned: it has to be proven", async () => {
    const { one, github, token } = setUp();
    const allowed = requestFor({ allow: ["team:acme/platform#55", "team:acme/ops#66"] });
    const denied = requestFor({ allow: ["team:acme/platform#55"], deny: ["team:acme/ops#66"] });
    github.says(about({ acme: member }));
    expect(await one.ask(token, allowed)).toMatchObject({ ...admitted, source: "github" });
    github.says(about({ acme: { ...member, namedTeams: { "#55": true, "#66": false } } }));
    expect(await one.ask(token, denied)).toMatchObject({ ...admitted, source: "github" });
  });

  test("get no grace from what GitHub said before, where it now says that the user has left one", async () => {
    const outage = (namedTeams: Record<string, boolean | null>) =>
      about({ "acme#10": { ...member, teams: [], teamsHidden: "github_server_error", namedTeams } });
    const bySlug = requestFor({ allow: ["team:acme/platform"], groups_from: ["acme#10"] });
    for (const [request, key, isIn, isAdmitted] of [
      [platform, "#55", null, true],
      [platform, "#55", false, false],
      [bySlug, "/platform", null, true],
      [bySlug, "/platform", false, false],
    ] as const) {
      const { one, clock, github, token } = setUp();
      github.says(about({ "acme#10": { ...member, teams: [{ id: 55, slug: "Platform" }] } }));
      await one.ask(token, request);
      clock.advance(seconds(121));
      github.says(outage({ [key]: isIn }));
      const { outcome } = await one.ask(token, request);
      expect(outcome.kind === "found" && outcome.verdict.kind === "authenticated").toBe(isAdmitted);
    }
  });
});
