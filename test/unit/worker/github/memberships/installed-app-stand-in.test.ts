// Installed app with the stand-in, which checks its JWT, its installation and its permissions as GitHub does.
import { describe, expect, onTestFinished, test } from "vitest";
import { type StandInOptions, startGitHubStandIn } from "../../../../../src/local/github/server.ts";
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import { apiAddressOf } from "../../../../../src/worker/github/api-address.ts";
import { createCalls } from "../../../../../src/worker/github/calls.ts";
import { createGitHubClient } from "../../../../../src/worker/github/client.ts";
import { createGitHubFacts } from "../../../../../src/worker/github/github-facts.ts";
import { createAppCredentials } from "../../../../../src/worker/github/memberships/app-credentials.ts";
import { createInstalledAppMemberships } from "../../../../../src/worker/github/memberships/installed-app.ts";
import { createTrace } from "../../../../../src/worker/github/trace.ts";
import { acme as acmeReference, pinnedAcme, requestAbout, teamNamed } from "../support.ts";

/** Acme with the installed app and its member mona, whose token has no scope; the clock is moved by hand. */
async function acmeWithApp(options: StandInOptions = {}) {
  const clock = { time: Date.now() };
  const now = () => clock.time;
  const github = await startGitHubStandIn({ now: () => new Date(now()), ...options });
  onTestFinished(() => github.close());
  const acme = github.addOrganisation({ login: "Acme", id: 1234 });
  const mona = github.addAccount({ login: "mona", id: 4711 });
  github.addMember(acme, mona);
  const app = github.addApp();
  const installation = github.installApp(app, acme);

  const api = apiAddressOf(github.url);
  const client = createGitHubClient({ fetch });
  const credentials = createAppCredentials({ id: app.clientId, privateKey: app.privateKeyPem }, now);
  const memberships = createInstalledAppMemberships(credentials, now, async (ms) => {
    clock.time += ms;
  });
  const source = createGitHubFacts({ client, api, memberships, clientSecrets: new Map(), now });
  const load = async (
    account = mona,
    organisations: readonly OrganisationReference[] = [acmeReference],
    scopes: readonly string[] = [],
  ) => {
    const token = github.issueToken(account, { kind: "classic", scopes });
    const { outcome } = await source.load(token, requestAbout(organisations), null, createTrace());
    return outcome.kind === "found" ? Object.values(outcome.facts.organisations)[0] : outcome;
  };
  const calls = () => github.requests.map(({ method, path }) => `${method} ${path}`);
  return { github, acme, mona, app, installation, clock, load, calls };
}

const appUnavailable = { kind: "hidden", reason: "github_app_unavailable", ssoUrl: null };
const minuteMs = 60_000;

describe("an installed app", () => {
  test("sees memberships and teams of users whose tokens have no scope", async () => {
    const { github, acme, mona, load, calls } = await acmeWithApp();
    const all = github.addTeam(acme, { name: "all", id: 1 });
    const platform = github.addTeam(acme, { name: "platform", id: 2, parent: all });
    github.addToTeam(platform, mona);
    expect(await load()).toEqual({
      kind: "active",
      id: 1234,
      login: "Acme",
      role: "member",
      teams: [
        { id: 2, slug: "platform" },
        { id: 1, slug: "all" },
      ],
      teamsHidden: null,
    });
    expect(calls()).toHaveLength(5);
    github.requests.length = 0;
    await load();
    expect(calls().toSorted()).toEqual(["GET /orgs/Acme/memberships/mona", "GET /user", "POST /graphql"]);
  });

  test("sees the 101st team, too", async () => {
    const { github, acme, mona, load } = await acmeWithApp();
    for (let index = 1; index <= 150; index += 1) {
      github.addToTeam(github.addTeam(acme, { name: `team-${index}` }), mona);
    }
    expect(await load()).toMatchObject({ kind: "active", teams: { length: 150 } });
  });

  test("makes two calls about an outsider in five seconds, however often the outsider tries", async () => {
    const { github, load, calls, clock } = await acmeWithApp();
    const outsider = github.addAccount({ login: "outsider" });
    await load();
    clock.time += 5_000;
    github.requests.length = 0;
    for (let review = 0; review < 20; review += 1) {
      expect(await load(outsider)).toEqual({ kind: "none", nameTakenBy: null, isProven: true });
    }
    expect(calls().filter((call) => call !== "GET /user")).toHaveLength(2);
    clock.time += 5_000;
    await load(outsider);
    expect(calls().filter((call) => call !== "GET /user")).toHaveLength(4);
  });

  test("that is suspended, uninstalled or without the permission says nothing about a user, and works again afterwards", async () => {
    const { github, acme, app, installation, clock, load } = await acmeWithApp();
    expect(await load()).toMatchObject({ kind: "active" });
    github.suspendInstallation(installation);
    expect(await load()).toEqual(appUnavailable);
    installation.suspendedAt = null;
    clock.time += minuteMs;
    expect(await load()).toMatchObject({ kind: "active" });

    github.uninstall(installation);
    expect(await load()).toEqual(appUnavailable);
    expect(await load()).toEqual(appUnavailable);
    const without = github.installApp(app, acme, { permissions: {} });
    clock.time += minuteMs;
    expect(await load()).toEqual(appUnavailable);
    github.uninstall(without);
    github.installApp(app, acme);
    clock.time += minuteMs;
    expect(await load()).toMatchObject({ kind: "active" });
  });

  test.each([true, false])(
    "follows a pinned organisation to its new name at once, GitHub finds it by number: %s",
    async (finds) => {
      const { github, acme, app, load, clock } = await acmeWithApp({ findsOrganisationsById: finds });
      github.installApp(app, github.addAccount({ login: "-ACE-" }));
      github.installApp(app, null);
      expect(await load(undefined, [pinnedAcme])).toMatchObject({ kind: "active", login: "Acme" });
      acme.login = "Acme-New";
      expect(await load(undefined, [pinnedAcme])).toMatchObject({ kind: "active", login: "Acme-New" });
      // Another organisation takes the old name, with the app.
      github.installApp(app, github.addOrganisation({ login: "Acme", id: 9 }));
      clock.time += 11 * minuteMs;
      expect(await load(undefined, [pinnedAcme])).toMatchObject({ kind: "active", login: "Acme-New" });
    },
  );

  test("is not disturbed by what other accounts install", async () => {
    const { github, app, load, calls } = await acmeWithApp();
    github.installApp(app, github.addAccount({ login: "-ACE-" }));
    github.installApp(app, null);
    for (let index = 0; index < 150; index += 1) {
      github.installApp(app, github.addOrganisation({ login: `other-${index}` }));
    }
    expect(await load()).toMatchObject({ kind: "active" });
    expect(calls()).toHaveLength(5);
  });

  test("sees a member in a chain of 22 teams and in one of 60, which any other member could have made", async () => {
    for (const depth of [22, 60]) {
      const { github, acme, mona, load } = await acmeWithApp();
      let lowest = github.addTeam(acme, { name: "chain-1" });
      for (let index = 2; index <= depth; index += 1) {
        lowest = github.addTeam(acme, { name: `chain-${index}`, parent: lowest });
      }
      github.addToTeam(lowest, mona);
      expect(await load()).toMatchObject({ kind: "active", teams: { length: depth }, teamsHidden: null });
    }
  });

  test("knows the teams of a policy, in both directions, when the quota of GraphQL is spent", async () => {
    const { github, acme, mona, load } = await acmeWithApp();
    const platform = github.addTeam(acme, { name: "renamed since", id: 55 });
    const child = github.addTeam(acme, { name: "child", parent: platform });
    const contractors = github.addTeam(acme, { name: "contractors", id: 77 });
    github.addToTeam(child, mona);
    github.setFault("everyone", { kind: "graphql_error", type: "RATE_LIMITED" }, { path: /graphql/ });
    const teams = [teamNamed(55, "platform"), teamNamed(77, "contractors", true), teamNamed(null, "child")];
    const loadTeams = () => load(mona, [{ ...pinnedAcme, teams }]);
    const hidden = { kind: "active", teamsHidden: "shared_quota_spent" };
    expect(await loadTeams()).toMatchObject({
      ...hidden,
      teams: [
        { id: 55, slug: "renamed-since" },
        { id: child.id, slug: "child" },
      ],
      namedTeams: { "#55": true, "#77": false, "/child": true },
    });

    github.requests.length = 0;
    await loadTeams();
    const statuses = github.requests.flatMap(({ path, status }) => (/teams?\//.test(path) ? status : []));
    // Only the team that mona is not in costs a call: a 404 has no ETag.
    expect(statuses.toSorted()).toEqual([304, 304, 304, 304, 404]);

    github.removeFromTeam(child, mona);
    github.addToTeam(contractors, mona);
    expect(await loadTeams()).toMatchObject({
      ...hidden,
      teams: [{ id: 77, slug: "contractors" }],
      namedTeams: { "#55": false, "#77": true, "/child": false },
    });
  });

  test("knows the teams of a policy of a member in a chain of 102, which any other member could have made", async () => {
    const { github, acme, mona, load } = await acmeWithApp();
    const platform = github.addTeam(acme, { name: "platform", id: 55 });
    let lowest = platform;
    for (let index = 1; index <= 102; index += 1) {
      lowest = github.addTeam(acme, { name: `chain-${index}`, parent: lowest });
    }
    github.addTeam(acme, { name: "contractors", id: 77 });
    github.addToTeam(lowest, mona);
    const teams = [teamNamed(55, "platform"), teamNamed(77, "contractors", true)];
    expect(await load(mona, [{ ...pinnedAcme, teams }])).toMatchObject({
      teams: { length: 102 },
      teamsHidden: "too_many_teams",
      namedTeams: { "#55": true, "#77": false },
    });
  });

  test("that its owner suspends keeps out no user whose own token proves that the organisation is not theirs", async () => {
    const { github, acme, mona, installation, load } = await acmeWithApp();
    const outsider = github.addAccount({ login: "outsider" });
    github.suspendInstallation(installation);
    const scopes = ["read:org"];
    const proven = { kind: "none", nameTakenBy: null, isProven: true };
    expect(await load(outsider, [pinnedAcme], scopes)).toEqual(proven);
    expect(await load(outsider, [pinnedAcme])).toEqual(appUnavailable);
    expect(await load(mona, [pinnedAcme], scopes)).toEqual(appUnavailable);
    github.restrictOrganisation(acme, { sso: {} });
    expect(await load(mona, [pinnedAcme], scopes)).toEqual(appUnavailable);
  });

  test("whose new token GitHub refuses for a moment is used once more", async () => {
    const { load } = await acmeWithApp({ newTokenRefusal: { seconds: 0.4, status: 401 } });
    expect(await load()).toMatchObject({ kind: "active", teamsHidden: null });
  });

  test("costs nothing of the installation's quota for a membership that has not changed", async () => {
    const { github, load } = await acmeWithApp();
    await load();
    github.requests.length = 0;
    await load();
    const statuses = github.requests.flatMap(({ path, status }) => (path.includes("/memberships/") ? status : []));
    expect(statuses).toEqual([304]);
  });

  test("with the key of another app gets no token", async () => {
    const { github, app } = await acmeWithApp();
    const other = github.addApp();
    const now = () => Date.now();
    const wrong = createAppCredentials({ id: app.clientId, privateKey: other.privateKeyPem }, now);
    const trace = createTrace();
    const client = createGitHubClient({ fetch });
    const api = apiAddressOf(github.url);
    const calls = createCalls({ client, api, now, trace, deadline: AbortSignal.timeout(5_000) });
    const authorization = `Bearer ${makeToken("classic")}`;
    expect(await wrong.installationIn(acmeReference, calls, authorization)).toEqual({
      kind: "unavailable",
      reason: "github_app_unavailable",
    });
    expect(trace.calls()).toMatchObject([{ endpoint: "installationOfOrganisation", status: 401 }]);
  });
});
