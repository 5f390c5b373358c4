// `octogate teardown` of a deployment that people sign in to: with the last client or with everything, and nothing that
// is another owner's.
import { afterEach, beforeEach, expect, test } from "vitest";
import { signInLimit } from "../../src/cli/cloudflare/rate-limit-rule.ts";
import { type CloudflareState, othersRule, snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { signInHostname } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  rig.typedSecret = "stand-in-client-secret";
});
afterEach(() => rig.close());

const setup = (cluster: string, ...args: string[]) =>
  rig.run([
    ...["setup", "--cluster", cluster, "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"],
    ...rig.edgeArgs,
    ...args,
  ]);
const signIn = ["--sign-in-hostname", signInHostname, "--github-client-id", "Iv23liAcmeClusters00"];
const workflow = "workflow:acme-inc/shop/.github/workflows/deploy.yml@refs/heads/main#77/9001";
const teardown = (...args: string[]) => rig.run(["teardown", "--yes", ...args]);
const withoutCertificates = (state: CloudflareState) => ({ ...(snapshot(state) as object), certificates: [] });
const hostnames = () => rig.cloudflare.state.domains.map((domain) => domain.hostname);
const limits = () => rig.cloudflare.state.rateLimits?.rules.map(({ ref }) => ref);

test("teardown --everything takes the second domain and the rule, and puts the file back", async () => {
  const before = withoutCertificates(rig.cloudflare.state);
  const toml = rig.clone.read("wrangler.toml").replace(/^allow = .*$/m, 'allow = ["org:acme-inc#77"]');
  expect((await setup("production", ...signIn)).exitCode).toBe(0);
  // The second key comes with a table, which would ask for both of them after a new setup.
  const next = await rig.run(["signing-key", "create", "--yes", ...rig.edgeArgs]);
  expect(next.exitCode, next.stderr).toBe(0);
  const { exitCode, stderr } = await teardown("--everything");
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain("detach login.acme.dev: users can no longer sign in with the browser");
  expect(stderr).toContain("delete the rate-limiting rule octogate_login_acme_dev");
  expect(withoutCertificates(rig.cloudflare.state)).toEqual(before);
  expect(rig.clone.read("wrangler.toml")).toBe(toml);
  expect((await setup("production", ...signIn)).exitCode).toBe(0);
});

test("teardown --everything leaves nothing in the file of all that commands write, nor of web applications", async () => {
  const before = rig.clone.read("wrangler.toml").replace(/^allow = .*$/m, 'allow = ["org:acme-inc#77"]');
  const commands = [
    ["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", ...signIn],
    ["setup", "--cluster", "staging", "--allow", "user:mona#5", ...signIn],
    ["certificate", "issue", "--cluster", "production", "--name", "second"],
    ["certificate", "rotate", "--cluster", "staging"],
    ["signing-key", "create"],
  ];
  for (const command of commands) {
    const isAtEdge = command[1] !== "issue";
    const { exitCode, stderr } = await rig.run([...command, "--yes", ...(isAtEdge ? rig.edgeArgs : [])]);
    expect(exitCode, `${command.join(" ")}: ${stderr}`).toBe(0);
  }
  const applications = ["grafana", "argocd"].map(
    (name) =>
      `\n[vars.CLIENT_${name.toUpperCase()}]\nallow = ["${workflow}"]\nredirect_uris = ["https://${name}.acme.dev/"]\n`,
  );
  rig.clone.write("wrangler.toml", rig.clone.read("wrangler.toml") + applications.join(""));
  expect((await setup("production")).exitCode).toBe(0);
  const { exitCode, stderr } = await teardown("--everything");
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain(
    "take [vars.CLUSTER_STAGING], [vars.CLIENT_GRAFANA], [vars.CLIENT_ARGOCD] out of wrangler.toml",
  );
  expect(rig.clone.read("wrangler.toml")).toBe(before);
  // And so a new setup is refused by nothing that was left behind.
  expect((await setup("production")).exitCode).toBe(0);
});

test("another owner's rate-limiting rule stays, and so does one that guards another Worker by now", async () => {
  rig.cloudflare.state.plan = "pro";
  const others = { ...othersRule(), ratelimit: signInLimit };
  rig.cloudflare.state.rateLimits = { id: "0".repeat(32), rules: [others] };
  await setup("production", ...signIn);
  const domain = rig.cloudflare.state.domains.find((one) => one.hostname === signInHostname);
  if (domain === undefined) throw new Error("there is no second domain");
  domain.service = "other";
  const { exitCode, stderr, stdout } = await teardown("--everything");
  expect(exitCode, stderr).toBe(0);
  const left = "This stays: the rate-limiting rule octogate_login_acme_dev: login.acme.dev leads to the Worker other.";
  expect(stdout).toContain(left);
  expect(hostnames()).toEqual([signInHostname]);
  expect(limits()).toEqual([others.ref, "octogate_login_acme_dev"]);
});

test("teardown --cluster leaves signing in to the clusters that people go on signing in to", async () => {
  await setup("production", ...signIn);
  expect((await setup("staging", ...signIn)).exitCode).toBe(0);
  expect((await teardown("--cluster", "staging")).exitCode).toBe(0);
  expect(hostnames()).toEqual([hostname, signInHostname]);
  expect(limits()).toEqual(["octogate_login_acme_dev"]);
  expect(rig.clone.read("wrangler.toml")).toContain(`ISSUER_URL = "https://${signInHostname}"`);
});

test("teardown --cluster of the last one takes it along, and names the secrets that stay with the Worker", async () => {
  await setup("production");
  const without = rig.clone.read("wrangler.toml");
  await setup("staging", ...signIn);
  const key = rig.deployed()?.secrets.get("SIGNING_KEY_A");
  const { exitCode, stdout, stderr } = await teardown("--cluster", "staging");
  expect(exitCode, stderr).toBe(0);
  expect(hostnames()).toEqual([hostname]);
  expect(limits()).toEqual([]);
  expect(rig.clone.read("wrangler.toml")).toBe(without);
  expect(stdout).toContain("This stays: the Worker's secret SIGNING_KEY_A.");
  // The webhook goes on, and a later setup finds the key.
  expect((await setup("production")).exitCode).toBe(0);
  expect(rig.deployed()?.secrets.get("SIGNING_KEY_A")).toBe(key);
});

test("a web application is a client, too", async () => {
  await setup("production", ...signIn);
  await setup("staging");
  const client =
    '\n[vars.CLIENT_GRAFANA]\nallow = ["org:acme-inc#77"]\nredirect_uris = ["https://grafana.acme.dev/login"]\n';
  rig.clone.write("wrangler.toml", rig.clone.read("wrangler.toml") + client);
  expect((await setup("staging")).exitCode).toBe(0);
  const { exitCode, stderr } = await teardown("--cluster", "production");
  expect(exitCode, stderr).toBe(0);
  expect(hostnames()).toEqual([hostname, signInHostname]);
});

const nameWorkflow = () => {
  const toml = rig.clone.read("wrangler.toml");
  rig.clone.write("wrangler.toml", toml.replace('["org:acme-inc#77"]', `["org:acme-inc#77", "${workflow}"]`));
};

test("ISSUER_URL stays where a cluster that stays names workflows: it begins the audience of their tokens", async () => {
  expect((await setup("production")).exitCode).toBe(0);
  expect((await setup("staging", ...signIn)).exitCode).toBe(0);
  nameWorkflow();
  const { exitCode, stdout, stderr } = await teardown("--cluster", "staging");
  expect(exitCode, stderr).toBe(0);
  expect(hostnames()).toEqual([hostname]);
  const toml = rig.clone.read("wrangler.toml");
  expect(toml).toContain(workflow);
  expect(toml).toContain(`ISSUER_URL = "https://${signInHostname}"`);
  expect(toml).not.toMatch(/^GITHUB_CLIENT_ID/m);
  expect(stdout).toContain("This stays: ISSUER_URL, which begins the audience of workflows' tokens.");
  const checked = await rig.run(["check"]);
  expect(checked.exitCode, checked.stdout + checked.stderr).toBe(0);
});

test("teardown --everything leaves ISSUER_URL to a table that names workflows, and setup goes on from there", async () => {
  expect((await setup("production", ...signIn)).exitCode).toBe(0);
  nameWorkflow();
  const { exitCode, stderr } = await teardown("--everything");
  expect(exitCode, stderr).toBe(0);
  expect(rig.clone.read("wrangler.toml")).toContain(`ISSUER_URL = "https://${signInHostname}"`);
  const again = await setup("production");
  expect(again.exitCode, again.stderr).toBe(0);
});
