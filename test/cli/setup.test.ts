import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { cpSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { repositoryRoot } from "../support/worker-config.ts";
import { snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const fresh = ["--hostname", hostname, "--allow", "org:acme-inc#77"];
const setup = (...args: string[]) => rig.run(["setup", "--cluster", "production", ...rig.edgeArgs, ...args]);
const linesOf = (text: string) => text.split("\n");

describe("setup from nothing", () => {
  test("makes certificate, association, rule, KV namespace and Worker, and sees that it answers", async () => {
    const { exitCode, stdout } = await setup(...fresh, "--yes");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("production is set up.");

    const { state } = rig.cloudflare;
    const [certificate] = state.certificates;
    expect(state.certificates).toHaveLength(1);
    expect(certificate).toMatchObject({ status: "active", common_name: "octogate production", validity_days: 365 });
    expect(state.associatedHostnames).toEqual(["other.acme.dev", hostname]);
    expect(state.ruleset?.rules.map(({ ref }) => ref)[0]).toBe("octogate_auth_acme_dev");
    expect(state.namespaces.map(({ title }) => title)).toEqual(["other-kv", "octogate-kv"]);
    expect(state.domains).toMatchObject([{ hostname, service: "octogate" }]);
    expect(rig.deployed()?.bindings).toContainEqual({
      type: "json",
      name: "CLUSTER_PRODUCTION",
      json: {
        client_certificates: [certificate?.fingerprint_sha256],
        allow: ["org:acme-inc#77"],
        token_kinds: ["fine_grained", "classic"],
      },
    });
  });

  test("blocks requests without a listed, valid, unrevoked certificate, before any other rule", async () => {
    await setup(...fresh, "--yes");
    const { ruleset, certificates } = rig.cloudflare.state;
    expect(ruleset?.rules[0]).toMatchObject({
      action: "block",
      enabled: true,
      expression: `(lower(http.host) eq "${hostname}" and (not cf.tls_client_auth.cert_verified or cf.tls_client_auth.cert_revoked or not cf.tls_client_auth.cert_fingerprint_sha256 in {"${certificates[0]?.fingerprint_sha256}"}))`,
    });
    expect(ruleset?.rules[0]?.action_parameters).toBeUndefined();
  });

  test("answers as JSON where the plan allows it, and makes the place for rules where there is none", async () => {
    Object.assign(rig.cloudflare.state, { plan: "pro", ruleset: null });
    await setup(...fresh, "--yes");
    const rules = rig.cloudflare.state.ruleset?.rules;
    expect(rules).toHaveLength(1);
    expect(rules?.[0]?.action_parameters?.response).toMatchObject({
      content_type: "application/json",
      status_code: 403,
    });
  });

  test("keeps the key to itself, and a pair that belongs together", async () => {
    await setup(...fresh, "--yes");
    const key = ".clusters/production/client.key";
    expect(statSync(rig.clone.path(key)).mode & 0o777).toBe(0o600);
    expect(statSync(rig.clone.path(dirname(key))).mode & 0o777).toBe(0o700);
    const certificate = new X509Certificate(rig.clone.read(".clusters/production/client.crt"));
    expect(certificate.checkPrivateKey(createPrivateKey(rig.clone.read(key)))).toBe(true);
    expect(rig.cloudflare.bodies.join("\n")).not.toContain("PRIVATE KEY");
  });

  test("makes CACHE_SECRET in a file that only its owner could read, and that is gone; prints it nowhere", async () => {
    const { stdout, stderr } = await setup(...fresh, "--yes", "--json");
    const secret = rig.deployed()?.secrets.get("CACHE_SECRET") ?? "";
    expect(Buffer.from(secret, "base64")).toHaveLength(32);
    const [call] = rig.clone.wranglerCalls();
    expect(call?.secretsFileMode).toBe("600");
    expect(rig.clone.has(call?.secretsFile ?? "")).toBe(false);
    expect(stdout + stderr + JSON.stringify(call)).not.toContain(secret);
  });

  test("writes into wrangler.toml what is missing, and leaves every comment where it is", async () => {
    const before = linesOf(rig.clone.read("wrangler.toml"));
    await setup(...fresh, "--yes");
    const after = linesOf(rig.clone.read("wrangler.toml"));
    expect(before.filter((line) => !after.includes(line))).toEqual([
      'pattern = "<auth.example.com>"',
      'client_certificates = ["<sha256 fingerprint, 64 hex digits>"]',
      'allow = ["org:<organisation>", "team:<organisation>/<team>", "user:<login>"]',
    ]);
    expect(after.filter((line) => !before.includes(line))).toEqual([
      `pattern = "${hostname}"`,
      expect.stringMatching(/^client_certificates = \["[0-9a-f]{64}"\]$/),
      'allow = ["org:acme-inc#77"]',
      expect.stringMatching(/^id = "[0-9a-f]{32}"$/),
    ]);
  });

  test("what it wrote passes wrangler's own dry run", async () => {
    await setup(...fresh, "--yes");
    for (const name of ["src", "package.json", "tsconfig.json"]) {
      cpSync(join(repositoryRoot, name), rig.clone.path(name), { recursive: true });
    }
    rmSync(rig.clone.path("node_modules"), { recursive: true });
    symlinkSync(join(repositoryRoot, "node_modules"), rig.clone.path("node_modules"));
    const wrangler = join(repositoryRoot, "node_modules/wrangler/bin/wrangler.js");
    const { stdout } = await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run"], {
      cwd: rig.clone.folder,
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", XDG_CONFIG_HOME: rig.clone.folder },
    });
    expect(stdout).toContain("env.KV");
    expect(stdout).toContain("env.CLUSTER_PRODUCTION");
    expect(stdout).toContain("--dry-run: exiting now");
  });

  test("takes the example's place for a cluster of another name, and puts the next one below it", async () => {
    expect((await rig.run(["setup", "--cluster", "prod-eu", ...rig.edgeArgs, ...fresh, "--yes"])).exitCode).toBe(0);
    const more = ["setup", "--cluster", "staging", ...rig.edgeArgs, "--allow", "user:mona", "--token-kind", "classic"];
    expect((await rig.run([...more, "--yes"])).exitCode).toBe(0);
    const tables = linesOf(rig.clone.read("wrangler.toml")).filter((line) => line.startsWith("[vars."));
    expect(tables).toEqual(["[vars.CLUSTER_PROD_EU]", "[vars.CLUSTER_STAGING]"]);
    expect(rig.cloudflare.state.certificates).toHaveLength(2);
    expect(rig.cloudflare.state.ruleset?.rules).toHaveLength(2);
    expect(rig.clone.wranglerCalls()).toHaveLength(2);
    expect(rig.clone.wranglerCalls()[1]?.secretsFile).toBeUndefined();
  });
});

describe("setup again", () => {
  test("changes nothing, at Cloudflare or here, and asks no question", async () => {
    await setup(...fresh, "--yes");
    const before = { cloudflare: snapshot(rig.cloudflare.state), toml: rig.clone.read("wrangler.toml") };
    const writtenAt = statSync(rig.clone.path(".clusters/production/client.crt")).mtimeMs;
    const mutations = rig.cloudflare.mutations.length;
    for (const args of [[], fresh]) {
      const { exitCode, stdout } = await setup(...args);
      expect(exitCode).toBe(0);
      expect(stdout).toContain("Nothing had to be changed.");
    }
    expect({ cloudflare: snapshot(rig.cloudflare.state), toml: rig.clone.read("wrangler.toml") }).toEqual(before);
    expect(statSync(rig.clone.path(".clusters/production/client.crt")).mtimeMs).toBe(writtenAt);
    expect(rig.cloudflare.mutations).toHaveLength(mutations);
  });

  test("corrects a rule that was turned off or changed, in its place", async () => {
    await setup(...fresh, "--yes");
    const before = structuredClone(rig.cloudflare.state.ruleset?.rules);
    for (const change of [{ enabled: false }, { expression: "false" }, { action: "log" }]) {
      Object.assign(rig.cloudflare.state.ruleset?.rules[0] ?? {}, change);
      const { stderr } = await setup("--yes");
      expect(stderr).toContain("correct the custom rule octogate_auth_acme_dev");
      expect(rig.cloudflare.state.ruleset?.rules).toEqual(before);
    }
  });

  test("deploys a policy that was changed in wrangler.toml, and keeps the secret", async () => {
    await setup(...fresh, "--yes");
    const secret = rig.deployed()?.secrets.get("CACHE_SECRET");
    rig.clone.write("wrangler.toml", rig.clone.read("wrangler.toml").replace("org:acme-inc#77", "org:acme-inc#78"));
    expect((await setup("--yes")).exitCode).toBe(0);
    expect(JSON.stringify(rig.deployed()?.bindings)).toContain("org:acme-inc#78");
    expect(rig.deployed()?.secrets.get("CACHE_SECRET")).toBe(secret);
  });
});

test("setup pins the names of a new cluster before anything decides by them", async () => {
  const github = await startGitHubStandIn();
  try {
    github.addOrganisation({ login: "acme-inc", id: 77 });
    github.addAccount({ login: "ada", id: 7 });
    const standIn = rig.clone.read("wrangler.toml").replace("https://api.github.com", github.url);
    rig.clone.write("wrangler.toml", standIn);
    const names = ["org:acme-inc", "user:ada", "user:no-such-user", "team:acme-inc/platform"];
    const args = ["setup", "--cluster", "production", ...rig.edgeArgs, "--hostname", hostname, "--allow", ...names];

    const { exitCode, stderr } = await rig.run([...args, "--pin", "--yes"]);

    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("user:no-such-user stays without a number: no account at GitHub has that name");
    expect(rig.clone.read("wrangler.toml")).toContain(
      'allow = ["org:acme-inc#77", "user:ada#7", "user:no-such-user", "team:acme-inc/platform"]',
    );
  } finally {
    await github.close();
  }
});

describe("before it changes anything, setup", () => {
  test("shows every change with --dry-run, and makes none", async () => {
    const before = snapshot(rig.cloudflare.state);
    const { exitCode, stdout } = await setup(...fresh, "--dry-run");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^This would be changed:\n[\s\S]*\nNothing was changed \(--dry-run\)\.$/);
    for (const what of ["make a key", hostname, "octogate_auth_acme_dev", "KV", "wrangler.toml", "deploy"]) {
      expect(stdout).toContain(what);
    }
    expect(snapshot(rig.cloudflare.state)).toEqual(before);
    expect(rig.cloudflare.mutations).toEqual([]);
    expect(rig.clone.has(".clusters")).toBe(false);
  });

  test.each([
    ["no", false],
    ["nothing, because no person is there", null],
  ])("asks, and makes none if the answer is %s", async (_what, answer) => {
    const args = ["setup", "--cluster", "production", ...rig.edgeArgs, ...fresh];
    expect((await rig.run(args, answer)).exitCode).toBe(1);
    expect(rig.cloudflare.mutations).toEqual([]);
  });

  test("warns where bot protection would stop kube-apiserver, and goes on", async () => {
    Object.assign(rig.cloudflare.state, { botFightMode: true, securityLevel: "under_attack" });
    const { exitCode, stderr } = await setup(...fresh, "--yes");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("Bot Fight Mode is on, for the whole zone");
    expect(stderr).toContain("by an IP Access rule: custom rules, Octogate's too, do not run for them then");
    expect(stderr).toContain("Under Attack mode is on");
  });

  test("says that Browser Integrity Check is on, until a request with kube-apiserver's user agent got through", async () => {
    const words = "Browser Integrity Check is on";
    expect((await setup(...fresh, "--dry-run")).stderr).toContain(words);
    expect((await setup(...fresh, "--yes")).stderr).not.toContain(words);
    rig.passTo(1);
    expect((await setup("--yes")).stderr).toContain(words);
    rig.cloudflare.state.browserCheck = "off";
    expect((await setup("--yes")).stderr).not.toContain(words);
  });

  test("says so where it may not look at bot protection, and goes on", async () => {
    rig.cloudflare.state.granted.delete("Zone · Bot Management · Read");
    const { exitCode, stderr } = await setup(...fresh, "--yes");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("whether Bot Fight Mode would stop kube-apiserver could not be looked up");
  });
});
