import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { factsIn } from "../../../../src/worker/cache/dated-facts.ts";
import {
  type Entry,
  entrySchema,
  type FactsEntry,
  missingParts,
  withoutFuture,
} from "../../../../src/worker/cache/entry.ts";
import { mergeEntries } from "../../../../src/worker/cache/merge.ts";
import type { FactsRequest, HiddenReason } from "../../../../src/worker/github/facts.ts";
import { factsEntry, failedTeams, part, tombstoneAt } from "./entry-support.ts";
import { acme, entryOf, factsOf, leftFacts, member, notAMember, request, requestFor, startOfTests } from "./support.ts";

const now = startOfTests;
const lifetimes = { ttlMs: 120_000, graceMs: 600_000 };
const factsAt = (entry: FactsEntry, asked: FactsRequest) => factsIn(entry, asked, now, lifetimes)?.facts ?? null;
const askedAtOf = (entry: FactsEntry, asked: FactsRequest) => factsIn(entry, asked, now, lifetimes)?.askedAt;
const bothOrganisations = requestFor({ allow: ["org:acme#10", "org:other"] });

describe("an entry's form", () => {
  const withEverything = entryOf(
    factsOf({
      oauthClientId: "Iv23",
      scopes: null,
      expiry: { kind: "at", epochMs: now },
      organisations: { "acme#10": { kind: "hidden", reason: "sso_required", ssoUrl: null } },
    }),
    now,
    request,
    {
      "https://api.github.test/user": { etag: "W/1", readAt: now, headers: { "x-oauth-scopes": "x" }, json: { id: 1 } },
    },
  );

  test.each<Entry>([
    entryOf(),
    withEverything,
    entryOf(leftFacts),
    entryOf(factsOf({ expiry: { kind: "unreadable" } })),
    entryOf(factsOf({ organisations: { "acme#10": { kind: "pending", id: 10, login: "acme" } } })),
    entryOf(
      factsOf({
        organisations: {
          "acme#10": { ...member, teamsHidden: "github_timeout", namedTeams: { "#55": true, "/__proto__": null } },
        },
      }),
    ),
    tombstoneAt(now),
  ])("survives KV: %#", (entry) => {
    expect(v.parse(entrySchema, JSON.parse(JSON.stringify(entry)))).toEqual(entry);
  });

  test.each([
    "scope_missing",
    "sso_required",
    "app_not_approved",
    "ip_allow_list",
    "other_resource_owner",
    "token_kind_forbidden",
    "organisation_forbidden",
  ] satisfies HiddenReason[])("survives KV with an organisation that is not to be seen: %s", (reason) => {
    const membership = { kind: "hidden", reason, ssoUrl: "https://github.test/sso" } as const;
    const entry = entryOf(factsOf({ organisations: { "acme#10": membership } }));
    expect(v.parse(entrySchema, JSON.parse(JSON.stringify(entry)))).toEqual(entry);
  });

  test.each<[string, object]>([
    ["no time", { askedAt: undefined }],
    ["a time that is no number", { askedAt: "now" }],
    ["a time that is none", { askedAt: -1 }],
    ["half a millisecond", { askedAt: 0.5 }],
    ["a login of Kubernetes", { account: { id: 1, login: "system:masters", type: "User" } }],
    ["a number that GitHub does not give out", { account: { id: 0, login: "mona", type: "User" } }],
    ["no expiry", { expiry: null }],
    ["an expiry without a time", { expiry: { kind: "at" } }],
    ["scopes that are no list", { scopes: "repo" }],
    ["a part without a time", { organisations: { acme: { membership: member } } }],
    ["a membership that does not exist", { organisations: { acme: part(now, { ...member, kind: "owner" } as never) } }],
    [
      "a reason that does not exist",
      { organisations: { acme: { askedAt: now, membership: { kind: "hidden", reason: "x", ssoUrl: null } } } },
    ],
    [
      "a slug that GitHub could not have made",
      { organisations: { acme: part(now, { ...member, teams: [{ id: 1, slug: "a b" }] } as never) } },
    ],
    ["no validators", { validators: undefined }],
    ["another kind", { kind: "verdict" }],
    ["no credential-id", { credentialId: undefined }],
  ])("is refused with %s", (_, difference) => {
    expect(v.is(entrySchema, { ...entryOf(), ...difference })).toBe(false);
  });
});

describe("what is dated into the future", () => {
  test("is dropped: all of it, or single organisations", () => {
    expect(withoutFuture(null, now)).toBeNull();
    expect(withoutFuture(entryOf(factsOf(), now + 1), now)).toBeNull();
    const mixed = { ...entryOf(), organisations: { a: part(now), b: part(now + 1) } };
    expect(withoutFuture(mixed, now)).toEqual({ ...mixed, organisations: { a: part(now) } });
  });

  test("is dropped also where it is what GitHub said before it failed", () => {
    const failing = (knownAt: number) => ({
      ...part(now, failedTeams),
      lastKnown: { membership: member, askedAt: knownAt },
    });
    const mixed = { ...entryOf(), organisations: { a: failing(now), b: failing(now + 1) } };
    expect(withoutFuture(mixed, now)).toEqual({ ...mixed, organisations: { a: failing(now) } });
  });

  test("does not matter once its time has come", () => {
    const entry = entryOf(factsOf(), now);
    expect(withoutFuture(entry, now)).toBe(entry);
  });

  test("leaves a tombstone as it is, so that facts from now on are newer", () => {
    expect(withoutFuture(tombstoneAt(now), now)).toEqual(tombstoneAt(now));
    const moved = withoutFuture(tombstoneAt(now + 1), now);
    expect(moved).toEqual(tombstoneAt(now - 1));
    expect(mergeEntries(moved, entryOf(factsOf(), now))?.kind).toBe("facts");
  });
});

describe("the facts in an entry", () => {
  test("are those that the request depends on, and no others", () => {
    const entry = entryOf(factsOf({ organisations: { "acme#10": member, other: notAMember } }), now, bothOrganisations);
    expect(factsAt(entry, bothOrganisations)?.organisations).toEqual({ "acme#10": member, other: notAMember });
    expect(factsAt(entry, request)?.organisations).toEqual({ "acme#10": member });
    expect(factsAt(entry, requestFor({ allow: ["anyone"] }))).toEqual(factsOf({ organisations: {} }));
  });

  test("are none where an organisation is missing", () => {
    expect(factsAt(entryOf(), bothOrganisations)).toBeNull();
  });

  test("are there without any organisation for a person whom the policy could never admit", () => {
    const onlyHubot = requestFor({ allow: ["user:hubot#7"], groups_from: ["other"] });
    expect(factsAt(entryOf(), onlyHubot)).toEqual(factsOf({ organisations: {} }));
  });

  test.each([
    ["pins its number", "org:acme#11"],
    ["does not pin its number", "org:acme"],
    ["finds it by a team", "team:acme/platform#55"],
  ])("are not another organisation's that has the same name in a policy that %s", (_, allow) => {
    expect(factsAt(entryOf(), requestFor({ allow: [allow] }))).toBeNull();
  });

  test("that were found by a pinned team are not those of a policy that pins none or others", () => {
    const byTeams = (...teams: string[]) => requestFor({ allow: teams.map((team) => `team:acme/${team}`) });
    const membership = { ...member, login: "acme-that-was" };
    const entry = entryOf(factsOf({ organisations: { acme: membership } }), now, byTeams("platform#55"));
    expect(factsAt(entry, byTeams("platform#55"))?.organisations).toEqual({ acme: membership });
    expect(factsAt(entry, byTeams("platform"))).toBeNull();
    expect(factsAt(entry, byTeams("platform#56"))).toBeNull();
    expect(factsAt(entry, byTeams("platform#55", "admins#56"))).toBeNull();
    expect(factsAt(entry, byTeams("platform#5", "admins#5"))).toBeNull();
  });

  test("of an organisation that is not pinned are the same whichever teams are named by their slugs", () => {
    const entry = entryOf(factsOf({ organisations: { acme: member } }), now, requestFor({ allow: ["org:acme"] }));
    const byTeams = requestFor({ allow: ["team:acme/platform", "team:acme/admins"] });
    expect(factsAt(entry, byTeams)?.organisations).toEqual({ acme: member });
  });

  test("of each organisation are its own, also where no teams are asked about", () => {
    const withoutTeams = requestFor({ allow: ["org:acme#10", "org:other"], groups_from: [] });
    const organisations = { "acme#10": member, other: notAMember };
    expect(factsAt(entryOf(factsOf({ organisations }), now, withoutTeams), withoutTeams)).toEqual(
      factsOf({ organisations }),
    );
  });

  test("are none where a team that the policy names was not asked about, and the list of teams is not whole", () => {
    const byTeams = requestFor({ allow: ["org:acme#10", "team:acme/platform#55", "team:acme/sre#56"] });
    const partly = (namedTeams: Readonly<Record<string, boolean>>) =>
      entryOf(factsOf({ organisations: { "acme#10": { ...member, teamsHidden: "too_many_teams", namedTeams } } }));
    expect(factsAt(partly({ "#55": true }), byTeams)).toBeNull();
    expect(factsAt(partly({ "#55": true, "#56": false }), byTeams)).not.toBeNull();
  });

  test("of a pinned organisation are the same whichever teams are pinned", () => {
    const withTeam = requestFor({ allow: ["org:acme#10", "team:acme/platform#55"] });
    expect(factsAt(entryOf(), withTeam)).not.toBeNull();
  });
});

describe("what is missing in an entry", () => {
  test("is nothing where all is there, however old", () => {
    expect(missingParts(entryOf(), request, now + 999)).toBeNull();
  });

  test("is what was never asked, and what is too old", () => {
    expect(missingParts(entryOf(), bothOrganisations, now - 1)).toMatchObject([{ login: "other" }]);
    expect(missingParts(entryOf(), bothOrganisations, now)).toMatchObject([acme, { login: "other" }]);
  });
});

test("the times of an answer are those of the parts that it rests on", () => {
  const aboutOther = entryOf(factsOf({ organisations: { other: notAMember } }), now - 9, bothOrganisations);
  const parts = mergeEntries(aboutOther, entryOf(factsOf(), now - 7));
  const entry = factsEntry(mergeEntries(parts, entryOf(factsOf({ organisations: {} }), now)));
  expect(factsIn(entry, request, now, lifetimes)?.askedAt).toEqual([now, now - 7]);
  expect(askedAtOf(entry, bothOrganisations)).toEqual([now, now - 7, now - 9]);
  expect(askedAtOf(entryOf(), bothOrganisations)).toBeUndefined();
});
