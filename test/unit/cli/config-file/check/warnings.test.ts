import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../../../../src/cli/command.ts";
import { check } from "../../support/config-file.ts";

const template = readFileSync(new URL("../../../../../wrangler.toml", import.meta.url), "utf8")
  .replace("<auth.example.com>", "auth.acme.dev")
  .replace("<sha256 fingerprint, 64 hex digits>", "a1".repeat(32))
  .replace(/^allow = .*$/m, 'allow = ["org:acme#1234", "team:acme/platform#55", "user:octocat#583231", "user:ada#7"]');

/** The filled-in file with one line in its place. */
function changed(line: string | RegExp, replacement: string): string {
  const toml = template.replace(line, replacement);
  expect(toml).not.toBe(template);
  return toml;
}

/** `LINE SETTING` of each, the line's text in place of its number. */
function placesOf(toml: string, severity: Diagnostic["severity"]): string[] {
  return check(toml, severity).map(({ location }) => {
    const line = location?.line == null ? "-" : toml.split("\n")[location.line - 1];
    return `${location?.setting}: ${line}`;
  });
}

const warningsOf = (toml: string) => placesOf(toml, "warning");

const cluster = (name: string, certificate: string, settings: string) =>
  `\n[vars.CLUSTER_${name}]\nclient_certificates = ["${certificate.repeat(32)}"]\n${settings}\n`;

test("the file of the repository gives none", () => {
  expect(warningsOf(template)).toEqual([]);
});

describe("names that are not pinned", () => {
  test("are shown one by one, in the line of each", () => {
    const toml = changed(
      /^allow = .*$/m,
      'allow = [\n  "org:acme#1234",\n  "team:acme/platform",\n  "user:octocat",\n]\ndeny = ["org:globex"]\ngroups_from = ["hooli", "acme"]',
    );
    expect(warningsOf(toml)).toEqual([
      'CLUSTER_PRODUCTION.allow[1]:   "team:acme/platform",',
      'CLUSTER_PRODUCTION.allow[2]:   "user:octocat",',
      'CLUSTER_PRODUCTION.deny[0]: deny = ["org:globex"]',
      'CLUSTER_PRODUCTION.deny[0]: deny = ["org:globex"]',
      'CLUSTER_PRODUCTION.groups_from[0]: groups_from = ["hooli", "acme"]',
    ]);
  });

  test("are none where the same policy pins the organisation elsewhere, or names no account", () => {
    const token = `token:GITHUBSHA256=${"A".repeat(43)}`;
    expect(
      warningsOf(
        changed(
          /^allow = .*$/m,
          `allow = ["org:acme", "user:ada#7"]\ndeny = ["${token}"]\ngroups_from = ["acme#1234"]`,
        ),
      ),
    ).toEqual([]);
  });

  test("are the organisation of a pinned team, too, if it gives groups", () => {
    const toml = changed(/^allow = .*$/m, 'allow = ["user:octocat#1", "team:acme/platform#55"]');
    expect(warningsOf(toml)).toEqual([
      'CLUSTER_PRODUCTION.allow[1]: allow = ["user:octocat#1", "team:acme/platform#55"]',
    ]);
    expect(warningsOf(toml.replace("token_kinds =", "groups_from = []\ntoken_kinds ="))).toEqual([]);
  });

  test("are shown also while the certificate is a placeholder", () => {
    const toml = changed(/^allow = .*$/m, 'allow = ["user:octocat"]').replace("a1".repeat(32), "<fingerprint>");
    expect(warningsOf(toml)).toEqual(['CLUSTER_PRODUCTION.allow[0]: allow = ["user:octocat"]']);
    expect(placesOf(toml, "error")).toEqual([
      'CLUSTER_PRODUCTION.client_certificates[0]: client_certificates = ["<fingerprint>"]',
    ]);
  });
});

describe("an entry of deny that its organisation's owners can leave open", () => {
  const messagesOf = (settings: string) =>
    check(changed(/^allow = .*$/m, settings), "warning").map(
      ({ location, message }) => `${location?.setting}: ${message}`,
    );
  const owners = (name: string, index = 0) =>
    `CLUSTER_PRODUCTION.deny[${index}]: the owners of ${name} can keep everybody out: by deleting it, or by hiding it from the app or from tokens`;
  const elsewhere =
    "CLUSTER_PRODUCTION.deny[0]: corp itself is pinned nowhere: this keeps out every user whose token does not show the team there";

  test.each<[string, string, string[]]>([
    ["another organisation", 'allow = ["org:acme#1"]\ndeny = ["user:ada#7", "org:evil#6"]', [owners("evil", 1)]],
    [
      "a team of another organisation that is not pinned",
      'allow = ["org:acme#1"]\ndeny = ["team:corp/ops#77"]',
      [elsewhere, owners("corp")],
    ],
    [
      "a team of another organisation that is pinned",
      'allow = ["org:acme#1"]\ndeny = ["team:corp/ops#77"]\ngroups_from = ["acme#1", "corp#2"]',
      [owners("corp")],
    ],
    ["a team of an organisation that admits", 'allow = ["org:acme#1"]\ndeny = ["team:acme/ops#77"]', []],
    [
      "a team of an organisation that admits by another team",
      'allow = ["team:acme/dev#5"]\ndeny = ["team:acme/ops#77"]\ngroups_from = ["acme#1"]',
      [],
    ],
  ])("is shown, with what ends it: %s", (_, settings, messages) => {
    expect(messagesOf(settings)).toEqual(messages);
  });
});

describe("clusters that share personal tokens", () => {
  const staging = (settings: string) => warningsOf(template + cluster("STAGING", "b2", settings));
  const shared = (kinds: string) => `CLUSTER_STAGING.token_kinds: token_kinds = ${kinds}`;

  test.each([
    ['allow = ["org:globex#2"]', '["classic"]'],
    ['allow = ["anyone"]', '["fine_grained", "oauth"]'],
    ['allow = ["user:OctoCat"]\ndeny = ["org:acme"]', '["classic"]'],
    // A member of the team is a member of the organisation, but others are, too.
    ['allow = ["org:acme#1234"]\ndeny = ["team:acme/platform#55"]', '["classic"]'],
  ])("are shown where one person could be in both: %s", (settings, kinds) => {
    expect(staging(`${settings}\ntoken_kinds = ${kinds}`)).toContain(shared(kinds));
  });

  test.each([
    ["whose kinds differ", 'allow = ["org:acme#1234"]', '["app"]\noauth_clients = ["Iv23"]'],
    [
      "where all users of the one are denied at the other",
      'allow = ["user:ada#7", "user:ben#8"]\ndeny = ["user:octocat#583231", "org:acme#1234"]',
      '["legacy"]',
    ],
  ])("but not those %s", (_, settings, kinds) => {
    expect(staging(`${settings}\ntoken_kinds = ${kinds}`)).not.toContain(shared(kinds));
  });

  /** Whether two clusters share tokens: one admits by `entry`, the other admits any account but denies `denied`. */
  const sharing = (names: readonly [string, string], entry: string, denied: string) => {
    const settings = [`allow = ["${entry}"]`, `allow = ["anyone"]\ndeny = ["${denied}"]`] as const;
    const clusters = names.map((name, index) =>
      cluster(name, index === 0 ? "b2" : "c3", `${settings[index]}\ntoken_kinds = ["classic"]`),
    );
    const others = changed(/^token_kinds = .*$/m, 'token_kinds = ["app"]\noauth_clients = ["Iv23"]');
    return warningsOf(others + clusters.join("")).some((place) => place.includes("token_kinds"));
  };

  test.each<[boolean, string, string]>([
    [false, "user:ada#1", "user:ada#1"],
    [true, "user:ada#1", "user:ada#2"],
    [false, "org:acme#1", "org:acme#1"],
    [true, "org:acme#1", "org:globex#2"],
    [false, "team:acme/ops#5", "org:acme#1"],
    [true, "team:acme/ops#5", "org:globex#2"],
    [false, "team:acme/ops#5", "team:acme/ops#5"],
    [false, "team:acme/renamed#5", "team:acme/ops#5"],
    [true, "team:acme/ops#5", "team:acme/ops#6"],
    [false, "team:acme/ops", "team:acme/ops#5"],
    [true, "team:acme/ops", "team:acme/dev#5"],
    [true, "team:acme/ops", "team:globex/ops#5"],
    [true, "team:acme/ops#5", "user:ada#1"],
    [true, "user:ada#1", "team:acme/ops#5"],
    [true, "user:acme#1", "org:acme#1"],
    [true, "org:acme#1", `token:GITHUBSHA256=${"A".repeat(43)}`],
  ])("%s for %s where %s is denied, in either order", (isShared, entry, denied) => {
    expect(sharing(["A", "B"], entry, denied)).toBe(isShared);
    expect(sharing(["B", "A"], entry, denied)).toBe(isShared);
  });

  const people = (one: string, other: string) => {
    const settings = (user: string) => `allow = ["${user}"]\ntoken_kinds = ["classic"]`;
    const clusters = cluster("A", "b2", settings(one)) + cluster("B", "c3", settings(other));
    return warningsOf(
      changed(/^token_kinds = .*$/m, 'token_kinds = ["app"]\noauth_clients = ["Iv23"]') + clusters,
    ).filter((place) => place.includes("token_kinds"));
  };

  test("whether two people are the same, the numbers say, or else the names", () => {
    expect(people("user:ada#1", "user:ada#2")).toEqual([]);
    expect(people("user:ada#1", "user:ben#2")).toEqual([]);
    expect(people("user:ada#1", "user:renamed#1")).toHaveLength(1);
    expect(people("user:ada#1", "user:ada")).toHaveLength(1);
    expect(people("user:ada", "user:ben")).toEqual([]);
  });

  test("are shown once each, with all clusters before them by name", () => {
    const settings = 'allow = ["org:globex#2"]\ntoken_kinds = ["classic"]';
    const warnings = check(template + cluster("A", "b2", settings) + cluster("B", "c3", settings), "warning");
    expect(warnings.map(({ location, message }) => [location?.setting, message.split(":")[0]])).toEqual([
      ["CLUSTER_PRODUCTION.token_kinds", "personal tokens (classic) are also accepted by a, b"],
      ["CLUSTER_B.token_kinds", "personal tokens (classic) are also accepted by a"],
    ]);
  });
});

describe("variables", () => {
  const list = (count: number) =>
    `allow = [${Array.from({ length: count }, (_, index) => `"user:someone-${index}#${index + 1}"`).join(", ")}]`;

  test("of more than 5 KB are refused, as wrangler would send them", () => {
    expect(placesOf(changed(/^allow = .*$/m, list(100)), "error")).toEqual([]);
    expect(placesOf(changed(/^allow = .*$/m, list(300)), "error")).toEqual([
      "CLUSTER_PRODUCTION: [vars.CLUSTER_PRODUCTION]",
    ]);
    // Two bytes each.
    const text = (length: number) => changed("[vars]\n", `[vars]\nTOKEN_SHAPE = "${"é".repeat(length)}"\n`);
    expect(placesOf(text(2560), "error")).toHaveLength(1);
    expect(placesOf(text(2561), "error")).toHaveLength(2);
  });

  test("of more than 64 need the paid plan, and more than 128 none has", () => {
    const many = (count: number) =>
      template +
      Array.from({ length: count }, (_, index) =>
        cluster(
          `C${index}`,
          (0x100 + index).toString(16).slice(1),
          'allow = ["anyone"]\ntoken_kinds = ["app"]\noauth_clients = ["Iv23"]',
        ),
      ).join("");
    // Three settings, a cluster and a secret are there already.
    const other = (count: number, severity: Diagnostic["severity"]) =>
      placesOf(many(count - 5), severity).filter((place) => place.startsWith("vars:"));
    expect([other(64, "warning"), other(64, "error")]).toEqual([[], []]);
    expect([other(65, "warning"), other(65, "error")]).toEqual([["vars: [vars]"], []]);
    expect([other(129, "warning"), other(129, "error")]).toEqual([[], ["vars: [vars]"]]);
  });
});

describe("the deployment", () => {
  test.each(["workers_dev", "preview_urls"])("is refused with %s, and better says that it is off", (name) => {
    expect(placesOf(changed(`${name} = false`, `${name} = true`), "error")).toEqual([`${name}: ${name} = true`]);
    expect(warningsOf(changed(`${name} = false`, ""))).toEqual([`${name}: -`]);
  });

  test.each<[string, string | RegExp, string, string]>([
    ["a route that is no custom domain", "custom_domain = true", "", 'routes[0].pattern: pattern = "auth.acme.dev"'],
    ["no route", /\[\[routes\]\]\n.*\n.*\n/, "", "routes: -"],
    ["no check before a deployment", /^command = .*$/m, "", "build.command: [build]"],
    ["another check", /^command = .*$/m, 'command = "npm test"', 'build.command: command = "npm test"'],
    ["anyone", '"user:ada#7"', '"anyone"', expect.stringMatching(/^CLUSTER_PRODUCTION.allow\[3\]: /)],
    [
      "another host without a path",
      "https://api.github.com",
      "https://github.acme.dev",
      'GITHUB_API_URL: GITHUB_API_URL = "https://github.acme.dev"',
    ],
    ["no KV", 'binding = "KV"', 'binding = "CACHE"', "kv_namespaces: [[kv_namespaces]]"],
    ["no cap", 'name = "NEVER_SEEN_LIMIT"', 'name = "LIMIT"', "ratelimits: [[ratelimits]]"],
    ["a secret that is not required", '["CACHE_SECRET"]', "[]", "secrets.required: required = []"],
    [
      "an app whose key is not required",
      "[vars]\n",
      "[vars]\nGITHUB_APP_ID = 1\n",
      'secrets.required: required = ["CACHE_SECRET"]',
    ],
    [
      "logs with headers",
      "invocation_logs = false",
      "invocation_logs = true",
      "observability.logs.invocation_logs: invocation_logs = true # they would hold the requests' headers",
    ],
    [
      "logs with headers by default",
      /\[observability.logs\]\n.*\n/,
      "",
      "observability.logs.invocation_logs: [observability]",
    ],
    [
      "traces",
      /\[observability.traces\]\nenabled = false/,
      "[observability.traces]\nenabled = true",
      "observability.traces.enabled: enabled = true # spans would hold the addresses that are asked about people",
    ],
    ["an environment of its own", "[secrets]", "[env.staging]\n[secrets]", "env: [env.staging]"],
    ...["no_nodejs_compat", "no_nodejs_compat_v2", "global_fetch_strictly_public"].map(
      (flag): [string, RegExp, string, string] => [
        `without ${flag}`,
        new RegExp(`^ *"${flag}",.*$`, "m"),
        "",
        "compatibility_flags: compatibility_flags = [",
      ],
    ),
  ])("is warned about with %s", (_, line, replacement, place) => {
    expect(warningsOf(changed(line, replacement))).toEqual([place]);
  });

  test("is not warned about logs that are off", () => {
    expect(warningsOf(changed(/\[observability\]\n[\s\S]*$/, ""))).toEqual([]);
  });
});

test("what is missing as a whole comes behind what has a line", () => {
  const warnings = check(changed(/^allow = .*$/m, 'allow = ["user:a"]').replace(/workers_dev.*/, ""), "warning");
  expect(warnings.map(({ location }) => location?.setting)).toEqual(["CLUSTER_PRODUCTION.allow[0]", "workers_dev"]);
});

test("each warning says what to do about it", () => {
  const warnings = check("[observability]\nenabled = true", "warning");
  expect(warnings.length).toBeGreaterThan(5);
  for (const { hint } of warnings) expect(hint).toBeTruthy();
});

describe("entries for workflows", () => {
  const environment = "environment:acme/shop/production#1234/9001";
  const deploy = "workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main";
  const table = (settings: string) =>
    `${template}\n${cluster("STAGING", "b2", settings)}`.replace(
      "[vars]",
      '[vars]\nISSUER_URL = "https://login.acme.dev"',
    );
  const messagesOf = (settings: string) =>
    check(table(settings), "warning").map(({ location, message }) => `${location?.setting}: ${message}`);

  test("are warned about where they are not pinned", () => {
    expect(messagesOf(`allow = ["${deploy}", "${environment}"]\ndeny = ["repository:acme/web"]`)).toEqual([
      `CLUSTER_STAGING.allow[0]: ${deploy} is not pinned: it applies to any future owner of the name`,
      "CLUSTER_STAGING.deny[0]: repository:acme/web is not pinned: it applies to any future owner of the name",
    ]);
  });

  test("are warned about where outsiders can cause an event, and where GitHub has no such event", () => {
    const events = '["push", "pull_request_target", "workflow_run", "issue_comment", "merge_group", "pushes"]';
    expect(messagesOf(`allow = ["${environment}"]\nworkflow_events = ${events}`)).toEqual([
      "CLUSTER_STAGING.workflow_events[1]: pull_request_target: everybody who can open a pull request causes it, and the token says the base branch",
      "CLUSTER_STAGING.workflow_events[2]: workflow_run: other workflows cause it, those of pull requests among them",
      "CLUSTER_STAGING.workflow_events[3]: issue_comment: everybody who may read the repository can cause it",
      "CLUSTER_STAGING.workflow_events[5]: pushes is no event that starts workflows at GitHub",
    ]);
    expect(
      messagesOf(`allow = ["user:ada#7"]\ntoken_kinds = ["app"]\noauth_clients = ["x"]\nworkflow_events = ${events}`),
    ).toEqual([]);
  });

  test("of deny are warned about where a job evades them", () => {
    const deny = `["${deploy}#1234/9001", "environment:acme/shop/Staging#1234/9001", "repository:acme/web#1234/9002"]`;
    expect(messagesOf(`allow = ["${environment}"]\ndeny = ${deny}`)).toEqual([
      `CLUSTER_STAGING.deny[0]: another file or another ref evades ${deploy}`,
      "CLUSTER_STAGING.deny[1]: a job without the environment evades environment:acme/shop/Staging",
    ]);
  });

  test("share no personal tokens with another cluster", () => {
    const settings = `allow = ["${environment}"]\ntoken_kinds = ["fine_grained", "classic"]`;
    expect(messagesOf(settings)).toEqual([]);
  });

  test("need ISSUER_URL, which the line of the file says", () => {
    const toml = `${template}\n${cluster("STAGING", "b2", `allow = ["${environment}"]`)}`;
    expect(check(toml, "error").map(({ location, message }) => `${location?.setting}: ${message}`)).toEqual([
      "ISSUER_URL: is required where allow names workflows: their tokens' audience begins with it",
    ]);
  });
});
