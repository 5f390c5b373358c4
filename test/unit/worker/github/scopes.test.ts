import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandScopes, parseScopes } from "../../../../src/worker/github/scopes.ts";

describe("the header X-OAuth-Scopes", () => {
  test.each([
    [null, null],
    ["", []],
    [" ", []],
    ["repo", ["repo"]],
    ["read:org, repo, user:email", ["read:org", "repo", "user:email"]],
    ["read:org,repo", ["read:org", "repo"]],
    [" gist ,, repo,", ["gist", "repo"]],
  ])("%j lists %j", (header, scopes) => {
    expect(parseScopes(header)).toEqual(scopes);
  });
});

describe("a scope", () => {
  test.each([
    ["repo", ["repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"]],
    ["admin:repo_hook", ["write:repo_hook", "read:repo_hook"]],
    ["write:repo_hook", ["read:repo_hook"]],
    ["admin:org", ["write:org", "read:org", "manage_runners:org"]],
    ["write:org", ["read:org"]],
    ["admin:public_key", ["write:public_key", "read:public_key"]],
    ["write:public_key", ["read:public_key"]],
    ["user", ["read:user", "user:email", "user:follow"]],
    ["project", ["read:project"]],
    ["write:packages", ["read:packages"]],
    ["admin:gpg_key", ["write:gpg_key", "read:gpg_key"]],
    ["write:gpg_key", ["read:gpg_key"]],
    ["admin:ssh_signing_key", ["write:ssh_signing_key", "read:ssh_signing_key"]],
    ["write:ssh_signing_key", ["read:ssh_signing_key"]],
    ["write:discussion", ["read:discussion"]],
    ["codespace", ["codespace:secrets"]],
    ["audit_log", ["read:audit_log"]],
    [
      "admin:enterprise",
      ["manage_runners:enterprise", "manage_billing:enterprise", "read:enterprise", "scim:enterprise"],
    ],
    ["write:network_configurations", ["read:network_configurations"]],
    ["copilot", ["manage_billing:copilot"]],
    ["read:org", []],
    ["gist", []],
    ["admin:org_hook", []],
    ["delete_repo", []],
    ["unknown", []],
    // What every object has must not count as a scope's contents.
    ["constructor", []],
    ["__proto__", []],
  ])("%s contains %j", (scope, contained) => {
    expect([...expandScopes([scope])].sort()).toEqual([scope, ...contained].sort());
  });

  test("never contains one that is above it", () => {
    expect(expandScopes(["read:org"]).has("write:org")).toBe(false);
    expect(expandScopes(["public_repo"]).has("repo")).toBe(false);
  });
});

test("no scopes contain none", () => {
  expect(expandScopes([])).toEqual(new Set());
});

test("scopes contain what each of them contains, in any order, and also if they are listed twice", () => {
  const scope = fc.oneof(fc.constantFrom("repo", "admin:org", "write:org", "read:org", "user"), fc.string());
  fc.assert(
    fc.property(fc.array(scope), (scopes) => {
      const each = new Set(scopes.flatMap((one) => [...expandScopes([one])]));
      expect(expandScopes(scopes)).toEqual(each);
      expect(expandScopes([...each, ...scopes].reverse())).toEqual(each);
    }),
  );
});
