// Accounts that the installed app knows to be no members: they are kept for seconds, so that outsiders do not spend the
// app's quota.
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import type { GitHubClient } from "../../../../../src/worker/github/client.ts";
import type { AppCredentials } from "../../../../../src/worker/github/memberships/app-credentials.ts";
import { createInstalledAppMemberships } from "../../../../../src/worker/github/memberships/installed-app.ts";
import { createSharedQuotas } from "../../../../../src/worker/github/shared-quota.ts";
import {
  acme,
  acmeBody,
  callsTo,
  error,
  globex,
  globexBody,
  json,
  membershipBody,
  notFound,
  octocat,
  paths,
  type ScriptedCall,
  type ScriptedGitHub,
} from "../support.ts";
import {
  accountPath,
  appView,
  graphqlBody,
  graphqlPath,
  installationBody,
  installationPath,
  membershipPath,
  secondMs,
  startMs,
  tokenAnswer,
  tokenPath,
} from "./installed-app-support.ts";

const notAMember = { kind: "none", nameTakenBy: null, isProven: true };
const member = { kind: "active", id: 1234, login: "Acme", role: "member", teams: [], teamsHidden: null };
const hidden = (reason: string) => ({ kind: "hidden", reason, ssoUrl: null });

const count = (github: ScriptedGitHub, name: string) => github.calls.filter((call) => call === name).length;

describe("outsiders", () => {
  test("cost the quota of the app two calls in five seconds, and a new member is seen after them", async () => {
    const { load, github, clock, withOldToken } = appView({ [membershipPath()]: notFound });
    await withOldToken();
    const firstAt = clock.time;
    for (let review = 0; review < 100; review += 1) expect(await load()).toEqual([notAMember]);
    clock.time = firstAt + 5 * secondMs - 1;
    expect(await load()).toEqual([notAMember]);
    expect(github.calls).toEqual([membershipPath(), graphqlPath]);
    clock.time = firstAt + 5 * secondMs;
    github.script[membershipPath()] = json(membershipBody());
    expect(await load()).toEqual([member]);
    expect(count(github, membershipPath())).toBe(2);
  });

  test("who try again and again are kept for as long again as they tried, at most a minute", async () => {
    const { load, github, clock, withOldToken } = appView({ [membershipPath()]: notFound });
    await withOldToken();
    const firstAt = clock.time;
    const askedAfter: number[] = [];
    github.script[membershipPath()] = (call) => {
      askedAfter.push((clock.time - firstAt) / secondMs);
      return notFound(call);
    };
    for (let second = 0; second < 240; second += 1) {
      clock.time = firstAt + second * secondMs;
      expect(await load()).toEqual([notAMember]);
    }
    expect(askedAfter).toEqual([0, 5, 15, 35, 75, 135, 195]);
    // Ten minutes after the last time they begin anew.
    clock.time = firstAt + (255 + 600) * secondMs;
    await load();
    clock.time += 5 * secondMs;
    await load();
    expect(askedAfter.slice(7)).toEqual([855, 860]);
  });

  test("who join and leave again begin anew", async () => {
    const { load, github, clock, withOldToken } = appView({ [membershipPath()]: notFound });
    await withOldToken();
    await load();
    clock.time += 5 * secondMs;
    await load();
    clock.time += 10 * secondMs;
    github.script[membershipPath()] = json(membershipBody());
    expect(await load()).toEqual([member]);
    github.script[membershipPath()] = notFound;
    await load();
    clock.time += 5 * secondMs;
    github.calls.length = 0;
    await load();
    expect(count(github, membershipPath())).toBe(1);
  });

  const withoutTeams = [{ ...acme, needsTeams: false }];

  test("cost one call of the app where no team is needed: their own tokens show the numbers behind the names", async () => {
    const { load, github, token, withOldToken } = appView({
      [membershipPath()]: notFound,
      [paths.user]: json(octocat),
      [accountPath(1234)]: json({ ...acmeBody, type: "Organization" }),
    });
    await withOldToken();
    expect(await load(withoutTeams)).toEqual([notAMember]);
    expect(github.calls).toEqual([membershipPath(), paths.user, accountPath(1234)]);
    expect(github.authorizations.slice(-2)).toEqual([`Bearer ${token}`, `Bearer ${token}`]);
  });

  test("cost two where GitHub finds no organisation by its number", async () => {
    const { load, github, withOldToken } = appView({
      [membershipPath()]: notFound,
      [paths.user]: json(octocat),
      [accountPath(1234)]: notFound,
    });
    await withOldToken();
    expect(await load(withoutTeams)).toEqual([notAMember]);
    expect(github.calls).toEqual([membershipPath(), paths.user, accountPath(1234), graphqlPath]);
  });

  test("are kept from the last response on, where two reviews came at the same time", async () => {
    const late = Promise.withResolvers<void>();
    const answers = [notFound, async (call: ScriptedCall) => late.promise.then(() => notFound(call))];
    const { load, github, clock, withOldToken } = appView({
      [membershipPath()]: (call) => (answers.shift() ?? error(500, ""))(call),
    });
    await withOldToken();
    const startedAt = clock.time;
    const both = [load(), load()];
    expect(await Promise.race(both)).toEqual([notAMember]);
    clock.time = startedAt + 4 * secondMs;
    late.resolve();
    await Promise.all(both);
    clock.time = startedAt + 8 * secondMs;
    expect(await load()).toEqual([notAMember]);
    expect(count(github, membershipPath())).toBe(2);
    clock.time = startedAt + 9 * secondMs;
    expect(await load()).toEqual([hidden("github_server_error")]);
  });

  test("are kept for the one organisation that they are not in", async () => {
    const { load, github, now, withOldToken } = appView({
      [installationPath("globex")]: json(installationBody(78, globexBody)),
      [membershipPath()]: notFound,
      [membershipPath("Globex")]: json(membershipBody({ organization: globexBody })),
    });
    github.script[tokenPath(78)] = tokenAnswer(now);
    github.script[graphqlPath] = ({ body }) => {
      const isGlobex = JSON.parse(body).variables.org === "Globex";
      return Response.json(graphqlBody([], { organisationId: isGlobex ? 5678 : 1234 }));
    };
    await withOldToken();
    expect(await load([acme])).toEqual([notAMember]);
    expect(await load([acme, globex])).toMatchObject([notAMember, { kind: "active", id: 5678 }]);
    expect(count(github, membershipPath())).toBe(1);
  });

  test("are kept one by one; members and invited users are not kept", async () => {
    const { load, github, withOldToken } = appView({
      [membershipPath()]: notFound,
      [membershipPath("Acme", "hubot")]: json(membershipBody({ user: { id: 2 }, state: "pending" })),
    });
    const hubot = { id: 2, login: "hubot", type: "User" };
    await withOldToken();
    await load();
    github.script[graphqlPath] = json(graphqlBody([], { userId: 2 }));
    await load([acme], { account: hubot });
    await load([acme], { account: hubot });
    expect(count(github, membershipPath())).toBe(1);
    expect(count(github, membershipPath("Acme", "hubot"))).toBe(2);
  });

  test("are neither told so nor kept where the 404 did not arrive whole", async () => {
    const broken = () =>
      new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError("reset")) }), {
        status: 404,
      });
    const { load, github } = appView({ [membershipPath()]: broken });
    expect(await load()).toEqual([hidden("github_unreachable")]);
    github.script[membershipPath()] = json(membershipBody());
    expect(await load()).toEqual([member]);
  });
});

/**
 * GitHub where no user is a member of an organisation; the numbers of accounts and organisations are in their names.
 */
function withoutMembers() {
  let sent = 0;
  const numberIn = (name: unknown) => Number(String(name).slice(1));
  const client: GitHubClient = {
    async send({ url, body }) {
      sent += 1;
      const headers = new Headers();
      if (!url.endsWith("/graphql")) return { kind: "answered", status: 404, headers, text: "{}" };
      const { org, login } = v.parse(graphqlVariables, body).variables;
      const teams = graphqlBody([], { organisationId: numberIn(org), userId: numberIn(login) });
      return { kind: "answered", status: 200, headers, text: JSON.stringify(teams) };
    },
  };
  const quotas = createSharedQuotas(() => startMs);
  const credentials: AppCredentials = {
    installationIn: async ({ login }) => ({
      kind: "ok",
      organisation: { id: numberIn(login), login },
      token: { value: "of the installation", madeAt: 0, validators: { get: () => undefined, set: () => {} } },
      quotas: { rest: quotas.of("REST"), graphql: quotas.of("GraphQL") },
      isFromEarlier: true,
    }),
    drop: () => {},
    forgetToken: () => {},
  };
  const source = createInstalledAppMemberships(credentials, () => startMs);
  const calls = callsTo({ client });
  const load = (accountId: number, organisationId = 1234) => {
    const owner = { account: { id: accountId, login: `u${accountId}`, type: "User" }, scopes: null };
    const organisations = [{ login: `o${organisationId}`, id: organisationId, teams: [], needsTeams: true }];
    const request = { token: "of the user", isNeverSeen: true, isFineGrained: false, hasScopes: true };
    return source.load({ ...request, owner, organisations }, calls);
  };
  /** @returns how many calls it took */
  async function callsAbout(accountId: number, organisationId = 1234): Promise<number> {
    const before = sent;
    expect(await load(accountId, organisationId)).toMatchObject({ kind: "known", memberships: [notAMember] });
    return sent - before;
  }
  return { load, callsAbout };
}
const graphqlVariables = v.object({ variables: v.object({ org: v.string(), login: v.string() }) });

test("accounts and organisations whose numbers look alike are told apart", async () => {
  const { callsAbout } = withoutMembers();
  expect(await callsAbout(1, 1234)).toBe(2);
  expect(await callsAbout(1, 1234)).toBe(0);
  for (const [account, organisation] of [
    [1, 123],
    [11, 234],
    [1234, 1],
  ] as const) {
    expect(await callsAbout(account, organisation)).toBe(2);
  }
});

test("no more than ten thousand are kept, the latest ones", async () => {
  const { load, callsAbout } = withoutMembers();
  for (let id = 1; id <= 10_000; id += 1) await load(id);
  expect(await callsAbout(1)).toBe(0);
  expect(await callsAbout(10_001)).toBe(2);
  expect([await callsAbout(1), await callsAbout(3), await callsAbout(10_001)]).toEqual([0, 0, 0]);
  expect(await callsAbout(2)).toBe(2);
});
