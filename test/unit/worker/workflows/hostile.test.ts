// Tokens and policies that must admit no workflow, at both doors: each with the reason that the log gives.
import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { WorkflowJob } from "../../../../src/local/github/actions/claims.ts";
import { type Reason, reasons } from "../../../../src/worker/reasons.ts";
import {
  actionsIssuer,
  audience,
  environmentEntry,
  FakeIssuer,
  foreignKey,
  gitHubKey,
  issuerUrl,
  startWorkflowApp,
  type TokenOptions,
  workflowEntry,
  workflowToken,
} from "./support.ts";

interface Row {
  readonly shows: string;
  readonly reason: Reason;
  readonly token: string;
  readonly policy?: Record<string, unknown> | undefined;
  /** Where it differs there. */
  readonly atExchange?: Reason;
}

const row = (reason: Reason, shows: string, token: string | TokenOptions, more: Partial<Row> = {}): Row => ({
  shows,
  reason,
  token: typeof token === "string" ? token : workflowToken(token),
  ...more,
});

const encode = (text: string) => Buffer.from(text).toString("base64url");
const partsOf = (token: string): [string, string, string] => {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
};
const payloadOf = (token: string): string => Buffer.from(partsOf(token)[1], "base64url").toString();
const good = workflowToken();
const [goodHeader, goodPayload, goodSignature] = partsOf(good);
const headerWith = (changes: Record<string, unknown>) =>
  encode(JSON.stringify({ typ: "JWT", kid: gitHubKey.kid, ...changes }));

/** Signed by GitHub's key, whatever the header and the text are. */
function signed(header: Record<string, unknown>, payload: string, hash = "sha256"): string {
  const input = `${headerWith(header)}.${encode(payload)}`;
  return `${input}.${sign(hash, Buffer.from(input), gitHubKey.privateKey).toString("base64url")}`;
}

function hmac(secret: string): string {
  const input = `${headerWith({ alg: "HS256" })}.${goodPayload}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

const pem = createPublicKey(gitHubKey.privateKey).export({ type: "spki", format: "pem" }).toString();
const byGitHub = { alg: "RS256" };

const headers: readonly Row[] = [
  row(
    "workflow_token_forged",
    "no algorithm: none, and no signature",
    `${headerWith({ alg: "none" })}.${goodPayload}.`,
  ),
  row("workflow_token_forged", "none in capitals", `${headerWith({ alg: "NONE" })}.${goodPayload}.`),
  row(
    "workflow_token_forged",
    "none, with GitHub's signature of another token",
    `${headerWith({ alg: "none" })}.${goodPayload}.${goodSignature}`,
  ),
  row("workflow_token_forged", "HS256 with the public key as secret", hmac(pem)),
  row("workflow_token_forged", "HS256 with the key's number as secret", hmac(String(gitHubKey.publicJwk.n))),
  row("workflow_token_forged", "HS256 with an empty secret", hmac("")),
  row("workflow_token_forged", "RS384, signed by GitHub's key", signed({ alg: "RS384" }, payloadOf(good), "sha384")),
  row("workflow_token_forged", "RS512, signed by GitHub's key", signed({ alg: "RS512" }, payloadOf(good), "sha512")),
  row("workflow_token_forged", "PS256", signed({ alg: "PS256" }, payloadOf(good))),
  row("workflow_token_forged", "ES256", signed({ alg: "ES256" }, payloadOf(good))),
  row("workflow_token_forged", "rs256 in small letters", signed({ alg: "rs256" }, payloadOf(good))),
  row("workflow_token_forged", "a list of algorithms", signed({ alg: ["RS256"] }, payloadOf(good))),
  row("workflow_token_forged", "no algorithm at all", signed({}, payloadOf(good))),
  row("workflow_token_forged", "no key id", signed({ ...byGitHub, kid: undefined }, payloadOf(good))),
  row("workflow_token_forged", "an empty key id", signed({ ...byGitHub, kid: "" }, payloadOf(good))),
  row("workflow_token_forged", "a number as key id", signed({ ...byGitHub, kid: 0 }, payloadOf(good))),
  row("workflow_key_unknown", "a key id that GitHub does not publish", {
    header: { kid: foreignKey.kid },
    key: foreignKey,
  }),
  row("workflow_key_unknown", "a key id that leads to another file", { header: { kid: "../../jwks" } }),
  row("workflow_key_unknown", "a key id that every object has", { header: { kid: "constructor" } }),
  row("workflow_token_forged", "an extension that has to be understood", { header: { crit: ["exp"], exp: 1 } }),
  row("workflow_token_forged", "an empty list of extensions", { header: { crit: [] } }),
  row("workflow_token_forged", "a payload that is not encoded", { header: { crit: ["b64"], b64: false } }),
  row("workflow_token_forged", "a key of its own in the header", {
    key: foreignKey,
    header: { kid: gitHubKey.kid, jwk: foreignKey.publicJwk },
  }),
  row("workflow_key_unknown", "the address of keys of its own in the header", {
    key: foreignKey,
    header: { jku: "https://evil.test/jwks" },
  }),
  row("workflow_key_unknown", "the address of a certificate of its own", {
    key: foreignKey,
    header: { x5u: "https://evil.test/x5u" },
  }),
  row("workflow_token_forged", "a certificate of its own", {
    key: foreignKey,
    header: { kid: gitHubKey.kid, x5c: ["AAAA"] },
  }),
];

const signatures: readonly Row[] = [
  row("workflow_token_forged", "the signature of another key under GitHub's key id", {
    key: foreignKey,
    header: { kid: gitHubKey.kid },
  }),
  row("workflow_token_forged", "no signature", `${goodHeader}.${goodPayload}.`),
  row(
    "workflow_token_forged",
    "a signature that was cut",
    `${goodHeader}.${goodPayload}.${goodSignature.slice(0, -10)}`,
  ),
  row(
    "workflow_token_forged",
    "the signature of another token",
    `${goodHeader}.${partsOf(workflowToken({ claims: { jti: "x" } }))[1]}.${goodSignature}`,
  ),
  row(
    "workflow_token_forged",
    "a claim that was changed",
    `${goodHeader}.${encode(payloadOf(good).replace("push", "schedule"))}.${goodSignature}`,
  ),
  row(
    "workflow_token_forged",
    "a header that was changed",
    `${headerWith({ ...byGitHub, x: 1 })}.${goodPayload}.${goodSignature}`,
  ),
  row("not_github_token", "four parts", `${good}.x`),
  row("not_github_token", "five parts, as an encrypted token has", `${good}.x.y`),
  row("not_github_token", "a blank behind it", `${good} `),
];

const issuers: readonly Row[] = [
  ...[
    `${actionsIssuer}/`,
    `${actionsIssuer}/acme`,
    actionsIssuer.toUpperCase(),
    "https://token.actions.githubusercontent.com.evil.test",
    "http://token.actions.githubusercontent.com",
    issuerUrl,
  ].map((issuer) => row("not_github_token", `the issuer ${issuer}`, { issuer })),
  row("not_github_token", "a list of issuers", { claims: { iss: [actionsIssuer] } }),
  row("not_github_token", "no issuer", { claims: { iss: undefined } }),
  row(
    "not_github_token",
    "another issuer behind GitHub's",
    signed(byGitHub, payloadOf(good).replace(/\}$/, ',"iss":"https://evil.test"}')),
  ),
  row(
    "workflow_token_forged",
    "GitHub's issuer behind another one, and another key",
    `${headerWith(byGitHub)}.${encode(`{"iss":"https://evil.test","iss":"${actionsIssuer}"}`)}.${goodSignature}`,
  ),
  row("not_github_token", "claims that are a list", signed(byGitHub, `["${actionsIssuer}"]`)),
  row("not_github_token", "claims that are no JSON", signed(byGitHub, `{"iss":"${actionsIssuer}"`)),
  row("workflow_token_forged", "a header that is no JSON", `${encode("{")}.${goodPayload}.${goodSignature}`),
  row("not_github_token", "more than 12 KB", { claims: { repo_property_x: "x".repeat(12_000) } }),
];

const audiences: readonly Row[] = [
  ...[
    "https://github.com/acme",
    "production",
    "https://login.acme.test",
    "https://login.acme.test/clusters/staging",
    "https://login.acme.test/clusters/production/",
    "https://login.acme.test/clusters/Production",
    "https://login.acme.test/clients/production",
    "https://LOGIN.acme.test/clusters/production",
    "",
  ].map((other) => row("workflow_audience", `the audience “${other}”`, { audience: other })),
  row("workflow_audience", "a list with the audience", { claims: { aud: [audience] } }),
  row("workflow_audience", "a list with the audience and another one", {
    claims: { aud: [audience, "sts.amazonaws.com"] },
  }),
  row("workflow_audience", "no audience", { claims: { aud: undefined } }),
  row("workflow_audience", "an object as audience", { claims: { aud: { 0: audience } } }),
  row("workflow_audience", "another audience, whatever else is wrong", {
    audience: "x",
    ageSeconds: 4000,
    job: { event: "fork" },
  }),
];

const startSeconds = Date.parse("2026-11-20T10:00:00Z") / 1000;
const times: readonly Row[] = [
  row("workflow_token_expired", "one that ended a minute ago", { ageSeconds: 360 }),
  row("workflow_token_expired", "one of yesterday", { ageSeconds: 86_400 }),
  row(
    "admitted",
    "one that has just ended, by a clock that differs",
    { ageSeconds: 359 },
    { atExchange: "workflow_token_expired" },
  ),
  row("admitted", "one that ends now", { ageSeconds: 300 }, { atExchange: "workflow_token_expired" }),
  row("workflow_token_early", "one of the future", { ageSeconds: -700 }),
  row("workflow_token_early", "one that does not count yet", { claims: { nbf: startSeconds + 61 } }),
  row("workflow_token_early", "one that is not issued yet", { claims: { iat: startSeconds + 61 } }),
  ...[undefined, null, "1763632800", -1, [startSeconds + 300], {}, true].map((exp) =>
    row("workflow_claims_malformed", `the end ${JSON.stringify(exp)}`, { claims: { exp } }),
  ),
  row(
    "workflow_claims_malformed",
    "an end that is no number at all",
    signed(byGitHub, payloadOf(good).replace(/"exp":\d+/, '"exp":1e999')),
  ),
  row("workflow_claims_malformed", "a beginning that is a text", { claims: { nbf: "0" } }),
  row("workflow_claims_malformed", "a time of issue that is a text", { claims: { iat: "0" } }),
];

const job = (changes: Partial<WorkflowJob>): TokenOptions => ({ job: changes });
const inProduction = { environment: "production" };

const events: readonly Row[] = [
  ...["pull_request", "pull_request_target", "issue_comment", "workflow_run", "repository_dispatch", "merge_group"].map(
    (event) => row("workflow_event_not_allowed", `the event ${event}`, job({ event })),
  ),
  row(
    "workflow_event_not_allowed",
    "pull_request_target, with an environment",
    job({ event: "pull_request_target", ...inProduction }),
  ),
  row("workflow_event_not_allowed", "push, where it is not listed", {}, { policy: { workflow_events: ["schedule"] } }),
  row(
    "workflow_not_allowed",
    "an event that is not listed, and no entry",
    job({ event: "pull_request_target", workflow: "ci.yml" }),
  ),
  ...["", undefined, null, "PUSH", "push ", ["push"], 1].map((event_name) =>
    row("workflow_claims_malformed", `the event ${JSON.stringify(event_name)}`, { claims: { event_name } }),
  ),
];

const named = (name: string, id = 7, ownerId = 8): TokenOptions =>
  job({ repository: { name, id, ownerId }, ...inProduction });
const repositories: readonly Row[] = [
  row("repository_reassigned", "a repository that was made anew under the name", named("acme/shop", 9002, 1234)),
  row("repository_reassigned", "an owner's name that was taken by another one", named("acme/shop", 9002, 1235)),
  row("repository_reassigned", "a repository that went to another owner", named("mallory/shop", 9001, 1235)),
  row("repository_reassigned", "the numbers the wrong way round", named("acme/shop", 1234, 9001)),
  row("workflow_not_allowed", "a fork", named("mallory/shop")),
  row("workflow_not_allowed", "another repository of the owner", named("acme/web", 9002, 1234)),
  row("workflow_not_allowed", "a fork, where the entry is not pinned", named("mallory/shop"), {
    policy: { allow: ["environment:acme/shop/production"] },
  }),
  ...["acme/shop-2", "acme/sho", "acme-2/shop", "cme/shop"].map((name) =>
    row("workflow_not_allowed", `the name ${name}, where the entry is not pinned`, named(name), {
      policy: { allow: ["environment:acme/shop/production"] },
    }),
  ),
  ...[
    "",
    undefined,
    null,
    "acme",
    "acme/shop/x",
    "acme/..",
    "acme//shop",
    "аcme/shop",
    "acme/shop\n",
    "acme shop/x",
    ["acme/shop"],
  ].map((repository) =>
    row("workflow_claims_malformed", `the repository ${JSON.stringify(repository)}`, { claims: { repository } }),
  ),
  ...["", undefined, null, 9001, "09001", "9001 ", "-9001", "9e3", "0x2329", "99999999999999999999", ["9001"]].map(
    (repository_id) =>
      row("workflow_claims_malformed", `the repository's number ${JSON.stringify(repository_id)}`, {
        claims: { repository_id },
      }),
  ),
  ...["", undefined, 1234, "01234"].map((repository_owner_id) =>
    row("workflow_claims_malformed", `the owner's number ${JSON.stringify(repository_owner_id)}`, {
      claims: { repository_owner_id },
    }),
  ),
];

const workflowRef = "Acme/shop/.github/workflows/deploy.yml@refs/heads/main";
const files: readonly Row[] = [
  row("workflow_not_allowed", "another file", job({ workflow: "ci.yml" })),
  row("workflow_not_allowed", "the file in another case", job({ workflow: "Deploy.yml" })),
  row("workflow_not_allowed", "a file with more behind its name", job({ workflow: "deploy.yml.yml" })),
  row("workflow_not_allowed", "a file in a folder", job({ workflow: ".github/workflows/x/deploy.yml" })),
  row("workflow_not_allowed", "another branch", job({ ref: "refs/heads/feature" })),
  row("workflow_not_allowed", "the branch in another case", job({ ref: "refs/heads/Main" })),
  row("workflow_not_allowed", "a tag with the branch's name", job({ ref: "refs/tags/main" })),
  row("workflow_not_allowed", "the merge of a pull request", job({ ref: "refs/pull/1/merge" })),
  row("workflow_not_allowed", "a branch with the ref in its name", job({ ref: "refs/heads/x@refs/heads/main" })),
  row(
    "workflow_not_allowed",
    "a branch with the whole entry in its name",
    job({ workflow: "ci.yml", ref: `refs/heads/x/${workflowRef}` }),
  ),
  row("workflow_not_allowed", "a branch that begins like the ref", job({ ref: "refs/heads/main-2" })),
  row(
    "workflow_not_allowed",
    "the file in another repository, as an organisation's ruleset runs it",
    job({ workflowRepository: "acme/rules" }),
  ),
  row(
    "workflow_not_allowed",
    "the file in another repository, whose name is as long",
    job({ workflowRepository: "acme/shot" }),
  ),
  row(
    "workflow_not_allowed",
    "the file in a repository whose name begins alike",
    job({ workflowRepository: "acme/shop/x" }),
  ),
  row(
    "workflow_not_allowed",
    "a reusable workflow with the entry's name",
    job({ workflow: "ci.yml", reusableWorkflow: workflowRef }),
  ),
  row("workflow_not_allowed", "a subject with the entry's name", {
    job: { workflow: "ci.yml" },
    claims: { sub: `repo:acme/shop:workflow_ref:${workflowRef}` },
  }),
  row("workflow_not_allowed", "a subject with the environment", {
    job: { workflow: "ci.yml" },
    claims: { sub: "repo:acme/shop:environment:production" },
  }),
  ...["", undefined, null].map((value) =>
    row("workflow_not_allowed", `the workflow ${JSON.stringify(value)}`, { claims: { workflow_ref: value } }),
  ),
  row("workflow_not_allowed", "a workflow without a ref", { claims: { workflow_ref: workflowRef.replace(/@.*/, "") } }),
  row("workflow_not_allowed", "a workflow at a commit", {
    claims: { workflow_ref: `${workflowRef.replace(/@.*/, "")}@${"a".repeat(40)}` },
  }),
  row("workflow_claims_malformed", "a list of workflows", { claims: { workflow_ref: [workflowRef] } }),
  row("workflow_claims_malformed", "a workflow with another line", { claims: { workflow_ref: `${workflowRef}\n` } }),
];

const only = { policy: { allow: [environmentEntry] } };
const environments: readonly Row[] = [
  row("workflow_not_allowed", "no environment", {}, only),
  ...["", undefined, null].map((environment) =>
    row("workflow_not_allowed", `the environment ${JSON.stringify(environment)}`, { claims: { environment } }, only),
  ),
  ...[
    "staging",
    "production/eu",
    "production ",
    " production",
    "produc tion",
    "production#1234/9001",
    "acme/shop/production",
    "prоduction",
    "production\u200b",
    "%70roduction",
  ].map((environment) => row("workflow_not_allowed", `the environment “${environment}”`, job({ environment }), only)),
  row(
    "workflow_not_allowed",
    "an environment with a sign that is a letter in lower case",
    job({ environment: "\u212aube" }),
    { policy: { allow: ["environment:acme/shop/kube#1234/9001"] } },
  ),
  row("workflow_not_allowed", "the same sign in the entry", job({ environment: "kube" }), {
    policy: { allow: ["environment:acme/shop/\u212aube#1234/9001"] },
  }),
  ...[1, ["production"], { name: "production" }, true, "production\n", "x".repeat(256)].map((environment) =>
    row(
      "workflow_claims_malformed",
      `the environment ${JSON.stringify(environment).slice(0, 30)}`,
      { claims: { environment } },
      only,
    ),
  ),
];

/** A policy whose every entry is denied would be wrong by itself. */
const denying = (deny: readonly string[]): Pick<Row, "policy"> => ({
  policy: { allow: [workflowEntry, environmentEntry, "environment:acme/web/production#1234/9002"], deny },
});
const policies: readonly Row[] = [
  ...["anyone", "org:acme#1234", "user:otto-inkwell#10000001", "team:acme/platform#55"].map((entry) =>
    row("workflow_not_allowed", `${entry} is for people`, {}, { policy: { allow: [entry] } }),
  ),
  row("workflow_denied", "its repository is denied", {}, denying(["repository:acme/shop#1234/9001"])),
  row("workflow_denied", "its repository is denied by name, in another case", {}, denying(["repository:ACME/Shop"])),
  row(
    "workflow_denied",
    "its denied repository was renamed",
    named("acme/store", 9001, 1234),
    denying(["repository:acme/shop#1234/9001"]),
  ),
  row("workflow_denied", "its denied repository went to another owner", named("x/shop", 9001, 7), {
    policy: {
      allow: ["environment:x/shop/production#7/9001", environmentEntry.replace("9001", "9002")],
      deny: ["repository:acme/shop#1234/9001"],
    },
  }),
  row("workflow_denied", "its file is denied", {}, denying([workflowEntry])),
  row(
    "workflow_denied",
    "its environment is denied, in another case",
    job({ environment: "PRODUCTION" }),
    denying([environmentEntry]),
  ),
  row("workflow_denied", "the person who started it is denied", {}, denying(["user:other#10000001"])),
  row("workflow_denied", "the person who started it is denied by name", {}, denying(["user:Otto-Inkwell"])),
  row(
    "workflow_denied",
    "a denied person could have started it",
    { claims: { actor_id: "" } },
    denying(["user:mallory#99"]),
  ),
  row(
    "workflow_denied",
    "a person who is denied by name could have",
    { claims: { actor: undefined } },
    denying(["user:mallory"]),
  ),
  row(
    "workflow_denied",
    "it is denied, and its event not allowed",
    job({ event: "fork" }),
    denying(["repository:acme/shop"]),
  ),
  row("workflow_claims_malformed", "who started it has a number that is none", { claims: { actor_id: 10_000_001 } }),
  row("workflow_claims_malformed", "it has no id", { claims: { jti: undefined } }),
  row("workflow_claims_malformed", "its id is no name for a log", { claims: { jti: "a b" } }),
];

const sections = {
  headers,
  signatures,
  issuers,
  audiences,
  times,
  events,
  repositories,
  files,
  environments,
  policies,
};

test("there are more than sixty", () => {
  expect(Object.values(sections).flat().length).toBeGreaterThan(60);
});

describe.each(Object.entries(sections))("%s", (_, rows) => {
  test.each(rows)("$reason: $shows", async ({ token, policy, reason, atExchange = reason }) => {
    const [webhook, signIn] = [startWorkflowApp({ policy }), startWorkflowApp({ policy })];
    await expectReview(webhook, token, reason);
    const answer = await signIn.exchange(token);
    expect({ status: answer.status, error: answer.body.error }).toEqual(exchanged(atExchange));
    expect(signIn.decisions()).toMatchObject(atExchange === "not_github_token" ? [] : [{ reason: atExchange }]);
    for (const { issuer, decisions, lines, errors } of [webhook, signIn]) {
      // Nothing but GitHub's own address was asked, and no part of the token is written down.
      expect(new Set(issuer.calls).size).toBeLessThan(2);
      expect(issuer.calls.every((call) => call === `GET ${actionsIssuer}/.well-known/jwks`)).toBe(true);
      for (const part of token.split(".").filter(({ length }) => length > 20)) {
        expect([...lines, ...errors].join("\n")).not.toContain(part);
      }
      expect(decisions().length).toBeLessThan(2);
    }
  });
});

async function expectReview(app: ReturnType<typeof startWorkflowApp>, token: string, reason: Reason): Promise<void> {
  const { status, body } = await app.review(token);
  const { verdict } = reasons[reason];
  expect(app.decisions()).toMatchObject(reason === "not_github_token" ? [] : [{ verdict, reason }]);
  switch (verdict) {
    case "authenticated":
      expect(body.status).toMatchObject({ authenticated: true });
      return;
    case "unauthenticated":
      expect({ status, said: body.status }).toEqual({ status: 200, said: { authenticated: false } });
      return;
    case "denied":
      expect({ status, said: body.status }).toEqual({
        status: 200,
        said: { authenticated: false, error: expect.stringContaining(reasons[reason].problem) },
      });
      return;
    case "undetermined":
      expect(status).toBe(503);
  }
}

function exchanged(reason: Reason) {
  const { verdict, audience: mayKnow } = reasons[reason];
  if (verdict === "authenticated") return { status: 200 };
  if (verdict === "undetermined") return { status: 503, error: "temporarily_unavailable" };
  return { status: 400, error: mayKnow === "bearer" ? "invalid_request" : "invalid_target" };
}

test.each(["none", "HS256", "RS384", "PS256", "ES256"])(
  "the algorithm %s is refused before any key is asked for",
  async (alg) => {
    const { review, issuer } = startWorkflowApp();
    await review(signed({ alg, kid: foreignKey.kid }, payloadOf(good)));
    expect(issuer.calls).toEqual([]);
  },
);

describe("odd keys beside good ones", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
  const odd = [
    null,
    1,
    "x",
    [],
    {},
    { ...ec, kid: "ec" },
    { ...short, kid: "short", use: "sig" },
    { kty: "oct", k: "AAAA", kid: "oct" },
    { ...gitHubKey.publicJwk, kid: "for encryption", use: "enc" },
    { ...gitHubKey.publicJwk, kid: "another algorithm", alg: "RS512" },
    { ...gitHubKey.publicJwk, kid: 7 },
    { ...foreignKey.publicJwk, n: "!", kid: "no number" },
  ];

  test("do no harm", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    issuer.published = [...odd, ...issuer.published, { ...foreignKey.publicJwk, kid: gitHubKey.kid }];
    const { review } = startWorkflowApp({ issuer });
    expect((await review(good)).body.status).toMatchObject({ authenticated: true });
  });

  test("do no harm either where there are many of them", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    issuer.published = [
      ...Array.from({ length: 300 }, (_, index) => ({ ...ec, kid: `ec${index}` })),
      ...issuer.published,
    ];
    const { review } = startWorkflowApp({ issuer });
    expect((await review(good)).body.status).toMatchObject({ authenticated: true });
  });

  test.each(["ec", "short", "oct", "for encryption", "another algorithm", "no number"])(
    "verify nothing: %s",
    async (kid) => {
      const issuer = new FakeIssuer(gitHubKey);
      issuer.published = [...issuer.published, ...odd];
      const app = startWorkflowApp({ issuer });
      await expectReview(app, workflowToken({ header: { kid } }), "workflow_key_unknown");
    },
  );
});

describe("a forged token gets one answer", () => {
  const forged = workflowToken({ key: foreignKey, header: { kid: gitHubKey.kid } });

  test("at every cluster, with entries for workflows or without", async () => {
    const answers = await Promise.all(
      [{}, { allow: ["anyone"] }, { allow: ["user:octocat#583231"] }, { workflow_events: ["fork"] }].map(
        async (policy) => {
          const { review, exchange } = startWorkflowApp({ policy });
          return [(await review(forged)).text, (await exchange(forged)).text];
        },
      ),
    );
    expect(new Set(answers.map(String)).size).toBe(1);
  });
});

describe("invalid_target", () => {
  test("is one identical answer for all that would tell which workflows are admitted", async () => {
    const tables = {
      CLUSTER_DENIES: { sign_in: true, allow: [workflowEntry], deny: ["user:otto-inkwell"] },
      CLUSTER_OTHERS: { sign_in: true, allow: ["environment:acme/web/production#1/2"] },
      CLUSTER_REASSIGNED: { sign_in: true, allow: ["environment:acme/shop/production#1/2"] },
      CLUSTER_PEOPLE: { sign_in: true, allow: ["anyone"] },
    };
    const { exchange } = startWorkflowApp({ env: tables });
    const names = ["denies", "others", "reassigned", "people", "nowhere"];
    const answers = names.map(async (name) => {
      const token = workflowToken({
        audience: `${issuerUrl}/clusters/${name}`,
        job: { environment: "production" },
        claims: { jti: "one-id" },
      });
      const { status, text } = await exchange(token, { audience: name });
      return `${status} ${text}`;
    });
    const all = new Set(await Promise.all(answers));
    expect([...all]).toEqual([expect.stringMatching(/^400 .*"invalid_target".*Reference: JTI=one-id"\}$/)]);
  });
});
