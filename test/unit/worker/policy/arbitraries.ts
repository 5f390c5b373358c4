// Policies and facts at random, for the properties that hold for all of them: a few names and numbers that often meet,
// and some that GitHub would never give out.
import fc from "fast-check";
import { type ClusterPolicy, groupForms, tokenKinds, usernameForms } from "../../../../src/worker/config/cluster.ts";
import { keyOfOrganisation } from "../../../../src/worker/config/organisations.ts";
import type { Facts, Membership, Team, TokenExpiry } from "../../../../src/worker/github/facts.ts";
import { factsOf, invisibleFor, invitedTo, noMember, takenBy } from "../support.ts";

const logins = ["octocat", "hubot", "system"];
const organisations = ["acme", "Umbrella", "system", "constructor"];
const slugs = ["platform", "sre", "system"];
const ids = fc.constantFrom(1, 2, 3);
const clients = ["Iv1.a", "Iv1.b"];
const scopes = ["repo", "public_repo", "read:org", "admin:org", "gist"];

const pin = fc.oneof(
  fc.constant(""),
  ids.map((id) => `#${id}`),
);
const textOf = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((texts) => texts.join(""));
const literal = (text: string) => fc.constant(text);
const source = textOf(fc.constantFrom(...organisations), pin);
const team = textOf(literal("team:"), fc.constantFrom(...organisations), literal("/"), fc.constantFrom(...slugs), pin);
const named = fc.oneof(
  textOf(literal("user:"), fc.constantFrom(...logins), pin),
  textOf(literal("org:"), source),
  team,
);

export interface Table {
  readonly allow: string[];
  readonly deny: string[];
  readonly groups_from: string[] | undefined;
}

/** The settings of a cluster; some of them do not go together, and config refuses those. */
export const tables: fc.Arbitrary<Table & Record<string, unknown>> = fc.record({
  allow: fc.array(fc.oneof({ weight: 5, arbitrary: named }, { weight: 1, arbitrary: literal("anyone") }), {
    minLength: 1,
    maxLength: 4,
  }),
  deny: fc.array(named, { maxLength: 2 }),
  groups_from: fc.option(fc.array(fc.oneof(source, team), { maxLength: 3 }), { nil: undefined }),
  username: fc.constantFrom(...usernameForms),
  group: fc.constantFrom(...groupForms),
  prefix: fc.constantFrom("github:", "", "sys", "system"),
  token_kinds: literal("").map(() => [...tokenKinds]),
  oauth_clients: fc.subarray(clients),
  scopes_at_most: fc.option(fc.subarray(scopes), { nil: undefined, freq: 2 }),
  require_expiry: fc.boolean(),
});

const hostile = ["system:masters", "SYSTEM:masters", "", "tem:masters", "a b", "a\n", "é", "acme/platform"];
const names = (usual: readonly string[]) =>
  fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...usual) }, { weight: 2, arbitrary: fc.constantFrom(...hostile) });

const teams: fc.Arbitrary<Team[]> = fc.uniqueArray(fc.record({ id: ids, slug: names([...slugs, "Platform"]) }), {
  maxLength: 3,
  comparator: (one, other) => one.id === other.id || one.slug.toLowerCase() === other.slug.toLowerCase(),
});

const members = fc.record({
  kind: fc.constant("active" as const),
  id: ids,
  login: names(organisations),
  role: fc.constantFrom("member", "admin"),
  teams,
  teamsHidden: fc.constantFrom(null, null, "too_many_teams" as const, "github_timeout" as const),
});

const memberships: fc.Arbitrary<Membership> = fc.oneof(
  { weight: 4, arbitrary: members },
  { weight: 1, arbitrary: fc.constantFrom(noMember, takenBy(3), invitedTo("acme", 1)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(invisibleFor("sso_required", "https://github.com/sso"), invisibleFor("scope_missing")),
  },
);

const expiries: fc.Arbitrary<TokenExpiry> = fc.constantFrom(
  { kind: "at", epochMs: 1 },
  { kind: "never" },
  { kind: "unreadable" },
);

/** What GitHub could say about a person whom this policy is about, and about organisations that it does not name. */
export function factsFor(policy: ClusterPolicy): fc.Arbitrary<Facts> {
  const keys = [...policy.organisations.map(keyOfOrganisation), "initech", "acme#9", "__proto__x"];
  return fc
    .record({
      account: fc.record({
        login: names([...logins, "OctoCat"]),
        id: ids,
        type: fc.oneof({ weight: 9, arbitrary: literal("User") }, { weight: 1, arbitrary: literal("Bot") }),
      }),
      oauthClientId: fc.option(fc.constantFrom(...clients), { nil: null, freq: 2 }),
      scopes: fc.option(fc.shuffledSubarray(scopes), { nil: null }),
      expiry: expiries,
      memberships: fc.tuple(...keys.map(() => memberships)),
    })
    .map(({ memberships: list, ...facts }) =>
      factsOf({
        ...facts,
        organisations: Object.fromEntries(list.map((membership, index) => [keys[index], membership])),
      }),
    );
}
