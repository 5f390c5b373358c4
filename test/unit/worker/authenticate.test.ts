import { describe, expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import { authenticate } from "../../../src/worker/authenticate.ts";
import type { FactsCache } from "../../../src/worker/cache/facts-cache.ts";
import type { Lookup, LookupResult } from "../../../src/worker/cache/lookup.ts";
import type { TokenKind } from "../../../src/worker/config/cluster.ts";
import { credentialIdOf } from "../../../src/worker/credential/credential-id.ts";
import type { Facts, LookupFailure } from "../../../src/worker/github/facts.ts";
import { factsOf, policyOf } from "./support.ts";

const call = {
  endpoint: "user",
  method: "GET",
  url: "https://api.github.test/user",
  status: 200,
  requestId: "8A2C:1F2E",
  retryAfterMs: null,
  headers: null,
  message: "",
  durationMs: 1,
  outcome: { kind: "ok" },
} as const;
const right = <T>(value: T) => ({ ok: true, value }) as const;
const wrong = (setting: string) => ({ ok: false, problems: [{ setting, message: "must be right" }] }) as const;

/** A cache that always finds the same facts, or fails in the same way, and keeps what it was asked. */
/** When the grace of stale facts ends. */
const graceEndsAt = 1_800_000_000_000;

function cacheWith(outcome: Facts | LookupFailure, isStale = false) {
  const lookups: Lookup[] = [];
  const factsCache: FactsCache = {
    credentialIdOf: () => null,
    isKnown: () => false,
    async load(lookup): Promise<LookupResult> {
      lookups.push(lookup);
      if ("kind" in outcome) return { outcome, source: "github", call };
      const verdict = lookup.evaluate(outcome);
      const staleness = isStale ? ({ isStale, graceEndsAt } as const) : ({ isStale } as const);
      return { outcome: { kind: "found", facts: outcome, verdict, ...staleness }, source: "github", call };
    },
  };
  return {
    lookups,
    service: right({ factsCache, tokenShape: "exact" as const, workflows: null, isRepeatedDenial: () => false }),
  };
}

describe("the way of a token", () => {
  test("leads through facts and policy to an identity", async () => {
    const token = makeToken("classic");
    const { service, lookups } = cacheWith(factsOf());
    expect(await authenticate(token, "production", right(policyOf()), service)).toMatchObject({
      kind: "evaluated",
      credential: { tokenKind: "classic", credentialId: await credentialIdOf(token) },
      verdict: {
        kind: "authenticated",
        reason: "admitted",
        user: { username: "github:octocat:583231", uid: "583231" },
      },
      source: "github",
      call,
      facts: factsOf(),
    });
    expect(lookups).toMatchObject([
      {
        token,
        credentialId: await credentialIdOf(token),
        request: {
          cluster: "production",
          tokenKind: "classic",
          organisations: [],
          oauthClients: [],
          candidates: { only: [{ login: "octocat", id: 583231 }], except: [] },
        },
      },
    ]);
  });

  test.each(["installation", "refresh"] as const)("ends without a look-up for a token of kind %s", async (kind) => {
    const { service, lookups } = cacheWith(factsOf());
    expect(await authenticate(makeToken(kind), "production", right(policyOf()), service)).toEqual({
      kind: "foreign",
      foreignKind: `github_${kind}`,
      verdict: { kind: "unauthenticated", reason: "not_github_token" },
    });
    expect(lookups).toEqual([]);
  });

  test.each(["oauth", "app", "legacy", "fine_grained"] as const)(
    "ends without a look-up where %s is not allowed",
    async (kind) => {
      const { service, lookups } = cacheWith(factsOf());
      expect(
        await authenticate(makeToken(kind), "production", right(policyOf({ token_kinds: ["classic"] })), service),
      ).toMatchObject({
        kind: "evaluated",
        verdict: { kind: "denied", reason: "token_kind_not_allowed" },
        source: "none",
        call: null,
        facts: null,
      });
      expect(lookups).toEqual([]);
    },
  );

  test("ends without a look-up for a token that deny names", async () => {
    const token = makeToken("classic");
    const { service, lookups } = cacheWith(factsOf());
    const policy = policyOf({ allow: ["anyone"], deny: [`token:${await credentialIdOf(token)}`] });
    expect(await authenticate(token, "production", right(policy), service)).toMatchObject({
      verdict: { kind: "unauthenticated", reason: "token_denied" },
      source: "none",
      call: null,
    });
    expect(lookups).toEqual([]);
    expect(await authenticate(makeToken("classic"), "production", right(policy), service)).toMatchObject({
      verdict: { reason: "admitted" },
    });
  });

  test("asks about a token of another shape only where the deployment says so", async () => {
    const token = `${makeToken("classic")}longer`;
    const { service, lookups } = cacheWith(factsOf());
    const loose = right({ ...service.value, tokenShape: "prefix" as const });
    expect(await authenticate(token, "production", right(policyOf()), service)).toMatchObject({ kind: "foreign" });
    expect(lookups).toHaveLength(0);
    expect(await authenticate(token, "production", right(policyOf()), loose)).toMatchObject({
      verdict: { kind: "authenticated" },
    });
    expect(lookups).toHaveLength(1);
  });

  test("an app's token needs its client to be listed", async () => {
    const kinds: TokenKind[] = ["oauth", "app"];
    const policy = policyOf({ token_kinds: kinds, oauth_clients: ["Iv1.a"] });
    for (const kind of kinds) {
      const listed = cacheWith(factsOf({ oauthClientId: "Iv1.a" }));
      const unlisted = cacheWith(factsOf({ oauthClientId: "Iv1.b" }));
      const reasonWith = async ({ service }: typeof listed) =>
        (await authenticate(makeToken(kind), "production", right(policy), service)).verdict.reason;
      expect(await reasonWith(listed)).toBe("admitted");
      expect(await reasonWith(unlisted)).toBe("client_not_listed");
      expect(await reasonWith(cacheWith(factsOf()))).toBe("client_unknown");
    }
  });
});

describe("the verdict about a look-up that failed", () => {
  test.each<[LookupFailure, { kind: string; reason: string }]>([
    [
      { kind: "refused", reason: "token_refused" },
      { kind: "unauthenticated", reason: "token_refused" },
    ],
    [
      { kind: "refused", reason: "token_client_mismatch" },
      { kind: "unauthenticated", reason: "token_client_mismatch" },
    ],
    [{ kind: "unrecognised" }, { kind: "unauthenticated", reason: "token_unrecognised" }],
    [{ kind: "suspended" }, { kind: "denied", reason: "account_suspended" }],
    [
      { kind: "limited", reason: "github_rate_limit" },
      { kind: "undetermined", reason: "github_rate_limit" },
    ],
    [
      { kind: "limited", reason: "github_locked_out" },
      { kind: "undetermined", reason: "github_locked_out" },
    ],
    [
      { kind: "unavailable", reason: "github_timeout" },
      { kind: "undetermined", reason: "github_timeout" },
    ],
    [
      { kind: "unavailable", reason: "github_invalid_response" },
      { kind: "undetermined", reason: "github_invalid_response" },
    ],
  ])("%j", async (outcome, verdict) => {
    const { service } = cacheWith(outcome);
    // Also where every account is allowed: only facts admit a user.
    const decision = await authenticate(
      makeToken("classic"),
      "production",
      right(policyOf({ allow: ["anyone"] })),
      service,
    );
    expect(decision).toMatchObject({
      kind: "evaluated",
      verdict,
      source: "github",
      call,
      facts: null,
      nameWarnings: [],
    });
  });
});

describe("a wrong configuration", () => {
  test("leaves the review undetermined, names what is wrong, and looks nothing up", async () => {
    const { service, lookups } = cacheWith(factsOf());
    const policy = right(policyOf());
    for (const [ofPolicy, ofService, settings] of [
      [wrong("P"), service, ["P"]],
      [policy, wrong("S"), ["S"]],
      [wrong("P"), wrong("S"), ["S", "P"]],
    ] as const) {
      for (const token of [makeToken("classic"), makeToken("installation"), "x"]) {
        const detail = settings.map((setting) => `${setting}: must be right`).join("; ");
        expect(await authenticate(token, "production", ofPolicy, ofService)).toEqual({
          kind: "misconfigured",
          problems: settings.map((setting) => ({ setting, message: "must be right" })),
          verdict: { kind: "undetermined", reason: "configuration", detail },
        });
      }
    }
    expect(lookups).toEqual([]);
  });
});

describe("stale facts in an outage", () => {
  test("admit with a mark for the cluster's audit log and ours", async () => {
    const { service } = cacheWith(factsOf(), true);
    const decision = await authenticate(makeToken("classic"), "production", right(policyOf()), service);
    expect(decision).toMatchObject({
      graceEndsAt,
      verdict: { kind: "authenticated", user: { extra: { "octogate.dev/outage-grace": ["true"] } } },
    });
  });

  test("are not marked where GitHub has just told them", async () => {
    const { service } = cacheWith(factsOf());
    const decision = await authenticate(makeToken("classic"), "production", right(policyOf()), service);
    expect(decision).not.toHaveProperty("graceEndsAt");
    expect(JSON.stringify(decision.verdict)).not.toContain("outage-grace");
  });
});

test("the credential-id of a token in memory is not computed again", async () => {
  const { service, lookups } = cacheWith(factsOf());
  const factsCache = { ...service.value.factsCache, credentialIdOf: () => "GITHUBSHA256=known" };
  const decision = await authenticate(
    makeToken("classic"),
    "production",
    right(policyOf()),
    right({ ...service.value, factsCache }),
  );
  expect(decision).toMatchObject({ credential: { credentialId: "GITHUBSHA256=known" } });
  expect(lookups[0]?.credentialId).toBe("GITHUBSHA256=known");
});

test("a token that GitHub once accepted is known as such where nothing is known of its owner now", async () => {
  const known = (outcome: Facts | LookupFailure, policy = policyOf()) => {
    const { service } = cacheWith(outcome);
    const factsCache = { ...service.value.factsCache, isKnown: () => true };
    return authenticate(makeToken("classic"), "production", right(policy), right({ ...service.value, factsCache }));
  };
  const refused: LookupFailure = { kind: "refused", reason: "token_refused" };
  expect(await known(refused)).toMatchObject({ isKnownToken: true });
  expect(await known(factsOf(), policyOf({ token_kinds: ["fine_grained"] }))).toMatchObject({ isKnownToken: true });
  expect(await known(factsOf())).not.toHaveProperty("isKnownToken");
  const { service } = cacheWith(refused);
  const unknown = await authenticate(makeToken("classic"), "production", right(policyOf()), service);
  expect(unknown).not.toHaveProperty("isKnownToken");
});
