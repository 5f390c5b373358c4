// Clusters that people only sign in to, such as managed ones: without the webhook, its hostname and its certificates.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { brokenOnce } from "./cloudflare/stand-in.ts";
import { snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { signInHostname } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  rig.typedSecret = "stand-in-client-secret";
});
afterEach(() => rig.close());

const setup = (cluster: string, ...args: string[]) =>
  rig.run(["setup", "--cluster", cluster, "--yes", ...rig.edgeArgs, ...args]);
const allow = ["--allow", "org:acme-inc#77"];
const signIn = ["--sign-in-hostname", signInHostname, "--github-client-id", "Iv23liAcmeClusters00"];
const alone = [...allow, ...signIn, "--no-webhook"];
const teardown = (...args: string[]) => rig.run(["teardown", "--yes", ...args]);
const hostnames = () => rig.cloudflare.state.domains.map((domain) => domain.hostname);
const withoutCertificates = () => ({ ...(snapshot(rig.cloudflare.state) as object), certificates: [] });
const firewallRules = () => rig.cloudflare.state.ruleset?.rules.map(({ ref }) => ref) ?? [];
const ownRule = "octogate_auth_acme_dev";

async function succeed(run: Promise<{ exitCode: number; stdout: string; stderr: string }>) {
  const result = await run;
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  return result;
}

/** Each run gets one change further than the one before. @returns how many runs it took */
async function untilItIsThrough(run: () => Promise<{ exitCode: number; stderr: string }>): Promise<number> {
  for (let runs = 1; ; runs += 1) {
    let count = 0;
    rig.cloudflare.interfere = ({ method }) => {
      if (method === "GET") return null;
      count += 1;
      return count > 1 ? { kind: "answer", when: "before", answer: brokenOnce } : null;
    };
    const { exitCode, stderr } = await run();
    expect(stderr).not.toContain("Error:");
    rig.cloudflare.interfere = () => null;
    if (exitCode === 0) return runs;
    expect(runs).toBeLessThan(10);
  }
}

describe("setup --no-webhook", () => {
  test("makes the sign-in hostname alone: no certificate, no rule, no association, no files", async () => {
    const { certificates, associatedHostnames } = structuredClone(rig.cloudflare.state);
    const { stdout, stderr } = await succeed(setup("managed", ...alone));
    expect(hostnames()).toEqual([signInHostname]);
    expect(firewallRules()).not.toContain(ownRule);
    expect(rig.cloudflare.state).toMatchObject({ certificates, associatedHostnames });
    const toml = rig.clone.read("wrangler.toml");
    expect(toml).toContain("[vars.CLUSTER_MANAGED]\nsign_in = true\n");
    expect(toml).not.toMatch(/^client_certificates/m);
    expect(toml.match(/^pattern = .*$/gm)).toEqual([`pattern = "${signInHostname}"`]);
    expect(rig.clone.has(".clusters/managed")).toBe(false);
    expect(stderr).not.toMatch(/certificate|webhook|kube-apiserver/);
    expect(stdout).not.toContain("reviews");
    expect(stdout).toContain(`https://${signInHostname} is where people sign in.`);
    expect((await succeed(rig.run(["check"]))).stdout).not.toContain("placeholder");
  });

  test("changes nothing when it runs again, with and without the options", async () => {
    await succeed(setup("managed", ...alone));
    rig.typedSecret = null;
    const before = [snapshot(rig.cloudflare.state), rig.clone.read("wrangler.toml")];
    for (const args of [[...signIn, "--no-webhook"], ["--no-webhook"], []]) {
      expect((await succeed(setup("managed", ...args))).stdout).toContain("Nothing had to be changed.");
    }
    expect([snapshot(rig.cloudflare.state), rig.clone.read("wrangler.toml")]).toEqual(before);
  });

  test("goes on after a break at any step", async () => {
    await untilItIsThrough(() => setup("managed", ...alone));
    expect(hostnames()).toEqual([signInHostname]);
    expect(rig.cloudflare.state.certificates).toEqual([]);
  });

  test("leaves the clusters' hostname to those that ask for reviews, and gives this one no certificate", async () => {
    await succeed(setup("production", "--hostname", hostname, ...allow));
    const { certificates, ruleset } = structuredClone(rig.cloudflare.state);
    await succeed(setup("managed", ...alone));
    expect(rig.cloudflare.state.certificates).toEqual(certificates);
    expect(rig.cloudflare.state.ruleset).toEqual(ruleset);
    expect(hostnames()).toEqual([hostname, signInHostname]);
    expect((await succeed(setup("production"))).stdout).toContain("Nothing had to be changed.");
  });

  test.each([false, true])("is refused where no person signs in to it; to another cluster: %s", async (isElsewhere) => {
    if (isElsewhere) await succeed(setup("managed", ...alone));
    const { length } = rig.cloudflare.mutations;
    const { exitCode, stderr } = await setup("staging", "--no-webhook", ...allow);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("--no-webhook: is for a cluster that people sign in to");
    expect(rig.cloudflare.mutations).toHaveLength(length);
  });

  test("is refused for a cluster with certificates, and with a hostname for reviews", async () => {
    await succeed(setup("production", "--hostname", hostname, ...allow));
    const { exitCode, stderr } = await setup("production", ...signIn, "--no-webhook");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("wrangler.toml: CLUSTER_PRODUCTION: production has the webhook already");
    expect((await setup("production", ...signIn, "--no-webhook", "--hostname", hostname)).exitCode).toBe(2);
  });

  test("is named where a new deployment has no hostname for reviews", async () => {
    const { stderr } = await setup("managed", ...allow, ...signIn);
    expect(stderr).toContain("has no route yet");
    expect(stderr).toContain("--no-webhook makes none, for clusters that people only sign in to");
  });

  test("shows with --dry-run and without an API token what would be made, and nothing of the webhook", async () => {
    delete rig.env.CLOUDFLARE_API_TOKEN;
    const { stdout } = await succeed(rig.run(["setup", "--cluster", "managed", ...alone, "--dry-run"]));
    expect(stdout).toContain(`the sign-in at ${signInHostname}`);
    expect(stdout).not.toMatch(/certificate|custom rule|kube-apiserver/);
  });
});

test("a cluster gets the webhook later, by the hostname for reviews", async () => {
  await succeed(setup("managed", ...alone));
  await succeed(setup("managed", "--hostname", hostname));
  expect(hostnames().toSorted()).toEqual([hostname, signInHostname]);
  expect(firewallRules()).toContain(ownRule);
  expect(rig.cloudflare.state.certificates).toHaveLength(1);
  expect((await succeed(setup("managed"))).stdout).toContain("answers managed's reviews");
});

test("doctor looks at the sign-in hostname alone", async () => {
  await succeed(setup("managed", ...alone));
  const [connect = "", port = "", ca = "", file = ""] = rig.edgeArgs;
  const { stdout } = await succeed(rig.run(["doctor", "--json", connect, port, ca, file]));
  const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string }[] };
  expect(checks.map(({ name, state }) => [name, state])).toEqual(
    ["configuration", "sign-in", "sign-in-clock", "discovery", "signing-keys", "callback", "sign-in-closed"].map(
      (name) => [name, "ok"],
    ),
  );
});

test("commands for certificates say that no cluster asks for reviews", async () => {
  await succeed(setup("managed", ...alone));
  const issue = () => rig.run(["certificate", "issue", "--cluster", "managed", "--name", "x", "--yes"]);
  const { exitCode, stderr } = await issue();
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no cluster asks for reviews");
  expect(stderr).toContain("octogate setup --cluster NAME --hostname HOSTNAME makes one ask");
  await succeed(rig.run(["signing-key", "create", "--yes", ...rig.edgeArgs]));
  await succeed(setup("production", "--hostname", hostname, ...allow));
  expect((await issue()).stderr).toContain(`octogate setup --cluster managed --hostname ${hostname} makes one`);
});

describe("teardown", () => {
  test("--everything takes the sign-in hostname, and puts the file back", async () => {
    const before = withoutCertificates();
    const shipped = rig.clone.read("wrangler.toml").replace(/^allow = .*$/m, 'allow = ["org:acme-inc#77"]');
    await succeed(setup("production", ...alone));
    const { stderr } = await succeed(teardown("--everything"));
    expect(stderr).not.toContain("custom rule");
    expect(withoutCertificates()).toEqual(before);
    // The line with the certificates comes back above its comment.
    expect(rig.clone.read("wrangler.toml").split("\n").toSorted()).toEqual(shipped.split("\n").toSorted());
    await succeed(setup("production", ...alone));
  });

  test("--cluster of the last one that asks for reviews takes their hostname along", async () => {
    await succeed(setup("managed", ...alone));
    const after = { ...withoutCertificates(), toml: rig.clone.read("wrangler.toml") };
    await succeed(setup("production", "--hostname", hostname, ...allow));
    const { stderr } = await succeed(teardown("--cluster", "production"));
    expect(stderr).toContain(`detach ${hostname}: users can no longer sign in to production`);
    expect(hostnames()).toEqual([signInHostname]);
    expect(firewallRules()).not.toContain(ownRule);
    expect({ ...withoutCertificates(), toml: rig.clone.read("wrangler.toml") }).toEqual(after);
    expect((await succeed(setup("managed"))).stdout).toContain("Nothing had to be changed.");
  });

  test("--cluster of the last one that asks for reviews goes on after a break at any step", async () => {
    await succeed(setup("managed", ...alone));
    const after = { ...withoutCertificates(), toml: rig.clone.read("wrangler.toml") };
    await succeed(setup("production", "--hostname", hostname, ...allow));
    expect(await untilItIsThrough(() => teardown("--cluster", "production"))).toBeGreaterThan(3);
    expect({ ...withoutCertificates(), toml: rig.clone.read("wrangler.toml") }).toEqual(after);
  });

  test("--cluster of one that people only sign in to leaves the clusters' hostname as it is", async () => {
    await succeed(setup("production", "--hostname", hostname, ...allow));
    const before = rig.clone.read("wrangler.toml");
    await succeed(setup("managed", ...alone));
    await succeed(teardown("--cluster", "managed"));
    expect(hostnames()).toEqual([hostname]);
    expect(firewallRules()).toContain(ownRule);
    expect(rig.clone.read("wrangler.toml")).toBe(before);
  });
});
