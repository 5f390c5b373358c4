// A report against reviews: for organisations and policies of every kind, it lists exactly those whom a review of a
// fitting token lets in, under the same names.
import fc from "fast-check";
import { expect, test } from "vitest";
import { readClusterPolicy } from "../../../../../src/worker/config/cluster.ts";
import { createReviews } from "../../../../support/fitting-reviews.ts";
import { openScene } from "./scene.ts";

const logins = ["kim", "leo", "mia", "noa", "pia", "quin"];
const names = ["red", "green", "blue", "grey"];
const teamId = (index: number) => 501 + index;

const member = fc.record({
  state: fc.constantFrom("active", "active", "active", "pending", "none"),
  role: fc.constantFrom("member", "member", "admin", "billing_manager"),
  teams: fc.subarray([0, 1, 2, 3]),
});
const pinned = (text: string, id: number) => fc.constantFrom(text, `${text}#${id}`);
const user = fc.nat(logins.length - 1).chain((index) => pinned(`user:${logins[index]}`, 101 + index));
const organisation = pinned("org:zeta", 4321);
const team = fc.nat(names.length - 1).chain((index) => pinned(`team:zeta/${names[index]}`, teamId(index)));
const goneTeam = fc.constantFrom("team:zeta/gone#599", "team:zeta/gone");
const allow = fc.array(fc.oneof(user, organisation, team, goneTeam, fc.constant("anyone")), {
  minLength: 1,
  maxLength: 3,
});
const deny = fc.array(fc.oneof(user, team, goneTeam), { maxLength: 2 });
const groupsFrom = fc.option(
  fc.array(
    fc.oneof(
      team,
      organisation.map((text) => text.slice(4)),
    ),
    { maxLength: 2 },
  ),
  { nil: undefined },
);

const scene = fc.record({
  members: fc.array(member, { minLength: logins.length, maxLength: logins.length }),
  /** Of each team but the first: a team before it, or none. */
  parents: fc.array(fc.option(fc.nat(2)), { minLength: 3, maxLength: 3 }),
  policy: fc.record({
    allow,
    deny,
    groups_from: groupsFrom,
    username: fc.constantFrom("login", "id", "login:id"),
    group: fc.constantFrom("slug", "id", "slug:id"),
  }),
  readsByApp: fc.boolean(),
});

test("a report lists those whom reviews let in, under the same names, and no other", { timeout: 120_000 }, async () => {
  let [compared, admitted, refused] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(scene, async ({ members, parents, policy: { groups_from, ...rest }, readsByApp }) => {
      const table = { ...rest, ...(groups_from === undefined ? {} : { groups_from }) };
      const settings = { client_certificates: ["a1".repeat(32)], token_kinds: ["classic"], ...table };
      const policy = readClusterPolicy("CLUSTER_PRODUCTION", settings);
      fc.pre(policy.ok);
      if (!policy.ok) return;

      const { github, olga, tokenOf, writeTables, cluster, reportOf } = await openScene();
      const zeta = github.addOrganisation({ login: "Zeta", id: 4321 });
      github.addMember(zeta, olga, { role: "admin" });
      const teams = names.map((name, index) => github.addTeam(zeta, { name, id: teamId(index) }));
      for (const [index, one] of teams.entries()) {
        const parent = index === 0 ? null : (parents[index - 1] ?? null);
        one.parent = parent === null || parent >= index ? null : (teams[parent] ?? null);
      }
      const accounts = logins.map((login, index) => github.addAccount({ login, id: 101 + index }));
      for (const [index, account] of accounts.entries()) {
        const { state, role, teams: own } = members[index] ?? { state: "none", role: "member", teams: [] };
        if (state === "none") continue;
        github.addMember(zeta, account, { state, role });
        // GitHub puts full members into teams alone.
        for (const one of role === "billing_manager" ? [] : own) {
          const target = teams[one];
          if (target !== undefined) github.addToTeam(target, account);
        }
      }
      const app = github.addApp({ appId: 800100 });
      github.installApp(app, zeta);
      const lines = Object.entries(table).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
      await writeTables(cluster(lines.join("\n")), readsByApp ? 'GITHUB_APP_ID = "800100"' : "");

      const send: typeof fetch = (input, init) => github.answer(new Request(input, init));
      const env = readsByApp ? { GITHUB_APP_PRIVATE_KEY: app.privateKeyPem } : { GITHUB_TOKEN: tokenOf() };
      const report = await reportOf([], { fetch: send, env });
      const [reported] = report.clusters;
      const githubApp = readsByApp ? { id: "800100", privateKey: app.privateKeyPem } : null;
      const review = createReviews(policy.value, github.url, githubApp, send);
      for (const account of [olga, ...accounts]) {
        const verdict = await review(github.issueToken(account, { kind: "classic", scopes: ["read:org"] }));
        const person = reported?.people.find(({ id }) => id === account.id);
        const keptOut = reported?.keptOut.find(({ id }) => id === account.id);
        compared += 1;
        if (verdict.kind === "authenticated") {
          admitted += 1;
          const { username, groups } = verdict.user;
          const byAnyoneAlone = reported?.anyone === true && groups.length === 0;
          if (person === undefined) expect(byAnyoneAlone, `${account.login} is missing`).toBe(true);
          else expect({ username: person.username, groups: person.groups }).toEqual({ username, groups });
          expect(keptOut).toBeUndefined();
          continue;
        }
        refused += 1;
        expect(person, `${account.login}: ${verdict.reason}`).toBeUndefined();
        if (keptOut !== undefined) expect(keptOut.reason).toBe(verdict.reason);
        const isInvited = reported?.invited.some(({ id }) => id === account.id) ?? false;
        expect(isInvited, `${account.login}: ${verdict.reason}`).toBe(verdict.reason === "invitation_pending");
      }
    }),
    { numRuns: 60 },
  );
  expect([compared > 200, admitted > 50, refused > 50]).toEqual([true, true, true]);
});
