// Whose doing it is that a list of teams does not come: grace is for outages of GitHub alone.
import { describe, expect, test } from "vitest";
import { factsEntryOf } from "../../../../src/worker/cache/entry.ts";
import { createTeamLists, type TeamLists } from "../../../../src/worker/cache/team-lists.ts";
import type { Account, Membership, MissingReason } from "../../../../src/worker/github/facts.ts";
import { factsOf, member, mona, newToken, requestFor, seconds, setUp, startOfTests } from "./support.ts";

const lisa: Account = { id: 1002, login: "lisa", type: "User" };
const hubot: Account = { id: 1003, login: "hubot", type: "User" };
const request = requestFor({ allow: ["org:acme#10"] });
const key = "acme#10";

const partly = (teamsHidden: MissingReason | null): Membership => ({
  ...member,
  teams: [],
  teamsHidden,
  namedTeams: { "#55": null },
});

describe("lists of teams that came whole", () => {
  const now = startOfTests + seconds(60);
  const note = (lists: TeamLists, account: Account, second: number, membership: Membership = member) =>
    lists.note(
      factsEntryOf(factsOf({ account, organisations: { [key]: membership } }), request, {
        credentialId: "id",
        askedAt: startOfTests + seconds(second),
        validators: {},
      }),
      now,
    );
  const hasAnothers = (lists: TeamLists, { id }: Account, sinceSecond: number, of = key) =>
    lists.hasAnothers(of, id, startOfTests + seconds(sinceSecond));

  test("are compared with another account's, by their time", () => {
    const lists = createTeamLists();
    expect(hasAnothers(lists, mona, 0)).toBe(false);
    note(lists, lisa, 10);
    expect(hasAnothers(lists, mona, 10)).toBe(true);
    expect(hasAnothers(lists, mona, 11)).toBe(false);
    expect(hasAnothers(lists, lisa, 9)).toBe(false);
    expect(hasAnothers(lists, mona, 9, "acme")).toBe(false);
  });

  test("are two, so that there is another account's for each", () => {
    const lists = createTeamLists();
    note(lists, lisa, 10);
    for (const second of [20, 30]) note(lists, mona, second);
    expect(hasAnothers(lists, mona, 9)).toBe(true);
    expect(hasAnothers(lists, lisa, 29)).toBe(true);
    note(lists, hubot, 40);
    expect(hasAnothers(lists, hubot, 29)).toBe(true);
    expect(hasAnothers(lists, mona, 39)).toBe(true);
  });

  test("are the last ones, in whatever order they are heard of", () => {
    const lists = createTeamLists();
    note(lists, lisa, 30);
    note(lists, mona, 20);
    note(lists, hubot, 10);
    expect(hasAnothers(lists, lisa, 20)).toBe(true);
    expect(hasAnothers(lists, mona, 30)).toBe(true);
  });

  test.each<[string, Membership]>([
    ["fails", partly("github_server_error")],
    ["is not whole", partly("too_many_teams")],
    ["is of a hidden organisation", { kind: "hidden", reason: "github_timeout", ssoUrl: null }],
    ["is an outsider's", { kind: "none", nameTakenBy: null, isProven: true }],
  ])("do not include one that %s", (_, membership) => {
    const lists = createTeamLists();
    note(lists, lisa, 10, membership);
    expect(hasAnothers(lists, mona, 9)).toBe(false);
  });

  test("do not include one of the future, nor what a tombstone and nothing tell", () => {
    const lists = createTeamLists();
    note(lists, lisa, 61);
    lists.note({ kind: "tombstone", askedAt: startOfTests }, now);
    lists.note(null, now);
    expect(hasAnothers(lists, mona, 0)).toBe(false);
  });

  test("do not include one that was not asked for: it has another key", () => {
    const lists = createTeamLists();
    const withoutTeams = requestFor({ allow: ["org:acme#10"], groups_from: [] });
    const entry = factsEntryOf(factsOf(), withoutTeams, { credentialId: "id", askedAt: startOfTests, validators: {} });
    lists.note(entry, now);
    expect(hasAnothers(lists, lisa, -1)).toBe(false);
  });
});

describe("a user whose own list of teams fails", () => {
  const team = requestFor({ allow: ["team:acme/platform#55"], groups_from: ["acme#10"] });
  const failing = factsOf({ organisations: { [key]: partly("github_server_error") } });
  const whole = factsOf({ organisations: { [key]: member } });
  const wholeOf = (account: Account) => factsOf({ account, organisations: { [key]: member } });

  const admittedByGrace = { outcome: { verdict: { kind: "authenticated" }, isStale: true } };
  const noGrace = { outcome: { verdict: { kind: "undetermined", reason: "github_server_error" } } };

  /** A user whose list came 121 s ago, and has failed now. */
  async function failingUser() {
    const parts = withColleague();
    const { one, clock, github, token, newToken: colleagues } = parts;
    github.says(whole);
    await one.ask(token, team);
    clock.advance(seconds(121));
    return {
      ...parts,
      async review() {
        github.says(failing);
        return one.ask(token, team);
      },
      async colleagueGetsList(account = lisa) {
        github.says(wholeOf(account));
        await one.ask(colleagues, team);
      },
    };
  }

  test("gets grace as long as no other list comes: GitHub may be down", async () => {
    const { clock, review, colleagueGetsList } = await failingUser();
    await colleagueGetsList();
    clock.advance(1);
    expect(await review()).toMatchObject(admittedByGrace);
    await colleagueGetsList(mona);
    clock.advance(seconds(60));
    expect(await review()).toMatchObject(admittedByGrace);
  });

  test("loses it once a colleague's list has come, and has none as long as lists come", async () => {
    const { clock, review, colleagueGetsList } = await failingUser();
    expect(await review()).toMatchObject(admittedByGrace);
    clock.advance(seconds(1));
    await colleagueGetsList();
    expect(await review()).toMatchObject(noGrace);
    for (const _ of [1, 2]) {
      clock.advance(seconds(119));
      expect(await review()).toMatchObject(noGrace);
      clock.advance(seconds(2));
      await colleagueGetsList();
    }
    clock.advance(seconds(121));
    expect(await review()).toMatchObject(admittedByGrace);
  });

  test("gets it anew in the next outage", async () => {
    const { one, token, github, clock, review, colleagueGetsList } = await failingUser();
    await review();
    await colleagueGetsList();
    clock.advance(seconds(1));
    expect(await review()).toMatchObject(noGrace);
    clock.advance(seconds(10));
    github.says(whole);
    await one.ask(token, team);
    clock.advance(seconds(121));
    expect(await review()).toMatchObject(admittedByGrace);
  });

  test("loses it in an isolate that only heard of a colleague's list from KV", async () => {
    const { one, start, clock, github, token, newToken } = withColleague();
    const other = start();
    github.says(whole);
    await one.ask(token, team);
    await one.settle();
    clock.advance(seconds(121));
    github.says(failing);
    expect(await other.ask(token, team)).toMatchObject(admittedByGrace);
    github.says(wholeOf(lisa));
    await one.ask(newToken, team);
    await one.settle();
    expect(await other.ask(newToken, team)).toMatchObject({ source: "kv" });
    github.says(failing);
    expect(await other.ask(token, team)).toMatchObject(noGrace);
  });

  test("keeps it where the organisation itself does not answer, which no user can bring about", async () => {
    const { one, clock, github, token, newToken } = withColleague();
    github.says(whole);
    await one.ask(token, team);
    clock.advance(seconds(121));
    github.says(wholeOf(lisa));
    await one.ask(newToken, team);
    github.says(factsOf({ organisations: { [key]: { kind: "hidden", reason: "github_timeout", ssoUrl: null } } }));
    expect(await one.ask(token, team)).toMatchObject({
      outcome: { verdict: { kind: "authenticated" }, isStale: true },
    });
  });
});

function withColleague() {
  const parts = setUp();
  return { ...parts, newToken: newToken() };
}
