import { generateKeyPairSync, verify } from "node:crypto";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { acme, error, json, linkTo, notFound, pinnedAcme, type ScriptedAnswer } from "../support.ts";
import {
  appPrivateKey,
  appPublicKey,
  installationBody,
  installationsPath,
  installedApp,
  minuteMs,
  startMs,
  tokenAnswer,
  tokenPath,
} from "./installed-app-support.ts";

const unavailable = { kind: "unavailable", reason: "github_app_unavailable" };
const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" };
const organisation = { id: 1234, login: "Acme" };

describe("the app signs in", () => {
  test("with a JWT of its own key, issued a moment ago and good for at most ten minutes", async () => {
    const { installationIn, github } = installedApp();
    await installationIn(acme);
    expect(github.authorizations).toHaveLength(2);
    for (const authorization of github.authorizations) {
      const [header = "", claims = "", signature = ""] = (authorization ?? "").replace("Bearer ", "").split(".");
      const parse = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
      expect(parse(header)).toEqual({ alg: "RS256", typ: "JWT" });
      const { iss, iat, exp } = v.parse(v.object({ iss: v.string(), iat: v.number(), exp: v.number() }), parse(claims));
      expect(iss).toBe("Iv23liTheAppsClientId");
      expect(iat).toBe(startMs / 1000 - 30);
      expect(exp - iat).toBeLessThanOrEqual(600);
      expect(exp).toBeGreaterThan(startMs / 1000);
      const signed = Buffer.from(`${header}.${claims}`);
      expect(verify("sha256", signed, appPublicKey, Buffer.from(signature, "base64url"))).toBe(true);
    }
  });

  test("and requests no more than to read members", async () => {
    const bodies: unknown[] = [];
    const { installationIn, github, now } = installedApp();
    const answer = tokenAnswer(now);
    github.script[tokenPath(77)] = (call) => {
      bodies.push(JSON.parse(call.body));
      return answer(call);
    };
    await installationIn(acme);
    expect(bodies).toEqual([{ permissions: { members: "read" } }]);
  });

  test.each([
    ["no key at all", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
    [
      "a key of another kind",
      generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ],
    ["a key that is cut", appPrivateKey.replace(/.{100}\n-----END/s, "\n-----END")],
  ])("with nothing, where the key is %s: unavailable, without a call or an exception", async (_, privateKey) => {
    const { installationIn, github } = installedApp({}, privateKey);
    expect(await installationIn(acme)).toEqual(unavailable);
    expect(github.calls).toEqual([]);
  });
});

describe("the installation", () => {
  test("is found by the organisation's name in any case, and by its number where that is pinned", async () => {
    const { installationIn, tokens } = installedApp();
    for (const reference of [acme, pinnedAcme, { login: "acme-before", id: 1234, teamIds: [], needsTeams: true }]) {
      expect(await installationIn(reference)).toEqual({
        kind: "ok",
        organisation,
        token: tokens[0],
      });
    }
  });

  test("of a renamed organisation is under its new name", async () => {
    const renamed = { id: 1234, login: "Acme-New" };
    const { installationIn } = installedApp({ [installationsPath]: json([installationBody(77, renamed)]) });
    expect(await installationIn(pinnedAcme)).toMatchObject({ organisation: renamed });
    expect(await installationIn(acme)).toEqual(unavailable);
  });

  test("of another organisation that has the name now is not the one of the pinned organisation", async () => {
    const { installationIn } = installedApp({
      [installationsPath]: json([installationBody(77, { id: 9, login: "acme" })]),
    });
    expect(await installationIn(pinnedAcme)).toEqual(unavailable);
  });

  test("of an enterprise or without an account is none, even under the right number", async () => {
    const others = [installationBody(1, { id: 1234, slug: "acme" }), installationBody(2, null), { id: 3 }];
    const { installationIn, github } = installedApp({ [installationsPath]: json(others) });
    expect(await installationIn(pinnedAcme)).toEqual(unavailable);
    const later = installedApp({ [installationsPath]: json([...others, installationBody()]) });
    expect(await later.installationIn(pinnedAcme)).toMatchObject({ organisation });
    expect(github.calls).toEqual([installationsPath]);
  });

  test("may be on a later page", async () => {
    const second = "/app/installations?per_page=100&page=2";
    const { installationIn, github } = installedApp({
      [installationsPath]: json([installationBody(1, { id: 1, login: "other" })], linkTo(second)),
      [`GET ${second}`]: json([installationBody()]),
    });
    expect(await installationIn(acme)).toMatchObject({ kind: "ok", organisation });
    expect(github.calls).toEqual([installationsPath, `GET ${second}`, tokenPath(77)]);
  });

  test("that is suspended is unavailable, and no token is created", async () => {
    const suspended = installationBody(77, organisation, { suspended_at: "2026-11-20T09:00:00Z" });
    const { installationIn, github } = installedApp({ [installationsPath]: json([suspended]) });
    expect(await installationIn(acme)).toEqual(unavailable);
    expect(github.calls).toEqual([installationsPath]);
  });

  test("that is missing is looked for once a minute, not in every review", async () => {
    const { installationIn, github, clock } = installedApp({ [installationsPath]: json([]) });
    for (const time of [0, 1, minuteMs - 1]) {
      clock.time = startMs + time;
      expect(await installationIn(acme)).toEqual(unavailable);
    }
    expect(github.calls).toEqual([installationsPath]);
    github.script[installationsPath] = json([installationBody()]);
    clock.time = startMs + minuteMs;
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["refuses the JWT", error(401, "A JSON web token could not be decoded"), unavailable],
    ["knows no such app", notFound, unavailable],
    ["limits the app", error(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }), unavailable],
    ["has an outage", error(502, ""), { kind: "unavailable", reason: "github_server_error" }],
    ["sends no list", json({ installations: [] }), invalidResponse],
    ["sends an installation without a number", json([installationBody(0)]), invalidResponse],
    ["sends an impossible name", json([installationBody(77, { id: 1234, login: "ac me" })]), invalidResponse],
    ["sends an account without a number", json([installationBody(77, { login: "Acme" })]), invalidResponse],
    [
      "sends a suspension that is none",
      json([installationBody(77, organisation, { suspended_at: false })]),
      invalidResponse,
    ],
  ])("is unavailable where GitHub %s; the list is loaded again then", async (_, answer, outcome) => {
    const { installationIn, github } = installedApp({ [installationsPath]: answer });
    expect(await installationIn(acme)).toEqual(outcome);
    github.script[installationsPath] = json([installationBody()]);
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
    expect(github.calls).toEqual([installationsPath, installationsPath, tokenPath(77)]);
  });
});

describe("the installation's token", () => {
  test("and the list are kept: a second lookup costs no call", async () => {
    const { installationIn, github, tokens, trace } = installedApp();
    const first = await installationIn(acme);
    expect(trace.calls().map(({ status }) => status)).toEqual([200, 201]);
    expect(await installationIn(acme)).toEqual(first);
    expect(github.calls).toEqual([installationsPath, tokenPath(77)]);
    expect(tokens).toHaveLength(1);
  });

  test("is replaced five minutes before it ends", async () => {
    const { installationIn, github, clock, tokens } = installedApp();
    await installationIn(acme);
    const tokenCallsAt = async (time: number) => {
      clock.time = startMs + time;
      await installationIn(acme);
      return github.calls.filter((call) => call === tokenPath(77)).length;
    };
    expect(await tokenCallsAt(55 * minuteMs - 1)).toBe(1);
    expect(await tokenCallsAt(55 * minuteMs)).toBe(2);
    expect(await installationIn(acme)).toMatchObject({ token: tokens[1] });
  });

  test("is dropped when GitHub no longer accepts it, and no other is", async () => {
    const globex = { id: 5678, login: "Globex" };
    const { installationIn, credentials, github, now } = installedApp({
      [installationsPath]: json([installationBody(), installationBody(78, globex)]),
    });
    github.script[tokenPath(78)] = tokenAnswer(now);
    const references = [acme, { login: "globex", id: null, teamIds: [], needsTeams: true }];
    const [first] = await Promise.all(references.map((reference) => installationIn(reference)));
    if (first?.kind !== "ok") throw new Error("no token");
    credentials.forget("another");
    credentials.forget(first.token);
    github.calls.length = 0;
    for (const reference of references) await installationIn(reference);
    expect(github.calls).toEqual([tokenPath(77)]);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["suspended", error(403, "This installation has been suspended"), unavailable],
    ["uninstalled", notFound, unavailable],
    [
      "without the permission",
      error(422, "The permissions requested are not granted to this installation."),
      unavailable,
    ],
    ["behind an IP allow list", error(403, "the organization has an IP allow list enabled"), unavailable],
    ["limited", error(429, "You have exceeded a secondary rate limit."), unavailable],
    ["in an outage", error(500, ""), { kind: "unavailable", reason: "github_server_error" }],
  ])("is not there where the installation is %s; then the list is loaded anew", async (_, answer, outcome) => {
    const { installationIn, github } = installedApp({ [tokenPath(77)]: answer });
    expect(await installationIn(acme)).toEqual(outcome);
    github.script[installationsPath] = json([]);
    expect(await installationIn(acme)).toEqual(unavailable);
    expect(github.calls).toEqual([installationsPath, tokenPath(77), installationsPath]);
  });

  const inAnHour = "2026-11-20T11:00:00Z";
  const created =
    (body: unknown): ScriptedAnswer =>
    () =>
      Response.json(body, { status: 201 });
  test.each<[string, ScriptedAnswer, object]>([
    ["without a token", created({ expires_at: inAnHour }), invalidResponse],
    ["with a token too short to be one", created({ token: "x".repeat(19), expires_at: inAnHour }), invalidResponse],
    ["with a token too long for a header", created({ token: "x".repeat(4097), expires_at: inAnHour }), invalidResponse],
    [
      "with a token that breaks the header",
      created({ token: `${"x".repeat(40)}\nX: y`, expires_at: inAnHour }),
      invalidResponse,
    ],
    ["with a token with a blank", created({ token: `${"x".repeat(40)} y`, expires_at: inAnHour }), invalidResponse],
    ["without an end", created({ token: "x".repeat(40) }), invalidResponse],
    ["with an end that is none", created({ token: "x".repeat(40), expires_at: "soon" }), invalidResponse],
    [
      "under another status",
      json({ token: "x".repeat(40), expires_at: inAnHour }),
      { kind: "unavailable", reason: "github_unexpected_status" },
    ],
  ])("is an invalid response %s", async (_, answer, outcome) => {
    const { installationIn } = installedApp({ [tokenPath(77)]: answer });
    expect(await installationIn(acme)).toEqual(outcome);
  });

  test.each([20, 40, 520, 4096])("may have %i characters", async (length) => {
    const token = "x".repeat(length);
    const { installationIn } = installedApp({ [tokenPath(77)]: created({ token, expires_at: inAnHour }) });
    expect(await installationIn(acme)).toMatchObject({ kind: "ok", token });
  });
});
