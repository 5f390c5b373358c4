import { describe, expect, test } from "vitest";
import { readClusterPolicy, readFingerprints } from "../../../../src/worker/config/cluster.ts";
import { clusterTable, productionFingerprint } from "../support.ts";

const setting = "CLUSTER_PRODUCTION";
const read = (changes: Record<string, unknown> = {}) => readClusterPolicy(setting, clusterTable(changes));

/** The settings that are complained about. */
function wrongSettings(value: unknown): string[] {
  const checked = readClusterPolicy(setting, value);
  return checked.ok ? [] : checked.problems.map((problem) => problem.setting);
}

describe("a table that is right", () => {
  test("gets the documented defaults", () => {
    expect(read()).toEqual({
      ok: true,
      value: {
        allow: [{ kind: "user", login: "octocat", id: 583231 }],
        deny: [],
        username: "login:id",
        prefix: "github:",
        addsPrefix: true,
        tokenKinds: ["fine_grained", "classic"],
        oauthClients: [],
        groupsFrom: [],
        group: "slug",
        scopesAtMost: null,
        requireExpiry: false,
        workflowEvents: ["push", "schedule", "workflow_dispatch", "release"],
        workflowAudience: null,
        candidates: { only: [{ kind: "user", login: "octocat", id: 583231 }], except: [] },
        organisations: [],
      },
    });
  });

  test("keeps what it says", () => {
    const changes = {
      allow: ["anyone", "user:octocat", "org:Acme#1234", "team:acme/Platform#55", "team:umbrella/sre"],
      deny: ["user:mallory#99", "org:evil", "team:acme/contractors"],
      username: "id",
      prefix: "gh/",
      token_kinds: ["fine_grained", "classic", "oauth", "app", "legacy"],
      oauth_clients: ["Iv1.a0facee5139c0213", "178c6fc778ccc68e1d6a"],
      groups_from: ["Umbrella", "initech#7"],
      group: "slug:id",
      scopes_at_most: ["read:org", "gist"],
      require_expiry: true,
      workflow_events: ["push", "merge_group"],
    };
    expect(read(changes)).toEqual({
      ok: true,
      value: {
        allow: [
          { kind: "anyone" },
          { kind: "user", login: "octocat", id: null },
          { kind: "organisation", login: "acme", id: 1234 },
          { kind: "team", organisation: "acme", slug: "platform", id: 55 },
          { kind: "team", organisation: "umbrella", slug: "sre", id: null },
        ],
        deny: [
          { kind: "user", login: "mallory", id: 99 },
          { kind: "organisation", login: "evil", id: null },
          { kind: "team", organisation: "acme", slug: "contractors", id: null },
        ],
        username: "id",
        prefix: "gh/",
        addsPrefix: true,
        tokenKinds: ["fine_grained", "classic", "oauth", "app", "legacy"],
        oauthClients: ["Iv1.a0facee5139c0213", "178c6fc778ccc68e1d6a"],
        groupsFrom: [
          { kind: "organisation", login: "umbrella", id: null },
          { kind: "organisation", login: "initech", id: 7 },
        ],
        group: "slug:id",
        scopesAtMost: ["read:org", "gist"],
        requireExpiry: true,
        workflowEvents: ["push", "merge_group"],
        workflowAudience: null,
        candidates: { only: null, except: [{ kind: "user", login: "mallory", id: 99 }] },
        organisations: [
          {
            login: "acme",
            id: 1234,
            teams: [
              { slug: "platform", id: 55, isDenied: false },
              { slug: "contractors", id: null, isDenied: true },
            ],
            needsTeams: true,
          },
          { login: "umbrella", id: null, teams: [{ slug: "sre", id: null, isDenied: false }], needsTeams: true },
          { login: "evil", id: null, teams: [], needsTeams: false },
          { login: "initech", id: 7, teams: [], needsTeams: true },
        ],
      },
    });
  });

  test.each([
    { username: "login" },
    { username: "login:id" },
    { prefix: "" },
    { prefix: "~".repeat(64) },
    { prefix: "systems:" },
    { token_kinds: ["oauth"], oauth_clients: ["Ov23liabc"] },
    { token_kinds: ["app", "classic"] },
    { client_certificates: [productionFingerprint.toUpperCase(), "b2".repeat(32)] },
    { allow: ["user:octocat", "user:hubot"], deny: ["user:octocat"] },
    { allow: ["user:octocat#583231"], deny: ["user:octocat"] },
    { allow: ["user:octocat"], deny: ["user:octocat#583231"] },
    { allow: ["anyone"], deny: ["user:octocat"] },
    { allow: ["user:octocat#1"], deny: ["user:octocat#2"] },
    { allow: ["org:c#3", "org:a#1"], deny: ["org:b#2", "org:c#3"] },
    { oauth_clients: ["a".repeat(64)] },
    { groups_from: [] },
    { groups_from: ["acme", "ACME#1234", "acme#1234"] },
    { groups_from: ["team:acme/platform#55", "team:umbrella/ent:sre", "acme"] },
    { group: "id" },
    { group: "slug" },
    { scopes_at_most: [] },
    { scopes_at_most: ["read:org", "admin:repo_hook", "repo", "manage_runners:enterprise"] },
    { require_expiry: false },
    // Not everybody of these is denied.
    { allow: ["org:acme"], deny: ["team:acme/contractors", "user:acme", "org:umbrella"] },
    { allow: ["org:acme#1234"], deny: ["org:renamed#1235", "team:acme/contractors#1234"] },
    { allow: ["org:acme", "team:acme/platform"], deny: ["team:acme/platform"] },
    { allow: ["team:acme/platform"], deny: ["team:acme/platform#55"] },
    { allow: ["team:acme/platform#55"], deny: ["team:acme/platform", "team:acme/platform#56"] },
    { allow: ["team:acme/platform"], deny: ["team:umbrella/platform", "org:platform"] },
    { allow: ["anyone"], deny: ["org:acme", `token:GITHUBSHA256=${"a".repeat(43)}`] },
    // One name with two numbers is a mistake for organisations alone: an account may be listed under its old and its
    // new number.
    { allow: ["user:octocat#1", "user:octocat#2", "team:acme/platform#1", "team:acme/platform#2"] },
    { allow: ["org:acme#1234", "org:old-acme#1234"] },
  ])("may say %j", (changes) => {
    expect(read(changes)).toMatchObject({ ok: true });
  });
});

describe("a setting that is wrong is named", () => {
  test.each([
    [{ client_certificates: undefined }, "client_certificates"],
    [{ client_certificates: [] }, "client_certificates"],
    [{ client_certificates: productionFingerprint }, "client_certificates"],
    [{ client_certificates: ["<sha256 fingerprint, 64 hex digits>"] }, "client_certificates[0]"],
    [{ client_certificates: [productionFingerprint, "b2"] }, "client_certificates[1]"],
    [{ client_certificates: [1] }, "client_certificates[0]"],
    [{ allow: undefined }, "allow"],
    [{ allow: [] }, "allow"],
    [{ allow: "anyone" }, "allow"],
    [{ allow: ["user:octocat", "org:acme#1234", "team:acme"] }, "allow[2]"],
    [{ deny: "user:mallory" }, "deny"],
    [{ deny: ["anyone"] }, "deny[0]"],
    [{ username: "name" }, "username"],
    [{ username: null }, "username"],
    [{ prefix: 1 }, "prefix"],
    [{ prefix: "git hub:" }, "prefix"],
    [{ prefix: "g\u0131thub:" }, "prefix"],
    [{ prefix: "github:\n" }, "prefix"],
    [{ prefix: "\u0000" }, "prefix"],
    [{ prefix: "~".repeat(65) }, "prefix"],
    [{ prefix: "system:" }, "prefix"],
    [{ prefix: "System:github:" }, "prefix"],
    [{ prefix: "SYSTEM:masters" }, "prefix"],
    [{ token_kinds: undefined }, "token_kinds"],
    [{ token_kinds: [] }, "token_kinds"],
    [{ token_kinds: "classic" }, "token_kinds"],
    [{ token_kinds: ["classic", "installation"] }, "token_kinds[1]"],
    [{ oauth_clients: "Iv1.a0facee5139c0213" }, "oauth_clients"],
    [{ oauth_clients: [""] }, "oauth_clients[0]"],
    [{ oauth_clients: ["Iv1 a0"] }, "oauth_clients[0]"],
    [{ oauth_clients: ["<client id>"] }, "oauth_clients[0]"],
    [{ oauth_clients: ["a".repeat(65)] }, "oauth_clients[0]"],
    [{ oauth_clients: [1] }, "oauth_clients[0]"],
    [{ groups_from: "acme" }, "groups_from"],
    [{ groups_from: null }, "groups_from"],
    [{ groups_from: ["acme", "org:umbrella"] }, "groups_from[1]"],
    [{ groups_from: ["acme/platform"] }, "groups_from[0]"],
    [{ groups_from: [""] }, "groups_from[0]"],
    [{ groups_from: [1234] }, "groups_from[0]"],
    [{ group: "name" }, "group"],
    [{ group: null }, "group"],
    [{ scopes_at_most: "read:org" }, "scopes_at_most"],
    [{ scopes_at_most: [""] }, "scopes_at_most[0]"],
    [{ scopes_at_most: ["read:org", "read:org repo"] }, "scopes_at_most[1]"],
    [{ scopes_at_most: ["read:org,repo"] }, "scopes_at_most[0]"],
    [{ scopes_at_most: ["Read:org"] }, "scopes_at_most[0]"],
    [{ scopes_at_most: ["read:"] }, "scopes_at_most[0]"],
    [{ scopes_at_most: ["a:b:c"] }, "scopes_at_most[0]"],
    [{ scopes_at_most: [1] }, "scopes_at_most[0]"],
    [{ require_expiry: "true" }, "require_expiry"],
    [{ require_expiry: 1 }, "require_expiry"],
    [{ require_expiry: null }, "require_expiry"],
    [{ alow: ["anyone"] }, "alow"],
    // Each is right by itself, but not together.
    [{ allow: ["anyone"], prefix: "" }, "prefix"],
    [{ allow: ["user:octocat", "anyone"], prefix: "" }, "prefix"],
    [{ allow: ["user:octocat#583231"], deny: ["user:octocat#583231"] }, "allow"],
    [{ allow: ["user:octocat"], deny: ["user:OCTOCAT"] }, "allow"],
    [{ allow: ["user:octocat#583231"], deny: ["user:renamed#583231"] }, "allow"],
    [{ allow: ["org:acme"], deny: ["org:ACME"] }, "allow"],
    [{ allow: ["org:acme#1234"], deny: ["org:renamed#1234"] }, "allow"],
    [{ allow: ["org:acme#1234"], deny: ["org:acme"] }, "allow"],
    [{ allow: ["org:acme"], deny: ["org:acme#1234"] }, "allow"],
    [{ allow: ["org:acme"], deny: ["org:acme"], groups_from: ["acme#1234"] }, "allow"],
    [{ allow: ["team:acme/platform"], deny: ["team:Acme/PLATFORM"] }, "allow"],
    [{ allow: ["team:acme/platform#55"], deny: ["team:acme/renamed#55"] }, "allow"],
    [{ allow: ["team:acme/platform", "team:acme/sre#56"], deny: ["org:acme"] }, "allow"],
    [{ allow: ["team:acme/platform"], deny: ["org:renamed#1234"], groups_from: ["acme#1234"] }, "allow"],
    [
      { allow: ["team:acme/a", "team:old-acme/b"], deny: ["org:new#9"], groups_from: ["acme#9", "old-acme#9"] },
      "allow",
    ],
    [{ allow: ["org:acme", "user:octocat#1"], deny: ["user:octocat#1", "org:acme"] }, "allow"],
    [{ token_kinds: ["oauth"] }, "oauth_clients"],
    [{ token_kinds: ["app", "oauth"] }, "oauth_clients"],
  ])("%j", (changes, key) => {
    expect(wrongSettings(clusterTable(changes))).toEqual([`${setting}.${key}`]);
  });

  test.each([undefined, null, "{}", 1, true])("a table that is %j", (value) => {
    expect(wrongSettings(value)).toEqual([setting]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ client_certificates: 1 }, "must be a list with at least one entry"],
    [{ allow: undefined }, "is required"],
    [{ deny: 1 }, "must be a list"],
    [{ username: 1 }, "must be one of login, id, login:id"],
    [{ prefix: 1 }, "must be a string"],
    [{ prefix: " " }, "must be at most 64 printable ASCII characters without spaces"],
    [{ prefix: "system:" }, 'must not begin with "system:"'],
    [
      { allow: ["anyone"], prefix: "" },
      'must not be empty while "anyone" is allowed: every GitHub user could choose a username of this cluster',
    ],
    [{ token_kinds: ["x"] }, "must be one of fine_grained, classic, oauth, app, legacy"],
    [{ token_kinds: ["app"] }, "must name a client: this cluster accepts only tokens of apps, and only of listed ones"],
    [{ oauth_clients: 1 }, "must be a list"],
    [{ oauth_clients: [1] }, "must be a client id"],
    [{ oauth_clients: [" "] }, "must be a client id as GitHub shows it, such as Iv23… or Ov23…"],
    [{ groups_from: 1 }, "must be a list"],
    [{ group: 1 }, "must be one of slug, id, slug:id"],
    [{ scopes_at_most: 1 }, "must be a list"],
    [{ scopes_at_most: [1] }, "must be the name of an OAuth scope"],
    [{ scopes_at_most: [" "] }, "must be the name of an OAuth scope, such as read:org"],
    [{ require_expiry: 1 }, "must be true or false"],
  ])("%j with what it has to be: %s", (changes, message) => {
    expect(read(changes)).toMatchObject({ ok: false, problems: [{ message }] });
  });

  test("and so is a variable that is no table", () => {
    expect(readClusterPolicy(setting, "x")).toEqual({ ok: false, problems: [{ setting, message: "must be a table" }] });
  });

  test("all of them at once", () => {
    expect(wrongSettings({ prefix: 1, deny: 1, user: 1 }).sort()).toEqual(
      ["allow", "client_certificates", "deny", "prefix", "token_kinds", "user"].map((key) => `${setting}.${key}`),
    );
  });

  test("and an empty allow is told apart from one that deny undoes", () => {
    expect(JSON.stringify(read({ allow: [] }))).toContain(
      "must be a list with at least one entry: without one, the cluster admits no account",
    );
    expect(JSON.stringify(read({ deny: ["user:octocat#583231"] }))).toContain("deny takes every entry back");
  });

  test("and the message says what there is instead", () => {
    const checked = read({ alow: [], username: "name", client_certificates: ["<sha256>"] });
    const text = JSON.stringify(checked);
    expect(text).toContain(
      "there are client_certificates, token_kinds, allow, deny, username, prefix, oauth_clients, groups_from, group, scopes_at_most, require_expiry, workflow_events, sign_in, redirect_uris, device_flow, exchange, id_token_seconds",
    );
    expect(text).toContain("must be one of login, id, login:id");
    expect(text).toContain("is a placeholder left in?");
  });
});

describe("the fingerprints of a table", () => {
  test("are read also where the rest is wrong, so that its callers hear what is wrong", () => {
    const table = {
      client_certificates: [productionFingerprint.toUpperCase(), "<placeholder>", 1],
      allow: 1,
      prefix: 1,
    };
    expect(readFingerprints(table)).toEqual([productionFingerprint]);
  });

  test.each([undefined, null, "x", {}, { client_certificates: "x" }])("are none in %j", (value) => {
    expect(readFingerprints(value)).toEqual([]);
  });
});
