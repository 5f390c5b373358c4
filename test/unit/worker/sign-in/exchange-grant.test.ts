// The grant token-exchange: GitHub tokens that people bring, and one answer for all that would tell who is admitted.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { githubClientId } from "../config/sign-in-environment.ts";
import { clusterTable } from "../support.ts";
import { argocdSecret, expectError, startSignIn } from "./support/app.ts";

describe("a GitHub token", () => {
  test("of its owner becomes an ID token, and nothing else", async () => {
    const { exchange, claimsOf, github, decisions } = startSignIn();
    const { status, headers, body } = await exchange(github.addToken("classic"));
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: "urn:ietf:params:oauth:token-type:id_token",
      token_type: "N_A",
      expires_in: 600,
    });
    const { payload } = await claimsOf(body.access_token);
    expect(payload).toMatchObject({ aud: "production", username: "octocat:583231", credential_kind: "classic" });
    expect(decisions()).toMatchObject([
      { door: "sign-in", client: "production", grant: "token_exchange", tokenId: payload.jti },
    ]);
  });

  test("may name the type that it wants, and only that one", async () => {
    const { exchange, github } = startSignIn();
    const type = "urn:ietf:params:oauth:token-type:";
    const token = github.addToken("classic");
    expect((await exchange(token, { requested_token_type: `${type}id_token` })).status).toBe(200);
    expectError(await exchange(token, { requested_token_type: `${type}access_token` }), "invalid_request");
  });

  test("of the sign-in's own app counts only where oauth_clients lists it", async () => {
    const table = { sign_in: true, exchange: true, token_kinds: ["app"] };
    const unlisted = startSignIn({ CLUSTER_PRODUCTION: clusterTable({ ...table, oauth_clients: ["Iv23another"] }) });
    const refused = await unlisted.exchange(unlisted.github.addToken("app"));
    expect(refused.status).toBe(400);
    const listed = startSignIn({ CLUSTER_PRODUCTION: clusterTable({ ...table, oauth_clients: [githubClientId] }) });
    expect((await listed.exchange(listed.github.addToken("app"))).status).toBe(200);
  });

  test.each([
    ["a refresh token of GitHub", () => makeToken("refresh")],
    ["an installation's token", () => makeToken("installation")],
    ["a token that was cut", () => makeToken("classic").slice(0, 30)],
    ["a token with a typing error", () => `${makeToken("classic").slice(0, -1)}-`],
    ["garbage", () => "garbage"],
    ["one of 9 KB", () => `ghp_${"a".repeat(9_000)}`],
  ])("is refused as a wrong subject where it is %s, and GitHub hears nothing", async (_, token) => {
    const { exchange, github } = startSignIn();
    expectError(await exchange(token()), "invalid_request");
    expect(github.calls).toEqual([]);
  });

  test("that Octogate issued itself is refused: ID, access and refresh token", async () => {
    const { exchange, redeem, codeOf, github } = startSignIn();
    const { body } = await redeem(await codeOf());
    const calls = github.calls.length;
    for (const name of ["id_token", "access_token", "refresh_token"]) {
      expectError(await exchange(String(body[name])), "invalid_request");
    }
    expect(github.calls).toHaveLength(calls);
  });

  test("that GitHub refuses is a wrong subject", async () => {
    const { exchange } = startSignIn();
    expectError(await exchange(makeToken("classic")), "invalid_request");
  });

  test("is not decided about while GitHub is down", async () => {
    const { exchange, github } = startSignIn();
    github.isDown = true;
    expectError(await exchange(github.addToken("classic")), "temporarily_unavailable", 503);
  });
});

describe("invalid_target", () => {
  test("is one identical answer for all that keeps a person out", async () => {
    const { exchange, github } = startSignIn({
      CLUSTER_DENIES: clusterTable({
        sign_in: true,
        exchange: true,
        client_certificates: undefined,
        allow: ["anyone"],
        deny: ["user:octocat"],
      }),
      CLUSTER_OTHERS: clusterTable({
        sign_in: true,
        exchange: true,
        client_certificates: undefined,
        allow: ["user:hubot#2"],
      }),
    });
    const token = github.addToken("classic");
    const answers = [
      // The last has no exchange, the one before is no client.
      ...[{ audience: "denies" }, { audience: "others" }, { audience: "nowhere" }, { audience: "staging" }],
      { resource: "https://api.acme.test" },
    ].map((form) => exchange(token, form));
    const bodies = (await Promise.all(answers)).map((answer) => {
      expectError(answer, "invalid_target");
      return JSON.stringify(answer.body);
    });
    expect(new Set(bodies).size).toBe(1);
  });
});

describe("a request", () => {
  test.each(["subject_token", "subject_token_type", "audience"])("without %s is wrong", async (name) => {
    const { exchange, github } = startSignIn();
    expectError(await exchange(github.addToken("classic"), { [name]: undefined }), "invalid_request");
    expect(github.calls).toEqual([]);
  });

  test.each([
    ["a workflow's token", { subject_token_type: "urn:ietf:params:oauth:token-type:jwt" }],
    ["an ID token", { subject_token_type: "urn:ietf:params:oauth:token-type:id_token" }],
    ["another person to act for", { actor_token: "x" }],
  ])("with %s is wrong", async (_, form) => {
    const { exchange, github } = startSignIn();
    expectError(await exchange(github.addToken("classic"), form), "invalid_request");
    expect(github.calls).toEqual([]);
  });

  test("needs no client, but one that shows a secret must be right about it", async () => {
    const { exchange, github } = startSignIn();
    const token = github.addToken("classic");
    expect((await exchange(token, { client_id: "argocd", client_secret: argocdSecret })).status).toBe(200);
    expectError(await exchange(token, { client_id: "argocd", client_secret: "wrong" }), "invalid_client", 401);
    expectError(await exchange(token, { client_id: "production", client_secret: "x" }), "invalid_client", 401);
  });

  test("counts toward the exchange's own cap of never-seen tokens, and never toward the webhook's", async () => {
    const keys: string[] = [];
    const limit = async ({ key }: { key: string }) => {
      keys.push(key);
      return { success: !key.startsWith("exchange") };
    };
    const { exchange, github } = startSignIn({ NEVER_SEEN_LIMIT: { limit } });
    expectError(await exchange(github.addToken("classic")), "temporarily_unavailable", 503);
    expect(keys).toEqual(["exchange production"]);
    expect(github.calls).toEqual([]);
  });
});
