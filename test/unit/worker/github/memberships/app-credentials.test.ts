// Credentials of the installed app: its JWT, and for each organisation of the policy an installation and its token. The
// organisations of others never matter.
import { generateKeyPairSync, verify } from "node:crypto";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import {
  acme,
  error,
  globex,
  globexBody,
  json,
  linkTo,
  notFound,
  pinnedAcme,
  type ScriptedAnswer,
} from "../support.ts";
import {
  accountPath,
  appPrivateKey,
  appPublicKey,
  installationBody,
  installationPath,
  installationsPath,
  installedApp,
  minuteMs,
  secondMs,
  startMs,
  tokenAnswer,
  tokenPath,
  usersAuthorization,
} from "./installed-app-support.ts";

const unavailable = { kind: "unavailable", reason: "github_app_unavailable" };
const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" };
const serverError = { kind: "unavailable", reason: "github_server_error" };
const spent = { kind: "limited", reason: "shared_quota_spent" };
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
  test("is found by the organisation's name, with its number where that is pinned", async () => {
    const { installationIn, tokens } = installedApp();
    for (const reference of [acme, pinnedAcme]) {
      expect(await installationIn(reference)).toMatchObject({ kind: "ok", organisation, token: { value: tokens[0] } });
    }
  });

  test("that is not there or suspended is unavailable, without a token", async () => {
    const suspended = installationBody(77, organisation, { suspended_at: "2026-11-20T09:00:00Z" });
    for (const answer of [notFound, json(suspended)]) {
      const { installationIn, github } = installedApp({ [installationPath()]: answer });
      expect(await installationIn(acme)).toEqual(unavailable);
      expect(github.calls).toEqual([installationPath()]);
    }
  });

  test("that is missing is looked for once a minute, not in every review", async () => {
    const { installationIn, github, clock } = installedApp({ [installationPath()]: notFound });
    for (const time of [0, 1, minuteMs - 1]) {
      clock.time = startMs + time;
      expect(await installationIn(acme)).toEqual(unavailable);
    }
    expect(github.calls).toEqual([installationPath()]);
    github.script[installationPath()] = json(installationBody());
    clock.time = startMs + minuteMs;
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
  });

  test("and its token are kept: a second lookup costs no call for ten minutes", async () => {
    const { installationIn, github, tokens, clock, trace } = installedApp();
    const first = await installationIn(acme);
    expect(first).toMatchObject({ isFromEarlier: false });
    expect(trace.calls().map(({ status }) => status)).toEqual([200, 201]);
    clock.time = startMs + 10 * minuteMs - 1;
    expect(await installationIn(acme)).toEqual({ ...first, isFromEarlier: true });
    expect(github.calls).toEqual([installationPath(), tokenPath(77)]);
    clock.time += 1;
    expect(await installationIn(acme)).toMatchObject({ kind: "ok", isFromEarlier: false });
    expect(github.calls).toEqual([installationPath(), tokenPath(77), installationPath()]);
    expect(tokens).toHaveLength(1);
  });

  test("of each organisation is kept apart, under one name with and without a number as well", async () => {
    const { installationIn, github } = installedApp({ [installationPath("globex")]: notFound });
    expect(await installationIn(globex)).toEqual(unavailable);
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
    expect(await installationIn(globex)).toEqual(unavailable);
    await installationIn(pinnedAcme);
    expect(github.calls.filter((call) => call === installationPath())).toHaveLength(2);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["refuses the JWT", error(401, "A JSON web token could not be decoded"), unavailable],
    ["limits the app", error(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }), spent],
    ["has an outage", error(502, ""), serverError],
    ["sends a list", json([installationBody()]), invalidResponse],
    ["sends an installation without a number", json(installationBody(0)), invalidResponse],
    ["sends an impossible name", json(installationBody(77, { id: 1234, login: "ac me" })), invalidResponse],
    ["sends an account without a number", json(installationBody(77, { login: "Acme" })), invalidResponse],
    ["sends an enterprise", json(installationBody(77, { id: 1234, slug: "acme" })), invalidResponse],
    [
      "sends a suspension that is none",
      json(installationBody(77, organisation, { suspended_at: false })),
      invalidResponse,
    ],
  ])("is unavailable where GitHub %s; it is looked for again then", async (_, answer, outcome) => {
    const { installationIn, github, clock } = installedApp({ [installationPath()]: answer });
    expect(await installationIn(acme)).toEqual(outcome);
    github.script[installationPath()] = json(installationBody());
    clock.time += minuteMs;
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
    expect(github.calls).toEqual([installationPath(), installationPath(), tokenPath(77)]);
  });

  test("of an earlier time counts on while GitHub fails to say it again", async () => {
    const { installationIn, github, clock } = installedApp();
    await installationIn(acme);
    clock.time += 11 * minuteMs;
    github.script[installationPath()] = error(502, "");
    expect(await installationIn(acme)).toMatchObject({ kind: "ok", organisation, isFromEarlier: true });
    github.script[installationPath()] = notFound;
    expect(await installationIn(acme)).toEqual(unavailable);
    github.script[installationPath()] = error(502, "");
    clock.time += minuteMs;
    expect(await installationIn(acme)).toEqual(serverError);
  });

  test("that GitHub refused is looked for again at once, if it is of an earlier review, or else after some seconds", async () => {
    const { installationIn, credentials, github, clock } = installedApp();
    const dropCurrent = async () => {
      const current = await installationIn(acme);
      if (current.kind !== "ok") throw new Error("no installation");
      credentials.drop(acme, current);
    };
    await installationIn(acme);
    await dropCurrent();
    github.calls.length = 0;
    await dropCurrent();
    expect(github.calls).toEqual([installationPath()]);
    clock.time += 10 * secondMs - 1;
    expect(await installationIn(acme)).toEqual(unavailable);
    clock.time += 1;
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
  });

  test("is not looked for by the organisation's number where GitHub fails about its name", async () => {
    const { installationIn, github } = installedApp({ [installationPath()]: error(502, "") });
    expect(await installationIn(pinnedAcme)).toEqual(serverError);
    expect(github.calls).toEqual([installationPath()]);
  });

  test("is looked for also with the last third of the app's own quota", async () => {
    const quota = {
      "x-ratelimit-limit": "5000",
      "x-ratelimit-remaining": "1000",
      "x-ratelimit-reset": String((startMs + 30 * minuteMs) / 1000),
    };
    const { installationIn, now, github } = installedApp({ [installationPath()]: json(installationBody(), quota) });
    github.script[installationPath("globex")] = json(installationBody(78, globexBody), quota);
    github.script[tokenPath(78)] = tokenAnswer(now);
    for (const one of [acme, globex]) expect(await installationIn(one)).toMatchObject({ kind: "ok" });
  });

  test("has quotas of its own, for REST and for GraphQL", async () => {
    const { installationIn, now, github } = installedApp();
    github.script[installationPath("globex")] = json(installationBody(78, globexBody));
    github.script[tokenPath(78)] = tokenAnswer(now);
    const [one, other] = [await installationIn(acme), await installationIn(globex)];
    if (one.kind !== "ok" || other.kind !== "ok") throw new Error("no installation");
    const all = [one, other].flatMap(({ quotas }) => [quotas.rest, quotas.graphql]);
    expect(new Set(all).size).toBe(4);
    const again = await installationIn(acme);
    expect(again.kind === "ok" && again.quotas.graphql).toBe(one.quotas.graphql);
  });

  test("is not looked for while GitHub wants a rest", async () => {
    const { installationIn, github, clock } = installedApp({
      [installationPath()]: error(429, "", { "retry-after": "30" }),
    });
    expect(await installationIn(acme)).toEqual(spent);
    clock.time += 30 * secondMs - 1;
    expect(await installationIn(globex)).toEqual(spent);
    expect(github.calls).toEqual([installationPath()]);
    clock.time += 1;
    github.script[installationPath()] = json(installationBody());
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
  });
});

describe("a pinned organisation that was renamed", () => {
  const renamed = { id: 1234, login: "Acme-New" };
  const account = (body: object): Record<string, ScriptedAnswer> => ({
    [accountPath(1234)]: json({ type: "Organization", ...body }),
  });

  test.each<[string, ScriptedAnswer]>([
    ["leads nowhere", notFound],
    ["leads to another organisation that has the app as well", json(installationBody(9, { id: 9, login: "acme" }))],
  ])("is found by its number where its old name %s; the user's token asks for that", async (_, answer) => {
    const { installationIn, github } = installedApp({
      [installationPath()]: answer,
      ...account(renamed),
      [installationPath("Acme-New")]: json(installationBody(77, renamed)),
    });
    expect(await installationIn(pinnedAcme)).toMatchObject({ kind: "ok", organisation: renamed });
    expect(github.calls).toEqual([installationPath(), accountPath(1234), installationPath("Acme-New"), tokenPath(77)]);
    expect(github.authorizations[1]).toBe(usersAuthorization);
    await installationIn(pinnedAcme);
    expect(github.calls).toHaveLength(4);
  });

  test("and is not pinned is not found", async () => {
    const { installationIn, github } = installedApp({ [installationPath()]: notFound });
    expect(await installationIn(acme)).toEqual(unavailable);
    expect(github.calls).toEqual([installationPath()]);
  });

  test.each<[string, Record<string, ScriptedAnswer>, string[]]>([
    ["has its name still", account(organisation), []],
    ["has the app no more", { ...account(renamed), [installationPath("Acme-New")]: notFound }, []],
    [
      "has lost that name, too, to another one",
      { ...account(renamed), [installationPath("Acme-New")]: json(installationBody(9, { id: 9, login: "Acme-New" })) },
      [],
    ],
  ])("is unavailable for a minute where it %s, without a look at the list", async (_, script) => {
    const { installationIn, github, clock } = installedApp({ [installationPath()]: notFound, ...script });
    expect(await installationIn(pinnedAcme)).toEqual(unavailable);
    const calls = github.calls.length;
    clock.time += minuteMs - 1;
    expect(await installationIn(pinnedAcme)).toEqual(unavailable);
    expect(github.calls).toHaveLength(calls);
  });

  test.each<[string, ScriptedAnswer]>([
    ["fails", error(502, "")],
    ["limits the user", error(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" })],
    ["names another account", json({ id: 9, login: "Acme-New", type: "Organization" })],
  ])("is unavailable for this user alone where GitHub %s when the user's token asks", async (_, answer) => {
    const { installationIn, github } = installedApp({ [installationPath()]: notFound, [accountPath(1234)]: answer });
    expect(await installationIn(pinnedAcme)).toEqual(unavailable);
    Object.assign(github.script, account(renamed));
    github.script[installationPath("Acme-New")] = json(installationBody(77, renamed));
    expect(await installationIn(pinnedAcme)).toMatchObject({ kind: "ok" });
  });
});

describe("the list of installations, where GitHub finds no account by its number", () => {
  const renamed = { id: 1234, login: "Acme-New" };
  const listing = (answer: ScriptedAnswer, more: Record<string, ScriptedAnswer> = {}) =>
    installedApp({
      [installationPath()]: notFound,
      [accountPath(1234)]: notFound,
      [installationsPath]: answer,
      ...more,
    });

  test("shows the organisation, whatever others have put into it", async () => {
    const odd = [
      installationBody(1, { id: 1234, slug: "acme" }),
      installationBody(2, null),
      { id: 3 },
      null,
      "installation",
      installationBody(4, { login: "-ACE-", id: 900, type: "User" }),
      installationBody(5, { login: "a b", id: 901 }),
      installationBody(6, { login: 7, id: "901" }),
      { ...installationBody(7, { login: "other", id: 902 }), suspended_at: {} },
    ];
    const { installationIn } = listing(json([...odd, installationBody(77, renamed), ...odd]));
    expect(await installationIn(pinnedAcme)).toMatchObject({ kind: "ok", organisation: renamed });
  });

  test("may have further pages", async () => {
    const second = "/app/installations?per_page=100&page=2";
    const { installationIn } = listing(json([installationBody(1, { id: 1, login: "other" })], linkTo(second)), {
      [`GET ${second}`]: json([installationBody(77, renamed)]),
    });
    expect(await installationIn(pinnedAcme)).toMatchObject({ kind: "ok", organisation: renamed });
  });

  test.each<[string, ScriptedAnswer]>([
    ["is longer than 2,000", json([installationBody(77, renamed)], linkTo("/app/installations?per_page=100"))],
    ["fails", error(502, "")],
    ["is none", json({})],
    ["does not show it", json([installationBody(1, { id: 1, login: "other" })])],
    ["shows it as suspended", json([installationBody(77, renamed, { suspended_at: "2026-11-20T09:00:00Z" })])],
  ])("that %s is not read again for a minute, and the organisation alone is unavailable", async (_, answer) => {
    const { installationIn, github, clock, now } = listing(answer, {
      [installationPath("globex")]: json(installationBody(78, globexBody)),
    });
    github.script[tokenPath(78)] = tokenAnswer(now);
    expect(await installationIn(pinnedAcme)).toEqual(unavailable);
    const calls = github.calls.length;
    expect(calls).toBeLessThanOrEqual(22);
    clock.time += minuteMs - 1;
    expect(await installationIn(pinnedAcme)).toEqual(unavailable);
    expect(github.calls).toHaveLength(calls);
    expect(await installationIn(globex)).toMatchObject({ kind: "ok" });
  });
});

test("others' installations are never read where each organisation answers under its name", async () => {
  const references: OrganisationReference[] = [acme, pinnedAcme];
  const { installationIn, github } = installedApp();
  for (const reference of references) await installationIn(reference);
  expect(github.calls).not.toContain(installationsPath);
});

describe("the installation's token", () => {
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
    expect(await installationIn(acme)).toMatchObject({ token: { value: tokens[1] } });
  });

  test("is dropped when GitHub no longer accepts it, and no other is", async () => {
    const { installationIn, credentials, github, now } = installedApp({
      [installationPath("globex")]: json(installationBody(78, globexBody)),
    });
    github.script[tokenPath(78)] = tokenAnswer(now);
    const [first] = await Promise.all([acme, globex].map((reference) => installationIn(reference)));
    if (first?.kind !== "ok") throw new Error("no token");
    credentials.forgetToken({ ...first.token });
    credentials.forgetToken(first.token);
    github.calls.length = 0;
    for (const reference of [acme, globex]) await installationIn(reference);
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
  ])("is not there where the installation is %s; it is tried once a minute", async (_, answer, outcome) => {
    const { installationIn, github, clock, now } = installedApp({ [tokenPath(77)]: answer });
    expect(await installationIn(acme)).toEqual(outcome);
    clock.time += minuteMs - 1;
    expect(await installationIn(acme)).toEqual(unavailable);
    expect(github.calls).toEqual([installationPath(), tokenPath(77)]);
    clock.time += 1;
    github.script[tokenPath(77)] = tokenAnswer(now);
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
  });

  test("of an installation that was removed and made anew is looked for at once", async () => {
    const { installationIn, github, clock, now, tokens } = installedApp();
    for (const minutes of [0, 54]) {
      clock.time = startMs + minutes * minuteMs;
      await installationIn(acme);
    }
    clock.time = startMs + 56 * minuteMs;
    github.script[tokenPath(77)] = notFound;
    github.script[installationPath()] = json(installationBody(79));
    github.script[tokenPath(79)] = tokenAnswer(now, tokens);
    github.calls.length = 0;
    expect(await installationIn(acme)).toMatchObject({ kind: "ok", token: { value: tokens[1] } });
    expect(github.calls).toEqual([tokenPath(77), installationPath(), tokenPath(79)]);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["limited", error(429, "You have exceeded a secondary rate limit."), spent],
    ["in an outage", error(500, ""), serverError],
  ])("is asked for again where GitHub is %s", async (_, answer, outcome) => {
    const { installationIn, github, clock, now } = installedApp({ [tokenPath(77)]: answer });
    expect(await installationIn(acme)).toEqual(outcome);
    clock.time += minuteMs;
    github.script[tokenPath(77)] = tokenAnswer(now);
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
  });

  test("is asked for again at once where GitHub failed to make it", async () => {
    const { installationIn, github, now } = installedApp({ [tokenPath(77)]: error(500, "") });
    expect(await installationIn(acme)).toEqual(serverError);
    github.script[tokenPath(77)] = tokenAnswer(now);
    expect(await installationIn(acme)).toMatchObject({ kind: "ok" });
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
    expect(await installationIn(acme)).toMatchObject({ kind: "ok", token: { value: token } });
  });
});
