// The ID token: which decisions become claims, when it ends, and how large it may be.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { Decision } from "../../../../src/worker/authenticate.ts";
import { createDecisionLog } from "../../../../src/worker/log/decision-log.ts";
import { createDecide } from "../../../../src/worker/sign-in/decide.ts";
import {
  endOfIdToken,
  identityClaimsOf,
  idTokenBytes,
  maxIdTokenBytes,
} from "../../../../src/worker/sign-in/id-token.ts";
import { createSigningKeys } from "../../../../src/worker/sign-in/signing-keys.ts";
import { denied, unauthenticated, undetermined } from "../../../../src/worker/verdict.ts";
import { makeSigningKey } from "../../../support/signing-key.ts";
import { policyOf } from "../support.ts";
import { client, decided, settings } from "./support/provider.ts";

type Evaluated = Extract<Decision, { kind: "evaluated" }>;
const admitted = evaluated(decided());
const groupsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `acme/platform-team-number-${100 + index}`);

function evaluated(decision: Decision): Evaluated {
  if (decision.kind !== "evaluated") throw new Error(decision.kind);
  return decision;
}

function withGroups(groups: readonly string[]): Evaluated {
  const user = { username: "octocat:583231", uid: "583231", groups, extra: {} };
  return { ...admitted, verdict: { kind: "authenticated", reason: "admitted", user } };
}

describe("an identity", () => {
  test.each<[string, Decision]>([
    ["unauthenticated", decided(unauthenticated("not_allowed"))],
    ["denied", decided(denied("sso_required"))],
    ["undetermined", decided(undetermined("github_timeout"))],
    ["of a wrong configuration", { kind: "misconfigured", problems: [], verdict: undetermined("configuration") }],
    ["about a foreign token", { kind: "foreign", foreignKind: "jwt", verdict: unauthenticated("not_github_token") }],
    ["without facts", { ...admitted, facts: null }],
  ])("comes out of no decision that is %s", (_, decision) => {
    expect(identityClaimsOf(decision)).toBeNull();
  });

  test("has groups also where there are none, and is marked in an outage", () => {
    expect(identityClaimsOf(admitted)).toMatchObject({ groups: [] });
    expect(identityClaimsOf(admitted)).not.toHaveProperty("outage_grace");
    expect(identityClaimsOf({ ...admitted, graceEndsAt: 1 })).toMatchObject({ outage_grace: true });
  });
});

describe("the end", () => {
  const now = 1_800_000_000;
  const facts = evaluated(decided()).facts;
  if (facts === null) throw new Error("there are facts");
  const endingAt = (seconds: number): Evaluated => ({
    ...admitted,
    facts: { ...facts, expiry: { kind: "at", epochMs: seconds * 1000 } },
  });

  test.each<[string, Decision, number | null, number]>([
    ["after the client's time", admitted, null, now + 600],
    ["with the session", admitted, now + 100, now + 100],
    ["with the token by GitHub's word", endingAt(now + 50), now + 100, now + 50],
    ["with the grace", { ...admitted, graceEndsAt: (now + 30) * 1000 + 999 }, now + 100, now + 30],
    ["at the earliest of all", { ...endingAt(now + 20), graceEndsAt: (now + 30) * 1000 }, now + 10, now + 10],
  ])("comes %s", (_, decision, tokenEndsAt, end) => {
    expect(endOfIdToken(client("production"), decision, tokenEndsAt, now)).toBe(end);
  });
});

describe("the size", () => {
  const pem = makeSigningKey(3072);
  const signingKeys = createSigningKeys({ privateKeys: { a: pem }, signs: "a", withdrawn: [], leftOut: [] }, () => {});

  test("is never less than that of the signed token, for any names", async () => {
    const keys = await signingKeys();
    if (!keys.ok) throw new Error("the key is right");
    const { sign } = keys.value;
    const names = fc.array(fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(names, fc.option(fc.string({ minLength: 1, maxLength: 512 })), async (groups, nonce) => {
        const identity = identityClaimsOf(withGroups(groups));
        if (identity === null) throw new Error("the decision admits");
        const asking = client("production");
        const times = { iat: 1_800_000_000, exp: 1_800_000_600, jti: "A".repeat(22) };
        const more = nonce === null ? {} : { nonce };
        const token = await sign({ ...identity, ...times, ...more, iss: settings.issuerUrl, aud: asking.name });
        const bytes = idTokenBytes(settings, asking, identity, nonce);
        expect(bytes).toBeGreaterThanOrEqual(token.length);
        expect(bytes - token.length).toBeLessThan(100);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    [0, 0, "authenticated"],
    [135, 0, "authenticated"],
    [135, 512, "denied"],
    [160, 0, "denied"],
    [1_000, 0, "denied"],
  ])(
    "of %i groups and a nonce of %i characters makes a decision %s, at each step",
    async (count, nonceLength, kind) => {
      const nonce = nonceLength === 0 ? null : "n".repeat(nonceLength);
      for (const step of ["callback", "token"] as const) {
        const decision = await decideWith(groupsOf(count), { step, nonce, grant: "authorization_code" });
        expect(decision.verdict.kind).toBe(kind);
        if (kind === "denied") expect(decision.verdict.reason).toBe("id_token_too_large");
      }
    },
  );

  test("counts for tokens alone: /userinfo has room", async () => {
    const decision = await decideWith(groupsOf(500), { step: "token", nonce: null, grant: "userinfo" });
    expect(decision.verdict.kind).toBe("authenticated");
    expect(maxIdTokenBytes).toBe(7 * 1024);
  });

  /** The whole decision, over facts that give these groups. */
  async function decideWith(
    groups: readonly string[],
    occasion: { step: "callback" | "token"; nonce: string | null; grant: "authorization_code" | "userinfo" },
  ): Promise<Decision> {
    const { facts, verdict } = withGroups(groups);
    if (facts === null) throw new Error("there are facts");
    const service = {
      ok: true,
      value: {
        factsCache: {
          credentialIdOf: () => null,
          isKnown: () => false,
          load: async () => ({
            outcome: { kind: "found", facts, verdict, isStale: false } as const,
            source: "memory" as const,
            call: null,
          }),
        },
        tokenShape: "exact" as const,
        workflows: null,
        isRepeatedDenial: () => false,
      },
    } as const;
    const decide = createDecide({
      settings,
      signingKeys,
      signInService: service,
      exchangeService: service,
      decisionLog: createDecisionLog(() => undefined),
      warnOfNames: () => undefined,
      now: () => 0,
    });
    const signInPolicy = { ok: true, value: policyOf({ token_kinds: ["app"], oauth_clients: ["x"] }) } as const;
    return decide(client("production", { signInPolicy }), makeToken("app"), { ...occasion, tokenId: "j" });
  }
});
