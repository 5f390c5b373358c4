import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readClusterPolicy, type TokenKind, tokenKinds } from "../../../../src/worker/config/cluster.ts";
import { evaluate, evaluateCredential } from "../../../../src/worker/policy/evaluate.ts";
import type { PresentedCredential } from "../../../../src/worker/policy/identity.ts";
import type { Reason } from "../../../../src/worker/reasons.ts";
import { clusterTable, factsOf, policyOf } from "../support.ts";

const hash = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
const credentialOf = (tokenKind: TokenKind = "classic"): PresentedCredential => ({
  tokenKind,
  credentialId: `GITHUBSHA256=${hash}`,
});

describe("before GitHub is asked", () => {
  test.each(tokenKinds)("a token of kind %s goes on only if it is welcome", (kind) => {
    const others = tokenKinds.filter((other) => other !== kind);
    const oauth_clients = ["Ov23liabc"];
    expect(evaluateCredential(policyOf({ token_kinds: [kind], oauth_clients }), credentialOf(kind))).toBeNull();
    expect(evaluateCredential(policyOf({ token_kinds: others, oauth_clients }), credentialOf(kind))).toMatchObject({
      kind: "denied",
      reason: "token_kind_not_allowed",
    });
  });

  test("a token that stands in deny gets a plain no, welcome or not", () => {
    for (const token_kinds of [["classic"], ["fine_grained"]]) {
      const policy = policyOf({ deny: [`token:GITHUBSHA256=${hash}`], token_kinds });
      expect(evaluateCredential(policy, credentialOf())).toEqual({ kind: "unauthenticated", reason: "token_denied" });
    }
  });

  test("another token than the one in deny goes on", () => {
    const policy = policyOf({ deny: [`token:GITHUBSHA256=${hash.replace("u", "v")}`, "user:octocat"] });
    expect(evaluateCredential(policy, credentialOf())).toBeNull();
  });
});

interface Case {
  readonly name: string;
  readonly policy?: Record<string, unknown>;
  readonly account?: Record<string, unknown>;
  readonly oauthClientId?: string;
  readonly tokenKind?: TokenKind;
  readonly reason: Reason;
}

const octocat = { login: "octocat", id: 583231 };
const withClient = { oauth_clients: ["Iv1.a0facee5139c0213"], token_kinds: [...tokenKinds] };

const cases: Case[] = [
  { name: "a pinned entry admits its account", reason: "admitted" },
  { name: "a pinned entry admits its account under a new login", account: { login: "renamed" }, reason: "admitted" },
  { name: "a pinned entry does not admit who took the login over", account: { id: 2 }, reason: "name_reassigned" },
  { name: "in any case of the login", account: { id: 2, login: "OCTOCAT" }, reason: "name_reassigned" },
  {
    name: "an entry without a pin admits the login",
    policy: { allow: ["user:octocat"] },
    account: { id: 2 },
    reason: "admitted",
  },
  {
    name: "in whatever case GitHub writes it",
    policy: { allow: ["user:octocat"] },
    account: { login: "OctoCat" },
    reason: "admitted",
  },
  { name: "in whatever case the entry is written", policy: { allow: ["user:OctoCat"] }, reason: "admitted" },
  { name: "an entry does not admit a longer login", policy: { allow: ["user:octo"] }, reason: "not_allowed" },
  { name: "an entry does not admit a shorter login", policy: { allow: ["user:octocats"] }, reason: "not_allowed" },
  { name: "an entry admits no other account", account: { login: "hubot", id: 480938 }, reason: "not_allowed" },
  {
    name: "'anyone' admits an outsider",
    policy: { allow: ["anyone"] },
    account: { login: "hubot", id: 480938 },
    reason: "admitted",
  },
  { name: "any one entry admits", policy: { allow: ["user:hubot#480938", "user:octocat#583231"] }, reason: "admitted" },
  {
    name: "a taken-over login is admitted by another entry",
    policy: { allow: ["user:octocat#1", "user:octocat"] },
    reason: "admitted",
  },
  {
    name: "deny by number wins over anyone",
    policy: { allow: ["anyone"], deny: ["user:octocat#583231"] },
    reason: "user_denied",
  },
  {
    name: "deny by number holds under a new login",
    policy: { allow: ["anyone"], deny: ["user:mallory#583231"] },
    reason: "user_denied",
  },
  {
    name: "deny by number spares who took the login over",
    policy: { allow: ["anyone"], deny: ["user:octocat#2"] },
    reason: "admitted",
  },
  { name: "deny by login wins over a pinned allow", policy: { deny: ["user:OCTOCAT"] }, reason: "user_denied" },
  {
    name: "deny is the reason also for an outsider",
    policy: { allow: ["user:hubot"], deny: ["user:octocat"] },
    reason: "user_denied",
  },
  { name: "deny of another account changes nothing", policy: { deny: ["user:mallory#99"] }, reason: "admitted" },
  ...["Bot", "Organization", "Mannequin", "user", "USER", "User "].map(
    (type): Case => ({
      name: `an account of type ${type} is no person, whatever allow says`,
      policy: { allow: ["anyone", "user:octocat#583231"] },
      account: { type },
      reason: "not_a_person",
    }),
  ),
  {
    name: "a personal access token that GitHub says is an app's is denied, whatever its prefix",
    oauthClientId: "Iv1.a0facee5139c0213",
    reason: "client_not_listed",
  },
  ...tokenKinds.flatMap((tokenKind): Case[] => [
    {
      name: `a token of kind ${tokenKind} of a listed client`,
      policy: withClient,
      oauthClientId: "Iv1.a0facee5139c0213",
      tokenKind,
      reason: "admitted",
    },
    {
      name: `a token of kind ${tokenKind} of another client`,
      policy: withClient,
      oauthClientId: "Iv1.b0facee5139c0213",
      tokenKind,
      reason: "client_not_listed",
    },
    {
      name: `a token of kind ${tokenKind} of a client in another case`,
      policy: withClient,
      oauthClientId: "iv1.a0facee5139c0213",
      tokenKind,
      reason: "client_not_listed",
    },
    {
      name: `a token of kind ${tokenKind} of an empty client`,
      policy: withClient,
      oauthClientId: "",
      tokenKind,
      reason: "client_not_listed",
    },
    {
      name: `a token of kind ${tokenKind} without a client`,
      policy: withClient,
      tokenKind,
      reason: tokenKind === "oauth" || tokenKind === "app" ? "client_unknown" : "admitted",
    },
  ]),
  {
    name: "an outsider with an unlisted app gets a plain no",
    account: { login: "hubot", id: 480938 },
    oauthClientId: "x",
    reason: "not_allowed",
  },
  {
    name: "a name that would be Kubernetes' own",
    policy: { allow: ["user:system"], prefix: "" },
    account: { login: "system" },
    reason: "identity_unsafe",
  },
];

const kindOf: Partial<Record<Reason, string>> = {
  admitted: "authenticated",
  client_not_listed: "denied",
  client_unknown: "denied",
  identity_unsafe: "denied",
};

describe("once GitHub has said who it is", () => {
  test.each(cases)("$name", ({ policy = {}, account = {}, oauthClientId = null, tokenKind, reason }) => {
    const facts = factsOf({ account: { ...octocat, ...account }, oauthClientId });
    const verdict = evaluate(policyOf(policy), credentialOf(tokenKind), facts);
    expect(verdict).toMatchObject({ kind: kindOf[reason] ?? "unauthenticated", reason });
  });

  test("a token in deny has had its say before, and another one's changes nothing", () => {
    const policy = policyOf({ deny: [`token:GITHUBSHA256=${hash.replace("u", "v")}`] });
    expect(evaluate(policy, credentialOf(), factsOf())).toMatchObject({ reason: "admitted" });
  });

  test("two clusters evaluate the same facts each by its own policy", () => {
    const facts = factsOf();
    expect(evaluate(policyOf(), credentialOf(), facts).reason).toBe("admitted");
    expect(evaluate(policyOf({ allow: ["user:hubot"] }), credentialOf(), facts).reason).toBe("not_allowed");
  });
});

describe("for any policy that config accepts", () => {
  const logins = fc.constantFrom("octocat", "OctoCat", "hubot", "mallory", "system");
  const ids = fc.constantFrom(1, 2, 3);
  const entry = fc.oneof(
    logins.map((login) => `user:${login}`),
    fc.tuple(logins, ids).map(([login, id]) => `user:${login}#${id}`),
  );
  const table = fc.record({
    allow: fc.array(fc.oneof(entry, fc.constant("anyone")), { minLength: 1, maxLength: 4 }),
    deny: fc.array(entry, { maxLength: 3 }),
    prefix: fc.constantFrom("github:", "", "sys"),
    username: fc.constantFrom("login", "id", "login:id"),
    oauth_clients: fc.subarray(["Iv1.a", "Iv1.b"]),
  });
  const facts = fc
    .record({ login: logins, id: ids, type: fc.constantFrom("User", "User", "User", "Bot") })
    .chain((account) =>
      fc.constantFrom(null, "Iv1.a", "Iv1.b", "").map((oauthClientId) => factsOf({ account, oauthClientId })),
    );

  /** Whether an entry matches a person, as the documentation says it. */
  function means(text: string, { login, id }: { login: string; id: number }): boolean {
    const [name, number] = text.replace("user:", "").split("#");
    return (
      text === "anyone" || (number === undefined ? name?.toLowerCase() === login.toLowerCase() : Number(number) === id)
    );
  }

  test("only a person gets in, who is allowed, is not denied, and comes with no app but a listed one", () => {
    let admitted = 0;
    fc.assert(
      fc.property(table, facts, fc.constantFrom(...tokenKinds), (wanted, known, tokenKind) => {
        const policy = readClusterPolicy("CLUSTER_P", clusterTable(wanted));
        if (!policy.ok) return;
        const verdict = evaluate(policy.value, credentialOf(tokenKind), known);
        if (verdict.kind !== "authenticated") return;
        admitted += 1;
        expect(known.account.type).toBe("User");
        expect(wanted.allow.some((text) => means(text, known.account))).toBe(true);
        expect(wanted.deny.some((text) => means(text, known.account))).toBe(false);
        if (known.oauthClientId !== null) expect(wanted.oauth_clients).toContain(known.oauthClientId);
        else expect(["oauth", "app"]).not.toContain(tokenKind);
        expect(verdict.user.username).not.toMatch(/^system:/i);
        expect(verdict.user.uid).toBe(String(known.account.id));
      }),
      { numRuns: 3000 },
    );
    expect(admitted).toBeGreaterThan(100);
  });
});
