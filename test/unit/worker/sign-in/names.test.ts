// The names of docs/identity.md once more: a cluster that verifies ID tokens knows people and workflows under the names
// that the webhook gives, letter for letter, and no one gets an ID token whom the webhook refuses.
import { randomBytes } from "node:crypto";
import { decodeJwt } from "jose";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../../../src/worker/app.ts";
import { readConfig } from "../../../../src/worker/config/config.ts";
import { createSignInSealer } from "../../../../src/worker/sign-in/sealer.ts";
import type { IdentityCase, Section } from "../../../identity/case.ts";
import { sections } from "../../../identity/cases.ts";
import { policyOf, withToken } from "../../../identity/review.ts";
import { issuerUrl, people, repositories, type Scene, startScene } from "../../../identity/scene.ts";
import { verifiedCertificate } from "../../../support/client-auth.ts";
import { signingKey } from "../config/sign-in-environment.ts";

const fingerprint = "0".repeat(64);
const clientId = "Iv23.acme-sign-in";
const clientSecret = randomBytes(20).toString("hex");
const secretsSchema = v.optional(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())), "{}");

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  // The app that people sign in with sees every organisation.
  const app = scene.github.addApp({ clientId, clientSecret, name: "acme-sign-in" });
  for (const organisation of Object.values(scene.organisations)) scene.github.installApp(app, organisation);
});
afterAll(() => scene.close());

/** Null where a token has no user. */
type User = { readonly username: string; readonly uid: string; readonly groups: readonly string[] } | null;

const reviewSchema = v.object({
  status: v.object({
    user: v.optional(v.object({ username: v.string(), uid: v.string(), groups: v.array(v.string()) })),
  }),
});
const claimsSchema = v.object({ username: v.string(), sub: v.string(), groups: v.array(v.string()) });

/** The Worker for one row, with nothing in its memory. @param token for which the row's policy stands */
function startRow(section: Section, row: IdentityCase, token: string, changes: Record<string, unknown> = {}) {
  const policy = withToken(policyOf(section, row), token);
  const settings = scene.settingsOf(section.source ?? "own_token");
  const secrets = { ...v.parse(secretsSchema, settings.OAUTH_CLIENT_SECRETS), [clientId]: clientSecret };
  const env = {
    ...settings,
    ISSUER_URL: issuerUrl,
    GITHUB_CLIENT_ID: clientId,
    OAUTH_CLIENT_SECRETS: JSON.stringify(secrets),
    GITHUB_WEB_URL: scene.github.webUrl,
    SIGNING_KEY_A: signingKey,
    CLUSTER_EXAMPLE: { client_certificates: [fingerprint], sign_in: true, exchange: true, ...policy, ...changes },
  };
  const app = createApp({
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
    waitUntil: () => undefined,
    writeLine: () => undefined,
    writeError: () => undefined,
  });
  const prefix = policy.prefix ?? "github:";

  async function askWebhook(): Promise<User> {
    const request = new Request("https://octogate.test/authenticate", {
      method: "POST",
      body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } }),
    });
    const cf = { tlsClientAuth: verifiedCertificate(fingerprint, new Date("2099-12-31T00:00:00Z")) };
    const response = await app.fetch(Object.assign(request, { cf }), env);
    return response.status === 200 ? (v.parse(reviewSchema, await response.json()).status.user ?? null) : null;
  }

  /** @returns the user as a cluster makes it of the ID token: it puts its prefix before the names */
  async function askForIdToken(form: Readonly<Record<string, string>>, member: string): Promise<User> {
    const request = new Request(`${issuerUrl}/token`, { method: "POST", body: new URLSearchParams(form) });
    const response = await app.fetch(request, env);
    const answer = v.parse(v.record(v.string(), v.unknown()), await response.json());
    if (response.status !== 200) return null;
    const { username, sub, groups } = v.parse(claimsSchema, decodeJwt(String(answer[member])));
    return { username: `${prefix}${username}`, uid: sub, groups: groups.map((group) => `${prefix}${group}`) };
  }

  return {
    askWebhook,
    exchange: () =>
      askForIdToken(
        {
          grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
          subject_token: token,
          subject_token_type: `urn:ietf:params:oauth:token-type:${row.token.run === undefined ? "access_token" : "jwt"}`,
          audience: "example",
        },
        "access_token",
      ),
    /** A program refreshes, with a token that GitHub gave out at a sign-in. */
    refresh: async () => {
      const { signIn } = readConfig(env);
      if (signIn?.ok !== true) throw new Error("the sign-in hostname is not set up");
      const endsAt = Math.floor(Date.now() / 1000) + 3600;
      const session = { token, tokenEndsAt: endsAt, needsSecret: false, isShared: false };
      const refresh_token = await createSignInSealer(signIn.value, Date.now).seal(
        ...(["refresh_token", "example", session, endsAt] as const),
      );
      return askForIdToken({ grant_type: "refresh_token", client_id: "example", refresh_token }, "id_token");
    },
  };
}

describe.each(sections)("$title", (section) => {
  test.each(section.rows)("$shows: $person, whose own token is exchanged", async (row) => {
    const { askWebhook, exchange } = startRow(section, row, scene.tokenOf(row.person, row.token));
    const user = await askWebhook();
    expect(user === null).toBe(row.expected.reason !== "admitted");
    expect(await exchange()).toEqual(user);
    const { run } = row.token;
    const uid = run === undefined ? people[row.person].id : `repository:${repositories[run.repository ?? "shop"].id}`;
    if (user !== null) expect(user.uid).toBe(String(uid));
  });

  test.each(section.rows)("$shows: $person, who signs in", async (row) => {
    const token = scene.github.issueToken(scene.accounts[row.person], { kind: "app", oauthClientId: clientId });
    // What a sign-in takes anyway, the webhook takes where it is listed.
    const changes = { token_kinds: ["app"], oauth_clients: [clientId] };
    const { askWebhook } = startRow(section, row, token, changes);
    const { refresh } = startRow(section, row, token);
    expect(await refresh()).toEqual(await askWebhook());
  });
});
