import { describe, expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import { authenticate } from "../../../src/worker/authenticate.ts";
import type { TokenKind } from "../../../src/worker/config/cluster.ts";
import { credentialIdOf } from "../../../src/worker/credential/credential-id.ts";
import type { FactsOutcome, FactsSource, ResponseInfo } from "../../../src/worker/github/facts.ts";
import { factsOf, policyOf } from "./support.ts";

const responseInfo: ResponseInfo = {
  source: "github",
  githubStatus: 200,
  githubRequestId: "8A2C:1F2E",
  retryAfterMs: null,
};
const foundFacts = (facts = factsOf(), outageGrace = false): FactsOutcome => ({ kind: "found", facts, outageGrace });
const found = foundFacts();
const right = <T>(value: T) => ({ ok: true, value }) as const;
const wrong = (setting: string) => ({ ok: false, problems: [{ setting, message: "must be right" }] }) as const;

/** A source that always says the same, and remembers what it was asked. */
function sourceOf(outcome: FactsOutcome) {
  const asked: unknown[][] = [];
  const source: FactsSource = {
    knownCredentialId: () => null,
    async load(...question) {
      asked.push(question);
      return { outcome, responseInfo };
    },
  };
  return { asked, service: right({ source, tokenShape: "exact" as const }) };
}

describe("the way of a token", () => {
  test("leads through facts and policy to an identity", async () => {
    const token = makeToken("classic");
    const { service, asked } = sourceOf(found);
    expect(await authenticate(token, "production", right(policyOf()), service)).toMatchObject({
      kind: "judged",
      credential: { tokenKind: "classic", credentialId: await credentialIdOf(token) },
      verdict: {
        kind: "authenticated",
        reason: "admitted",
        user: { username: "github:octocat:583231", uid: "583231" },
      },
      responseInfo,
      facts: factsOf(),
    });
    expect(asked).toEqual([
      [
        token,
        await credentialIdOf(token),
        {
          cluster: "production",
          tokenKind: "classic",
          organisations: [],
          oauthClients: [],
          dependsOnOrganisations: expect.any(Function),
          admits: expect.any(Function),
        },
      ],
    ]);
  });

  test.each(["installation", "refresh"] as const)("ends without a question for a token of kind %s", async (kind) => {
    const { service, asked } = sourceOf(found);
    expect(await authenticate(makeToken(kind), "production", right(policyOf()), service)).toEqual({
      kind: "foreign",
      foreignKind: `github_${kind}`,
      verdict: { kind: "unauthenticated", reason: "not_github_token" },
    });
    expect(asked).toEqual([]);
  });

  test.each(["oauth", "app", "legacy", "fine_grained"] as const)(
    "ends without a question where %s is not welcome",
    async (kind) => {
      const { service, asked } = sourceOf(found);
      expect(
        await authenticate(makeToken(kind), "production", right(policyOf({ token_kinds: ["classic"] })), service),
      ).toMatchObject({
        kind: "judged",
        verdict: { kind: "denied", reason: "token_kind_not_allowed" },
        responseInfo: null,
        facts: null,
      });
      expect(asked).toEqual([]);
    },
  );

  test("ends without a question for a token that stands in deny", async () => {
    const token = makeToken("classic");
    const { service, asked } = sourceOf(found);
    const policy = policyOf({ allow: ["anyone"], deny: [`token:${await credentialIdOf(token)}`] });
    expect(await authenticate(token, "production", right(policy), service)).toMatchObject({
      verdict: { kind: "unauthenticated", reason: "token_denied" },
      responseInfo: null,
    });
    expect(asked).toEqual([]);
    expect(await authenticate(makeToken("classic"), "production", right(policy), service)).toMatchObject({
      verdict: { reason: "admitted" },
    });
  });

  test("asks about a token of another shape only where the deployment says so", async () => {
    const token = `${makeToken("classic")}longer`;
    const { service, asked } = sourceOf(found);
    const loose = right({ ...service.value, tokenShape: "prefix" as const });
    expect(await authenticate(token, "production", right(policyOf()), service)).toMatchObject({ kind: "foreign" });
    expect(asked).toHaveLength(0);
    expect(await authenticate(token, "production", right(policyOf()), loose)).toMatchObject({
      verdict: { kind: "authenticated" },
    });
    expect(asked).toHaveLength(1);
  });

  test("an app's token needs its client to be listed", async () => {
    const kinds: TokenKind[] = ["oauth", "app"];
    const policy = policyOf({ token_kinds: kinds, oauth_clients: ["Iv1.a"] });
    for (const kind of kinds) {
      const listed = sourceOf(foundFacts(factsOf({ oauthClientId: "Iv1.a" })));
      const unlisted = sourceOf(foundFacts(factsOf({ oauthClientId: "Iv1.b" })));
      const reasonWith = async ({ service }: typeof listed) =>
        (await authenticate(makeToken(kind), "production", right(policy), service)).verdict.reason;
      expect(await reasonWith(listed)).toBe("admitted");
      expect(await reasonWith(unlisted)).toBe("client_not_listed");
      expect(await reasonWith(sourceOf(found))).toBe("client_unknown");
    }
  });
});

describe("what GitHub's answer comes to", () => {
  test.each<[FactsOutcome, { kind: string; reason: string }]>([
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
    const { service } = sourceOf(outcome);
    // Also where everybody is welcome: only facts let somebody in.
    const decision = await authenticate(
      makeToken("classic"),
      "production",
      right(policyOf({ allow: ["anyone"] })),
      service,
    );
    expect(decision).toMatchObject({ kind: "judged", verdict, responseInfo, facts: null, nameWarnings: [] });
  });
});

describe("a wrong configuration", () => {
  test("leaves the review undetermined, names what is wrong, and asks nobody", async () => {
    const { service, asked } = sourceOf(found);
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
    expect(asked).toEqual([]);
  });
});

describe("facts that stand in an outage", () => {
  test("let in with a mark for the cluster's audit log and ours", async () => {
    const { service } = sourceOf(foundFacts(factsOf(), true));
    const decision = await authenticate(makeToken("classic"), "production", right(policyOf()), service);
    expect(decision).toMatchObject({
      outageGrace: true,
      verdict: { kind: "authenticated", user: { extra: { "octogate.dev/outage-grace": ["true"] } } },
    });
  });

  test("are not marked where GitHub has just said them", async () => {
    const { service } = sourceOf(found);
    const decision = await authenticate(makeToken("classic"), "production", right(policyOf()), service);
    expect(decision).not.toHaveProperty("outageGrace");
    expect(JSON.stringify(decision.verdict)).not.toContain("outage-grace");
  });
});

test("the name of a token that is remembered is not computed anew", async () => {
  const { service, asked } = sourceOf(found);
  const source = { ...service.value.source, knownCredentialId: () => "GITHUBSHA256=remembered" };
  const decision = await authenticate(
    makeToken("classic"),
    "production",
    right(policyOf()),
    right({ ...service.value, source }),
  );
  expect(decision).toMatchObject({ credential: { credentialId: "GITHUBSHA256=remembered" } });
  expect(asked[0]?.[1]).toBe("GITHUBSHA256=remembered");
});
