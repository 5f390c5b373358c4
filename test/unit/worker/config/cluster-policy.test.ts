import { describe, expect, test } from "vitest";
import { readClusterPolicy, readFingerprints } from "../../../../src/worker/config/cluster-policy.ts";
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
        tokenKinds: ["fine_grained", "classic"],
        oauthClients: [],
      },
    });
  });

  test("keeps what it says", () => {
    const changes = {
      allow: ["anyone", "user:octocat"],
      deny: ["user:mallory#99"],
      username: "id",
      prefix: "gh/",
      token_kinds: ["fine_grained", "classic", "oauth", "app", "legacy"],
      oauth_clients: ["Iv1.a0facee5139c0213", "178c6fc778ccc68e1d6a"],
    };
    expect(read(changes)).toEqual({
      ok: true,
      value: {
        allow: [{ kind: "anyone" }, { kind: "user", login: "octocat", id: null }],
        deny: [{ kind: "user", login: "mallory", id: 99 }],
        username: "id",
        prefix: "gh/",
        tokenKinds: ["fine_grained", "classic", "oauth", "app", "legacy"],
        oauthClients: ["Iv1.a0facee5139c0213", "178c6fc778ccc68e1d6a"],
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
    [{ allow: ["user:octocat", "org:acme#1234"] }, "allow[1]"],
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
    [{ groups_from: [] }, "groups_from"],
    [{ group: "slug" }, "group"],
    [{ alow: ["anyone"] }, "alow"],
    // Each is right by itself, but not together.
    [{ allow: ["anyone"], prefix: "" }, "prefix"],
    [{ allow: ["user:octocat#583231"], deny: ["user:octocat#583231"] }, "allow"],
    [{ allow: ["user:octocat"], deny: ["user:OCTOCAT"] }, "allow"],
    [{ allow: ["user:octocat#583231"], deny: ["user:renamed#583231"] }, "allow"],
    [{ token_kinds: ["oauth"] }, "oauth_clients"],
    [{ token_kinds: ["app", "oauth"] }, "oauth_clients"],
  ])("%j", (changes, key) => {
    expect(wrongSettings(clusterTable(changes))).toEqual([`${setting}.${key}`]);
  });

  test.each([undefined, null, "{}", 1, true])("a table that is %j", (value) => {
    expect(wrongSettings(value)).toEqual([setting]);
  });

  test("all of them at once", () => {
    expect(wrongSettings({ prefix: 1, deny: 1, user: 1 }).sort()).toEqual(
      ["allow", "client_certificates", "deny", "prefix", "token_kinds", "user"].map((key) => `${setting}.${key}`),
    );
  });

  test("and an empty allow is told apart from one that deny undoes", () => {
    expect(JSON.stringify(read({ allow: [] }))).toContain(
      "must be a list with at least one entry: as it is, nobody gets in",
    );
    expect(JSON.stringify(read({ deny: ["user:octocat#583231"] }))).toContain("every entry is denied, too");
  });

  test("and the message says what there is instead", () => {
    const checked = read({ alow: [], username: "name", client_certificates: ["<sha256>"] });
    const text = JSON.stringify(checked);
    expect(text).toContain("there are client_certificates, allow, deny, username, prefix, token_kinds, oauth_clients");
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
