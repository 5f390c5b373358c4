import { generateKeyPairSync, verify } from "node:crypto";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { acme, error, inTime, json, linkTo, notFound, pinnedAcme, type ScriptedAnswer } from "../support.ts";
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
const nonsense = { kind: "unavailable", reason: "github_invalid_response" };
const organisation = { id: 1234, login: "Acme" };
const notAsked = { source: "github", githubStatus: null, githubRequestId: null, retryAfterMs: null };

describe("the app signs in", () => {
  test("with a JWT of its own key, issued a moment ago and good for at most ten minutes", async () => {
    const authorizations: string[] = [];
    const { credentials, github } = installedApp();
    for (const [name, answer] of Object.entries(github.script)) {
      github.script[name] = (call) => {
        authorizations.push(call.authorization ?? "");
        return answer(call);
      };
    }
    await credentials.installationIn(acme, inTime());
    expect(authorizations).toHaveLength(2);
    for (const authorization of authorizations) {
      const [header = "", claims = "", signature = ""] = authorization.replace("Bearer ", "").split(".");
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

  test("and asks for no more than to read members", async () => {
    const bodies: unknown[] = [];
    const { credentials, github, now } = installedApp();
    const answer = tokenAnswer(now);
    github.script[tokenPath(77)] = (call) => {
      bodies.push(JSON.parse(call.body));
      return answer(call);
    };
    await credentials.installationIn(acme, inTime());
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
    const { credentials, github } = installedApp({}, privateKey);
    expect(await credentials.installationIn(acme, inTime())).toEqual({ outcome: unavailable, responseInfo: notAsked });
    expect(github.calls).toEqual([]);
  });
});

describe("the installation", () => {
  test("is found by the organisation's name in any case, and by its number where that is pinned", async () => {
    const { credentials, tokens } = installedApp();
    for (const reference of [acme, pinnedAcme, { login: "acme-before", id: 1234, teamIds: [] }]) {
      expect((await credentials.installationIn(reference, inTime())).outcome).toEqual({
        kind: "ok",
        organisation,
        token: tokens[0],
      });
    }
  });

  test("of a renamed organisation is under its new name", async () => {
    const renamed = { id: 1234, login: "Acme-New" };
    const { credentials } = installedApp({ [installationsPath]: json([installationBody(77, renamed)]) });
    expect((await credentials.installationIn(pinnedAcme, inTime())).outcome).toMatchObject({ organisation: renamed });
    expect((await credentials.installationIn(acme, inTime())).outcome).toEqual(unavailable);
  });

  test("of whoever took the name over is not the pinned one's", async () => {
    const { credentials } = installedApp({
      [installationsPath]: json([installationBody(77, { id: 9, login: "acme" })]),
    });
    expect((await credentials.installationIn(pinnedAcme, inTime())).outcome).toEqual(unavailable);
  });

  test("of an enterprise or of nobody is none, whatever its number", async () => {
    const others = [installationBody(1, { id: 1234, slug: "acme" }), installationBody(2, null), { id: 3 }];
    const { credentials, github } = installedApp({ [installationsPath]: json(others) });
    expect((await credentials.installationIn(pinnedAcme, inTime())).outcome).toEqual(unavailable);
    const later = installedApp({ [installationsPath]: json([...others, installationBody()]) });
    expect((await later.credentials.installationIn(pinnedAcme, inTime())).outcome).toMatchObject({ organisation });
    expect(github.calls).toEqual([installationsPath]);
  });

  test("may be on a later page", async () => {
    const second = "/app/installations?per_page=100&page=2";
    const { credentials, github } = installedApp({
      [installationsPath]: json([installationBody(1, { id: 1, login: "other" })], linkTo(second)),
      [`GET ${second}`]: json([installationBody()]),
    });
    expect((await credentials.installationIn(acme, inTime())).outcome).toMatchObject({ kind: "ok", organisation });
    expect(github.calls).toEqual([installationsPath, `GET ${second}`, tokenPath(77)]);
  });

  test("that is suspended is unavailable, and no token is asked for", async () => {
    const suspended = installationBody(77, organisation, { suspended_at: "2026-11-20T09:00:00Z" });
    const { credentials, github } = installedApp({ [installationsPath]: json([suspended]) });
    const { outcome, responseInfo } = await credentials.installationIn(acme, inTime());
    expect(outcome).toEqual(unavailable);
    expect(responseInfo.githubStatus).toBe(200);
    expect(github.calls).toEqual([installationsPath]);
  });

  test("that is missing is looked for once a minute, not at every review", async () => {
    const { credentials, github, clock } = installedApp({ [installationsPath]: json([]) });
    for (const time of [0, 1, minuteMs - 1]) {
      clock.time = startMs + time;
      expect((await credentials.installationIn(acme, inTime())).outcome).toEqual(unavailable);
    }
    expect(github.calls).toEqual([installationsPath]);
    expect((await credentials.installationIn(acme, inTime())).responseInfo).toEqual(notAsked);
    github.script[installationsPath] = json([installationBody()]);
    clock.time = startMs + minuteMs;
    expect((await credentials.installationIn(acme, inTime())).outcome).toMatchObject({ kind: "ok" });
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["refuses the JWT", error(401, "A JSON web token could not be decoded"), unavailable],
    ["knows no such app", notFound, unavailable],
    ["limits the app", error(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }), unavailable],
    ["has trouble", error(502, ""), { kind: "unavailable", reason: "github_server_error" }],
    ["sends no list", json({ installations: [] }), nonsense],
    ["sends an installation without a number", json([installationBody(0)]), nonsense],
    ["sends an impossible name", json([installationBody(77, { id: 1234, login: "ac me" })]), nonsense],
    ["sends an account without a number", json([installationBody(77, { login: "Acme" })]), nonsense],
    ["sends a suspension that is none", json([installationBody(77, organisation, { suspended_at: false })]), nonsense],
  ])("is unavailable where GitHub %s; the list is asked for again then", async (_, answer, outcome) => {
    const { credentials, github } = installedApp({ [installationsPath]: answer });
    expect((await credentials.installationIn(acme, inTime())).outcome).toEqual(outcome);
    github.script[installationsPath] = json([installationBody()]);
    expect((await credentials.installationIn(acme, inTime())).outcome).toMatchObject({ kind: "ok" });
    expect(github.calls).toEqual([installationsPath, installationsPath, tokenPath(77)]);
  });
});

describe("the installation's token", () => {
  test("and the list are kept: a second question costs no call", async () => {
    const { credentials, github, tokens } = installedApp();
    const first = await credentials.installationIn(acme, inTime());
    expect(first.responseInfo.githubStatus).toBe(201);
    expect(await credentials.installationIn(acme, inTime())).toEqual({
      outcome: first.outcome,
      responseInfo: notAsked,
    });
    expect(github.calls).toEqual([installationsPath, tokenPath(77)]);
    expect(tokens).toHaveLength(1);
  });

  test("is replaced five minutes before it ends", async () => {
    const { credentials, github, clock, tokens } = installedApp();
    await credentials.installationIn(acme, inTime());
    const askedAt = async (time: number) => {
      clock.time = startMs + time;
      await credentials.installationIn(acme, inTime());
      return github.calls.filter((call) => call === tokenPath(77)).length;
    };
    expect(await askedAt(55 * minuteMs - 1)).toBe(1);
    expect(await askedAt(55 * minuteMs)).toBe(2);
    const { outcome } = await credentials.installationIn(acme, inTime());
    expect(outcome).toMatchObject({ token: tokens[1] });
  });

  test("is dropped when it is said to be no good, and no other is", async () => {
    const globex = { id: 5678, login: "Globex" };
    const { credentials, github, now } = installedApp({
      [installationsPath]: json([installationBody(), installationBody(78, globex)]),
    });
    github.script[tokenPath(78)] = tokenAnswer(now);
    const references = [acme, { login: "globex", id: null, teamIds: [] }];
    const [first] = await Promise.all(references.map((reference) => credentials.installationIn(reference, inTime())));
    if (first?.outcome.kind !== "ok") throw new Error("no token");
    credentials.forget("another");
    credentials.forget(first.outcome.token);
    github.calls.length = 0;
    for (const reference of references) await credentials.installationIn(reference, inTime());
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
    ["in trouble", error(500, ""), { kind: "unavailable", reason: "github_server_error" }],
  ])("is not to be had where the installation is %s; then the list is read anew", async (_, answer, outcome) => {
    const { credentials, github } = installedApp({ [tokenPath(77)]: answer });
    expect((await credentials.installationIn(acme, inTime())).outcome).toEqual(outcome);
    github.script[installationsPath] = json([]);
    expect((await credentials.installationIn(acme, inTime())).outcome).toEqual(unavailable);
    expect(github.calls).toEqual([installationsPath, tokenPath(77), installationsPath]);
  });

  const inAnHour = "2026-11-20T11:00:00Z";
  const created =
    (body: unknown): ScriptedAnswer =>
    () =>
      Response.json(body, { status: 201 });
  test.each<[string, ScriptedAnswer, object]>([
    ["without a token", created({ expires_at: inAnHour }), nonsense],
    ["with a token too short to be one", created({ token: "x".repeat(19), expires_at: inAnHour }), nonsense],
    ["with a token too long for a header", created({ token: "x".repeat(4097), expires_at: inAnHour }), nonsense],
    [
      "with a token that breaks the header",
      created({ token: `${"x".repeat(40)}\nX: y`, expires_at: inAnHour }),
      nonsense,
    ],
    ["with a token with a blank", created({ token: `${"x".repeat(40)} y`, expires_at: inAnHour }), nonsense],
    ["without an end", created({ token: "x".repeat(40) }), nonsense],
    ["with an end that is none", created({ token: "x".repeat(40), expires_at: "soon" }), nonsense],
    [
      "under another status",
      json({ token: "x".repeat(40), expires_at: inAnHour }),
      { kind: "unavailable", reason: "github_unexpected_status" },
    ],
  ])("is nonsense %s", async (_, answer, outcome) => {
    const { credentials } = installedApp({ [tokenPath(77)]: answer });
    expect((await credentials.installationIn(acme, inTime())).outcome).toEqual(outcome);
  });

  test.each([20, 40, 520, 4096])("may have %i characters", async (length) => {
    const token = "x".repeat(length);
    const { credentials } = installedApp({ [tokenPath(77)]: created({ token, expires_at: inAnHour }) });
    expect((await credentials.installationIn(acme, inTime())).outcome).toMatchObject({ kind: "ok", token });
  });
});
