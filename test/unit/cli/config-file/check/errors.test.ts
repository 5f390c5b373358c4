import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { check } from "../../support/config-file.ts";

const template = readFileSync(new URL("../../../../../wrangler.toml", import.meta.url), "utf8");
const filledIn = template
  .replace("<auth.example.com>", "auth.acme.dev")
  .replace("<sha256 fingerprint, 64 hex digits>", "a1".repeat(32))
  .replace(/^allow = .*$/m, 'allow = ["org:acme#1234", "team:acme/platform#55", "user:octocat#583231", "user:ada#7"]');

const errorsIn = (toml: string) => check(toml, "error");
const wrongSettings = (toml: string) => errorsIn(toml).map(({ location }) => location?.setting);

/** The filled-in file with one line in its place. */
function changed(line: string | RegExp, replacement: string): string {
  const toml = filledIn.replace(line, replacement);
  expect(toml).not.toBe(filledIn);
  return toml;
}

describe("the wrangler.toml of the repository", () => {
  test("is refused as it is: its placeholders are named", () => {
    expect(wrongSettings(template)).toEqual([
      "routes[0].pattern",
      "CLUSTER_PRODUCTION.client_certificates[0]",
      "CLUSTER_PRODUCTION.allow[0]",
      "CLUSTER_PRODUCTION.allow[1]",
      "CLUSTER_PRODUCTION.allow[2]",
    ]);
  });

  test.each([0, 1, 2])("is refused with entry %i of its example alone left in", (index) => {
    const entries = /^allow = \[(.*)\]$/m.exec(template)?.[1]?.split(", ") ?? [];
    const toml = changed('"user:ada#7"', entries[index] ?? "");
    expect(wrongSettings(toml)).toEqual(["CLUSTER_PRODUCTION.allow[3]"]);
  });

  test("can be deployed once they are filled in", () => {
    expect([...errorsIn(filledIn), ...check(filledIn, "warning")]).toEqual([]);
  });
});

describe("what is refused", () => {
  test.each(["<auth.example.com>", "auth.example.com", "example.org/*", "https://auth.example.net", "auth.<zone>"])(
    "the hostname %s, which is a placeholder",
    (hostname) => {
      expect(wrongSettings(changed("auth.acme.dev", hostname))).toEqual(["routes[0].pattern"]);
    },
  );

  test.each(["auth.acme-example.com", "example.com.acme.dev"])("but not the hostname %s", (hostname) => {
    expect(wrongSettings(changed("auth.acme.dev", hostname))).toEqual([]);
  });

  test("a placeholder among routes that are plain strings", () => {
    const withoutRoutes = changed(/\[\[routes\]\]\npattern = .*\ncustom_domain = true\n/, "");
    expect(wrongSettings(`routes = ["auth.acme.dev/*"]\n${withoutRoutes}`)).toEqual([]);
    expect(wrongSettings(`routes = ["auth.acme.dev/*", "<hostname>/*"]\n${withoutRoutes}`)).toEqual(["routes[1]"]);
  });

  test.each(["CACHE_SECRET", "GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS"])(
    "the secret %s in [vars], where all readers of the file see it, and it is not quoted",
    (name) => {
      const secret = randomBytes(32).toString("base64");
      const problems = errorsIn(changed("[vars]\n", `[vars]\n${name} = "${secret}"\n`));
      expect(problems.map(({ location }) => location?.setting)).toContain(name);
      expect(JSON.stringify(problems)).not.toContain(secret);
    },
  );

  test("but not the number of a GitHub App, whose key is a secret and stands elsewhere", () => {
    expect(wrongSettings(changed("[vars]\n", '[vars]\nGITHUB_APP_ID = "1234"\n'))).toEqual([]);
    expect(wrongSettings(changed("[vars]\n", '[vars]\nGITHUB_APP_ID = "<id>"\n'))).toEqual(["GITHUB_APP_ID"]);
  });

  test.each<[string | RegExp, string, string]>([
    ['"team:acme/platform#55"', '"team:acme"', "CLUSTER_PRODUCTION.allow[1]"],
    [/^allow = .*$/m, "", "CLUSTER_PRODUCTION.allow"],
    [/^allow = .*$/m, 'allow = ["org:acme#1"]\ndeny = ["org:acme#2"]', "CLUSTER_PRODUCTION"],
    [/^allow = .*$/m, 'allow = ["team:acme/platform"]\ndeny = ["org:acme"]', "CLUSTER_PRODUCTION.allow"],
    ["token_kinds =", 'groups_from = ["acme/platform"]\ntoken_kinds =', "CLUSTER_PRODUCTION.groups_from[0]"],
    ["token_kinds =", 'group = "name"\ntoken_kinds =', "CLUSTER_PRODUCTION.group"],
    ["token_kinds =", "scopes_at_most = [1]\ntoken_kinds =", "CLUSTER_PRODUCTION.scopes_at_most[0]"],
    ["token_kinds =", 'require_expiry = "yes"\ntoken_kinds =', "CLUSTER_PRODUCTION.require_expiry"],
    ["token_kinds =", "token_kind =", "CLUSTER_PRODUCTION.token_kinds"],
    ["https://api.github.com", "http://api.github.com", "GITHUB_API_URL"],
    ["CACHE_TTL_SECONDS = 120", "CACHE_TTL_SECONDS = 1", "CACHE_TTL_SECONDS"],
    ["[vars]\n", '[vars]\nTYPO = "x"\n', "TYPO"],
    ["[vars.CLUSTER_PRODUCTION]", "[vars.cluster_production]", "CLUSTER_NAME"],
    ["[vars.CLUSTER_PRODUCTION]", "[vars2.CLUSTER_PRODUCTION]", "CLUSTER_NAME"],
  ])("%j as %j", (line, replacement, setting) => {
    expect(wrongSettings(changed(line, replacement))).toContain(setting);
  });

  test.each([
    ["https://github.com", "https://api.github.com"],
    ["https://www.github.com/", "https://api.github.com"],
    ["https://acme.ghe.com", "https://api.acme.ghe.com"],
  ])("the address %s, which is that of GitHub's pages", (address, right) => {
    expect(errorsIn(changed("https://api.github.com", address))).toMatchObject([
      { location: { setting: "GITHUB_API_URL" }, hint: right },
    ]);
  });

  test.each([
    ["auth.acme.dev/authenticate", 'pattern = "auth.acme.dev"'],
    ["https://Auth.acme.dev", 'pattern = "auth.acme.dev"'],
    ["*.acme.dev", 'such as pattern = "auth.acme.dev"'],
  ])("the custom domain %s, which is no hostname alone", (pattern, hint) => {
    expect(errorsIn(changed("auth.acme.dev", pattern))).toMatchObject([
      { location: { setting: "routes[0].pattern" }, hint },
    ]);
  });

  test.each([
    ['name = "octogate"', 'name = "Octo Gate"', "name"],
    ["period = 60", "period = 30", "ratelimits[0].simple.period"],
  ])("what wrangler refuses only later: %s as %s", (line, replacement, setting) => {
    expect(wrongSettings(changed(line, replacement))).toEqual([setting]);
  });

  test.each([
    ["custom_domain = true", 'custom_domain = "true"', "routes[0].custom_domain", "true or false, without quotes"],
    ["workers_dev = false", 'workers_dev = "no"', "workers_dev", "true or false, without quotes"],
    ["period = 60", 'period = "60"', "ratelimits[0].simple.period", "a number, without quotes"],
    ['name = "octogate"', "name = 1", "name", "a text in quotes"],
    [/^compatibility_flags = \[\n[^\]]*\]/m, "compatibility_flags = 1", "compatibility_flags", "a list in brackets"],
  ])("a value of another type: %s as %s", (line, replacement, setting, form) => {
    expect(errorsIn(changed(line, replacement))).toMatchObject([{ location: { setting }, message: `must be ${form}` }]);
  });

  test.each([
    ["CACHE_TTL_SECONDS =", "CACHE_TTL_SECOND =", "did you mean CACHE_TTL_SECONDS?"],
    ["CACHE_TTL_SECONDS =", "cache_ttl_seconds =", "write it in capitals: CACHE_TTL_SECONDS"],
    ["[vars.CLUSTER_PRODUCTION]", "[vars.cluster_production]", "write it in capitals: CLUSTER_PRODUCTION"],
    ["[vars.CLUSTER_PRODUCTION]", "[vars.cluster-production]", "write it in capitals: CLUSTER_PRODUCTION"],
    ["allow =", "allowed =", "did you mean allow?"],
    ["token_kinds =", "token_kind =", "did you mean token_kinds?"],
    ['"org:acme#1234"', '"orgs:acme#1234"', "did you mean org:acme#1234?"],
    ['"org:acme#1234"', '"org:acme/platform"', "did you mean team:acme/platform?"],
    ['"fine_grained"', '"fine-grained"', "did you mean fine_grained?"],
  ])("the near miss of %s in %s", (line, replacement, hint) => {
    expect(errorsIn(changed(line, replacement)).map((error) => error.hint)).toContain(hint);
  });

  test("a wrong entry of a list, which is shown, unless it could be a token", () => {
    const token = `ghp_${"a1".repeat(18)}`;
    const [first, second] = errorsIn(changed('"org:acme#1234"', `"acme", "${token}"`));
    expect(first?.message).toMatch(/^“acme” must be one of anyone, user:LOGIN/);
    expect(second?.message).toMatch(/^must be one of/);
  });

  test("a certificate in two clusters", () => {
    const second = `\n[vars.CLUSTER_STAGING]\nclient_certificates = ["${"A1".repeat(32)}"]\nallow = ["anyone"]\ntoken_kinds = ["classic"]\n`;
    expect(wrongSettings(filledIn + second)).toEqual([
      "CLUSTER_PRODUCTION.client_certificates",
      "CLUSTER_STAGING.client_certificates",
    ]);
  });

  test("a file without any variables", () => {
    expect(wrongSettings("")).toEqual(["CLUSTER_NAME"]);
  });

  test.each(["vars = 1", "routes = 1", "routes = [{}]"])("a file whose form is another: %s", (toml) => {
    expect(errorsIn(toml)).toHaveLength(1);
  });

  test("what is no TOML, by its line", () => {
    const broken = changed("[observability]", "[observability");
    const line = broken.split("\n").indexOf("[observability") + 1;
    expect(errorsIn(broken)).toMatchObject([{ subject: `wrangler.toml:${line}` }]);
  });
});
