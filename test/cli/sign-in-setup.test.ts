// `octogate setup` with signing in: what it makes at Cloudflare and here, what it refuses, and that a second run
// changes nothing. Against the late stand-in, with the Worker itself at the sign-in hostname.
import { createPrivateKey } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { signInLimit } from "../../src/cli/cloudflare/rate-limit-rule.ts";
import { brokenOnce } from "./cloudflare/stand-in.ts";
import { othersRule, snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { signInHostname } from "./support/worker-in-place.ts";

const clientId = "Iv23liAcmeClusters00";
const clientSecret = "stand-in-client-secret";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  rig.typedSecret = clientSecret;
});
afterEach(() => rig.close());

const setup = (...args: string[]) =>
  rig.run(["setup", "--cluster", "production", "--hostname", hostname, "--yes", ...rig.edgeArgs, ...args]);
const allow = ["--allow", "org:acme-inc#77"];
const signIn = ["--sign-in-hostname", signInHostname, "--github-client-id", clientId];
const secretsOf = () => rig.deployed()?.secrets ?? new Map<string, string>();

describe("setup with --sign-in-hostname", () => {
  test("makes the second domain, the rule, the settings and the secrets, and sees that people can sign in", async () => {
    const { exitCode, stdout, stderr } = await setup(...allow, ...signIn);
    expect(stderr).not.toContain("Error:");
    expect(exitCode, stderr).toBe(0);
    const { domains, ruleset, rateLimits, associatedHostnames } = rig.cloudflare.state;
    expect(domains.map((domain) => [domain.hostname, domain.service])).toEqual([
      [hostname, "octogate"],
      [signInHostname, "octogate"],
    ]);
    expect(rateLimits?.rules).toMatchObject([
      {
        ref: "octogate_login_acme_dev",
        action: "block",
        enabled: true,
        expression: `(lower(http.host) eq "${signInHostname}")`,
        ratelimit: signInLimit,
      },
    ]);
    expect(associatedHostnames).not.toContain(signInHostname);
    expect(ruleset?.rules.filter(({ expression = "" }) => expression.includes(signInHostname))).toEqual([]);
    const toml = rig.clone.read("wrangler.toml");
    expect(toml).toContain(`[[routes]]\npattern = "${signInHostname}"\ncustom_domain = true`);
    expect(toml).toContain(`\nISSUER_URL = "https://${signInHostname}"`);
    expect(toml).toContain(`\nGITHUB_CLIENT_ID = "${clientId}"`);
    expect(toml).toMatch(/\[vars\.CLUSTER_PRODUCTION\]\nsign_in = true\n/);
    expect(toml).toContain('required = ["CACHE_SECRET", "OAUTH_CLIENT_SECRETS", "SIGNING_KEY_A"]');
    expect(secretsOf().get("OAUTH_CLIENT_SECRETS")).toBe(JSON.stringify({ [clientId]: clientSecret }));
    expect(stdout).toContain(`https://${signInHostname} is where people sign in.`);
    expect(stdout).toContain("docs/sign-in.md");
  });

  test("makes a key of 2,048 bits that is in one secret and nowhere else", async () => {
    const { stdout, stderr } = await setup(...allow, ...signIn);
    const key = secretsOf().get("SIGNING_KEY_A") ?? "";
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(key);
    expect([asymmetricKeyType, asymmetricKeyDetails?.modulusLength]).toEqual(["rsa", 2048]);
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const [, line = ""] = key.split("\n");
    const everywhere = [stdout, stderr, ...rig.clone.files().map(({ content }) => content)];
    for (const secret of [line, clientSecret]) for (const text of everywhere) expect(text).not.toContain(secret);
    const [call] = rig.clone.wranglerCalls();
    expect(call?.secretsFileMode).toBe("600");
    expect(rig.clone.wranglerCalls()).toHaveLength(1);
    expect(rig.clone.has(call?.secretsFile ?? "")).toBe(false);
  });

  test("changes nothing when it runs again, with and without the options, and asks for nothing", async () => {
    expect((await setup(...allow, ...signIn)).exitCode).toBe(0);
    rig.typedSecret = null;
    const before = [snapshot(rig.cloudflare.state), rig.clone.read("wrangler.toml")];
    for (const args of [signIn, ["--sign-in-hostname", signInHostname], []]) {
      const { exitCode, stdout, stderr } = await setup(...args);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain("Nothing had to be changed.");
    }
    expect([snapshot(rig.cloudflare.state), rig.clone.read("wrangler.toml")]).toEqual(before);
  });

  test("turns it on for a cluster that is there, without a word about its policy or its certificate", async () => {
    expect((await setup(...allow)).exitCode).toBe(0);
    const { exitCode, stderr } = await setup(...signIn);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("sign_in of production ([vars.CLUSTER_PRODUCTION])");
    expect(rig.cloudflare.state.certificates).toHaveLength(1);
  });

  test("takes the client secret from stdin, alone or with those of other apps", async () => {
    rig.typedSecret = null;
    rig.stdin = `${clientSecret}\n`;
    expect((await setup(...allow, ...signIn, "--client-secret-from-stdin")).exitCode).toBe(0);
    expect(secretsOf().get("OAUTH_CLIENT_SECRETS")).toBe(JSON.stringify({ [clientId]: clientSecret }));
    // The same line again, as after a break: what is deployed stays.
    const again = await setup(...signIn, "--client-secret-from-stdin");
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain("OAUTH_CLIENT_SECRETS: warning: is deployed already, and stays");
    const all = JSON.stringify({ [clientId]: "another", Ov23liOther: "one-more" });
    rig.stdin = all;
    const { exitCode } = await setup("--client-secret-from-stdin");
    expect(exitCode).toBe(0);
    expect(secretsOf().get("OAUTH_CLIENT_SECRETS")).toBe(all);
  });

  test("never replaces a signing key that is deployed, be it the other one", async () => {
    expect((await setup(...allow)).exitCode).toBe(0);
    secretsOf().set("SIGNING_KEY_B", "the operator's own");
    const toml = rig.clone.read("wrangler.toml");
    rig.clone.write("wrangler.toml", `${toml}\n[vars.SIGNING_KEYS]\nsigns = "b"\n`);
    await setup(...signIn, "--wait", "0");
    expect([...secretsOf().keys()].sort()).toEqual(["CACHE_SECRET", "OAUTH_CLIENT_SECRETS", "SIGNING_KEY_B"]);
    expect(secretsOf().get("SIGNING_KEY_B")).toBe("the operator's own");
  });

  test("makes no second key while Cloudflare does not list the first one yet", async () => {
    rig.cloudflare.interfere = ({ path }) =>
      path.endsWith("/upload") ? { kind: "answer", when: "after", answer: brokenOnce } : null;
    expect((await setup(...allow, ...signIn)).exitCode).toBe(1);
    rig.cloudflare.interfere = () => null;
    const key = secretsOf().get("SIGNING_KEY_A");
    expect(key).toBeDefined();
    const { exitCode, stderr } = await setup(...allow, ...signIn);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/waiting until Cloudflare lists .*SIGNING_KEY_A/);
    expect(secretsOf().get("SIGNING_KEY_A")).toBe(key);
  });
});

describe("the rate-limiting rule", () => {
  test("is corrected where it was turned off, and keeps the operator's numbers where it is on", async () => {
    await setup(...allow, ...signIn);
    const rule = rig.cloudflare.state.rateLimits?.rules[0];
    if (rule?.ratelimit === undefined) throw new Error("there is no rule");
    rule.ratelimit.requests_per_period = 500;
    expect((await setup()).stdout).toContain("Nothing had to be changed.");
    rule.enabled = false;
    const { stderr } = await setup();
    expect(stderr).toContain("correct the rate-limiting rule octogate_login_acme_dev");
    expect(rig.cloudflare.state.rateLimits?.rules).toMatchObject([{ enabled: true, ratelimit: signInLimit }]);
  });

  test("is left out with a warning where another owner's has the only place, which stays", async () => {
    const others = { ...othersRule(), ratelimit: signInLimit };
    rig.cloudflare.state.rateLimits = { id: "0".repeat(32), rules: [others] };
    const { exitCode, stderr } = await setup(...allow, ...signIn);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(
      "the rate-limiting rule octogate_login_acme_dev: warning: is not there, for the zone has 1, as many as its plan (free) has room for",
    );
    expect(stderr).not.toContain("are limited");
    expect(rig.cloudflare.state.rateLimits.rules).toEqual([others]);
  });

  test("is left out with Cloudflare's own words where the plan does not take it", async () => {
    rig.cloudflare.state.takesHostInRateLimits = false;
    const { exitCode, stderr } = await setup(...allow, ...signIn);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("is not there, for Cloudflare answered 400: not entitled: the use of field http.host");
    expect(rig.cloudflare.state.domains).toHaveLength(2);
  });

  test("comes behind another owner's where there is room, and that one stays", async () => {
    rig.cloudflare.state.plan = "pro";
    const others = { ...othersRule(), ratelimit: signInLimit };
    rig.cloudflare.state.rateLimits = { id: "0".repeat(32), rules: [others] };
    expect((await setup(...allow, ...signIn)).exitCode).toBe(0);
    const { rules } = rig.cloudflare.state.rateLimits;
    expect(rules.map(({ ref }) => ref)).toEqual([others.ref, "octogate_login_acme_dev"]);
    expect(rules[0]).toEqual(others);
  });
});

describe("before anything is changed, setup", () => {
  const refused = async (...args: string[]) => {
    const { length } = rig.cloudflare.mutations;
    const toml = rig.clone.read("wrangler.toml");
    const result = await setup(...args);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).not.toContain("Error:");
    expect(rig.cloudflare.mutations).toHaveLength(length);
    expect(rig.clone.read("wrangler.toml")).toBe(toml);
    return result;
  };

  test("without an app says what to enter at GitHub, as a list to tick", async () => {
    const { stdout, stderr } = await refused(...allow, "--sign-in-hostname", signInHostname);
    expect(stderr).toContain("GITHUB_CLIENT_ID: is not known: which GitHub App do people sign in with?");
    expect(stdout).toContain("https://github.com/organizations/acme-inc/settings/apps/new?");
    expect(stdout).toContain(`[ ] Callback URL: https://${signInHostname}/callback, and no other`);
    expect(stdout).toContain("Only on this account (private)");
    expect(stdout).toContain("Enable Device Flow: off");
    expect(rig.cloudflare.calls).toEqual([]);
  });

  test("says that people of several organisations need a public app", async () => {
    const { stdout } = await refused("--allow", "org:acme-inc#77", "user:mona#5", "--sign-in-hostname", signInHostname);
    expect(stdout).toContain("Any account (public)");
    expect(stdout).toContain("&public=true&");
  });

  test.each([
    [["--github-client-id", clientId], "--github-client-id: is for signing in"],
    [["--client-secret-from-stdin"], "--client-secret-from-stdin: is for signing in"],
    [["--sign-in-hostname", hostname], "--sign-in-hostname: is the clusters' hostname"],
  ])("refuses %j alone", async (args, message) => {
    expect((await refused(...allow, ...args)).stderr).toContain(message);
  });

  test.each([
    ["nothing", "", "there is no client secret on stdin"],
    ["several words", "two words", "there is no client secret on stdin"],
    ["broken JSON", '{"hidden-as-well": 1', "is no JSON of client ids and their secrets"],
    ["the secrets of others", '{"Ov23liOther":"hidden"}', `lacks the secret of ${clientId}`],
  ])("refuses %s on stdin, and does not show it", async (_what, stdin, message) => {
    rig.stdin = stdin;
    const { stderr } = await refused(...allow, ...signIn, "--client-secret-from-stdin");
    expect(stderr).toContain(message);
    if (stdin !== "") expect(stderr).not.toContain(/hidden|two words/.exec(stdin)?.[0]);
  });

  test("says how the client secret comes in where there is no person to ask", async () => {
    rig.typedSecret = null;
    const { stderr } = await refused(...allow, ...signIn);
    expect(stderr).toContain("the client secret: is needed, and there is no person to ask here");
    expect(stderr).toContain("--client-secret-from-stdin");
  });

  test("refuses a hostname of another Worker, of a website, below a route, or of another zone", async () => {
    const { state } = rig.cloudflare;
    state.dnsRecords.push({ type: "CNAME", name: signInHostname, content: "elsewhere.test" });
    expect((await refused(...allow, ...signIn)).stderr).toContain(`${signInHostname}: leads somewhere already`);
    state.dnsRecords.pop();
    state.workerRoutes.push({ id: "1", pattern: `${signInHostname}/token*`, script: "other" });
    const { stderr } = await refused(...allow, ...signIn);
    expect(stderr).toContain("which would get every request first, with the token in it");
    state.workerRoutes.pop();
    const elsewhere = ["--sign-in-hostname", "login.other.dev", "--github-client-id", clientId];
    expect((await refused(...allow, ...elsewhere)).stderr).toContain("login.other.dev: lies in no zone");
  });

  test("refuses another hostname and another app than those that are there", async () => {
    await setup(...allow, ...signIn);
    const hint = "people sign in at login.acme.dev here";
    expect((await refused("--sign-in-hostname", "signin.acme.dev")).stderr).toContain(hint);
    const other = await refused("--github-client-id", "Iv23liAnotherApp0000");
    expect(other.stderr).toContain(`people sign in with the app ${clientId} here`);
  });

  test("says what to do where OAUTH_CLIENT_SECRETS is deployed for other apps", async () => {
    await setup(...allow);
    secretsOf().set("OAUTH_CLIENT_SECRETS", "of other apps");
    const { stderr } = await refused(...signIn);
    expect(stderr).toContain("OAUTH_CLIENT_SECRETS: is deployed already, and Cloudflare never gives it back");
    expect(stderr).toContain("pipe in the whole JSON");
    rig.stdin = JSON.stringify({ [clientId]: clientSecret, Ov23liOther: "one-more" });
    expect((await setup(...signIn, "--client-secret-from-stdin")).exitCode).toBe(0);
  });

  test("shows the plan without a token", async () => {
    rig.env.CLOUDFLARE_API_TOKEN = "";
    const { exitCode, stdout } = await setup(...allow, ...signIn, "--dry-run");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("at most 100 requests to login.acme.dev in 10 seconds from one address");
    expect(stdout).toContain("make a signing key (RSA, 2048 bits): the secret SIGNING_KEY_A");
    expect(stdout).toContain(`put the client secret of the app ${clientId}`);
    expect(rig.cloudflare.calls).toEqual([]);
  });
});

describe("the verification", () => {
  test("fails where the Worker has no secret of the app, and says which document", async () => {
    await setup(...allow, ...signIn);
    secretsOf().delete("OAUTH_CLIENT_SECRETS");
    secretsOf().set("OAUTH_CLIENT_SECRETS", "{}");
    const { exitCode, stderr } = await setup();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`https://${signInHostname}: /.well-known/openid-configuration answered 503`);
  });

  test("waits for a new hostname, and says what for", async () => {
    let asked = 0;
    rig.faults.atSignIn = () => {
      asked += 1;
      return asked > 20 ? null : new Response("error code: 1016", { status: 530 });
    };
    const { exitCode, stderr } = await setup(...allow, ...signIn, "--wait", "300");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/waiting until people can sign in at login\.acme\.dev: .*error code 1016/);
  });

  test("fails where the hostname is behind a challenge", async () => {
    rig.faults.atSignIn = () => new Response("", { status: 403, headers: { "cf-mitigated": "challenge" } });
    const { exitCode, stderr } = await setup(...allow, ...signIn);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`https://${signInHostname}: a challenge page that only a browser can pass`);
  });

  test("a deployment from a file without the sign-in is refused: it would sign people out", async () => {
    await setup(...allow);
    const before = rig.clone.read("wrangler.toml");
    await setup(...signIn);
    rig.clone.write("wrangler.toml", before);
    const { exitCode, stderr } = await setup();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("sign_in of CLUSTER_PRODUCTION");
  });
});
