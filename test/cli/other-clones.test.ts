// Two clones of one deployment, or two commands at once: a wrangler.toml that is not up to date must lock no user out.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClusterFolder } from "../../src/cli/certificates/pair-files.ts";
import { until } from "../support/until.ts";
import { brokenOnce } from "./cloudflare/stand-in.ts";
import { snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { fingerprintsIn } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  await setup("production", "--hostname", hostname, "--allow", "org:acme-inc#77");
});
afterEach(() => rig.close());

const setup = (cluster: string, ...args: string[]) =>
  rig.run(["setup", "--cluster", cluster, ...rig.edgeArgs, "--yes", ...args]);
const listed = () => fingerprintsIn(rig.deployed() ?? { bindings: [], secrets: new Map() });
const toml = () => rig.clone.read("wrangler.toml");

describe("a wrangler.toml from before another certificate was accepted", () => {
  beforeEach(async () => {
    const before = toml();
    await rig.run(["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"]);
    rig.clone.write("wrangler.toml", before);
  });

  test.each(
    [
      ["setup", "--cluster", "staging", "--allow", "user:mona#7"],
      ["certificate", "issue", "--cluster", "production", "--name", "third"],
      ["certificate", "rotate", "--cluster", "production"],
      ["teardown", "--everything"],
    ].map((args) => ({ line: args.join(" "), args })),
  )("$line deploys nothing, and changes nothing else", async ({ args }) => {
    const before = { cloudflare: snapshot(rig.cloudflare.state), toml: toml() };
    const { exitCode, stderr } = await rig.run([...args, "--yes"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`does not have the certificate ${listed()[1]} of CLUSTER_PRODUCTION, which is deployed`);
    expect({ cloudflare: snapshot(rig.cloudflare.state), toml: toml() }).toEqual(before);
  });
});

test("teardown --everything leaves a deployment alone that has clusters which wrangler.toml does not know", async () => {
  const before = toml();
  await setup("staging", "--allow", "user:mona#7");
  rig.clone.write("wrangler.toml", before);
  const { exitCode, stderr } = await rig.run(["teardown", "--everything", "--yes"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("does not have CLUSTER_STAGING, which is deployed");
  expect(rig.deployed()).toBeDefined();
});

test("teardown --everything leaves a Worker alone that answers at another hostname too", async () => {
  const [domain] = rig.cloudflare.state.domains;
  if (domain !== undefined) rig.cloudflare.state.domains.push({ ...domain, id: "2", hostname: "other.acme.dev" });
  const { exitCode, stderr } = await rig.run(["teardown", "--everything", "--yes"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("the Worker octogate answers at other.acme.dev too");
  expect(rig.deployed()).toBeDefined();
});

test("a cluster that another clone deploys while the command runs is not locked out", async () => {
  rig.cloudflare.interfere = ({ method }) => {
    if (method === "POST") {
      rig.deployed()?.bindings.push({ type: "json", name: "CLUSTER_STAGING", json: { client_certificates: [] } });
      rig.cloudflare.interfere = () => null;
    }
    return null;
  };
  const uploads = rig.clone.wranglerCalls().length;
  const { exitCode, stderr } = await rig.run(["certificate", "rotate", "--cluster", "production", "--yes"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("does not have CLUSTER_STAGING, which is deployed");
  expect(rig.clone.wranglerCalls()).toHaveLength(uploads);
});

test("what an operator writes into wrangler.toml while the command runs is not lost", async () => {
  rig.cloudflare.interfere = ({ method }) => {
    if (method !== "POST") return null;
    rig.clone.write("wrangler.toml", `${toml()}# the operator's own\n`);
    rig.cloudflare.interfere = () => null;
    return null;
  };
  const { exitCode, stderr } = await rig.run(["certificate", "rotate", "--cluster", "production", "--yes"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("wrangler.toml: was changed while this command ran");
  expect(toml()).toContain("# the operator's own");
  expect((await rig.run(["certificate", "rotate", "--cluster", "production", ...rig.edgeArgs, "--yes"])).exitCode).toBe(
    0,
  );
  expect(rig.cloudflare.state.certificates).toHaveLength(2);
});

test("a key that another command made meanwhile is not replaced", async () => {
  const folder = new ClusterFolder(rig.clone.folder, "production");
  await folder.createKey("second", "one command's");
  await expect(folder.createKey("second", "another's")).rejects.toThrow("was made meanwhile");
  expect(rig.clone.read(".clusters/production/second.key")).toBe("one command's");
  expect(statSync(folder.keyFile("second")).mode & 0o777).toBe(0o600);
});

test("a wrangler.toml keeps its mode, and stays the link that it is", async () => {
  renameSync(rig.clone.path("wrangler.toml"), rig.clone.path("elsewhere.toml"));
  symlinkSync(rig.clone.path("elsewhere.toml"), rig.clone.path("wrangler.toml"));
  chmodSync(rig.clone.path("elsewhere.toml"), 0o640);
  expect(
    (await rig.run(["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"])).exitCode,
  ).toBe(0);
  expect(readFileSync(rig.clone.path("elsewhere.toml"), "utf8")).toContain(listed()[1]);
  expect(realpathSync(rig.clone.path("wrangler.toml"))).toBe(realpathSync(rig.clone.path("elsewhere.toml")));
  expect(statSync(rig.clone.path("elsewhere.toml")).mode & 0o777).toBe(0o640);
  expect(readdirSync(rig.clone.folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("two setups at once in one process: each ends well, or says what to do, and all goes on with the next run", async () => {
  for (const names of [
    ["alpha", "beta"],
    ["gamma", "delta"],
    ["epsilon", "zeta"],
  ]) {
    const results = await Promise.all(names.map((name) => setup(name, "--allow", "user:mona#7")));
    for (const { exitCode, stderr } of results) {
      if (exitCode !== 0) expect(stderr).toMatch(/was changed while this command ran|which is deployed/);
      expect(stderr).not.toMatch(/Error:|EEXIST|ENOENT/);
    }
    for (const name of names) {
      const { exitCode, stderr } = await setup(name, "--allow", "user:mona#7");
      expect(exitCode, stderr).toBe(0);
    }
  }
  expect(listed()).toHaveLength(7);
  const { certificates } = rig.cloudflare.state;
  expect(certificates.map(({ fingerprint_sha256 }) => fingerprint_sha256).sort()).toEqual(listed().sort());
  expect(readdirSync(rig.clone.folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("two rotations at once that find one key have one certificate signed for it in the end", async () => {
  rig.cloudflare.interfere = ({ method }) =>
    method === "POST" ? { kind: "answer", when: "before", answer: brokenOnce } : null;
  const rotate = () => rig.run(["certificate", "rotate", "--cluster", "production", ...rig.edgeArgs, "--yes"]);
  expect((await rotate()).exitCode).toBe(1);
  rig.cloudflare.interfere = () => null;
  const results = await Promise.all([rotate(), rotate()]);
  expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
  expect(results.map(({ stderr }) => stderr).join()).toContain("was made meanwhile: another command runs");
  const active = rig.cloudflare.state.certificates.filter(({ status }) => status === "active");
  expect(active.map(({ fingerprint_sha256 }) => fingerprint_sha256).sort()).toEqual(listed().sort());
  expect(listed()).toHaveLength(2);
});

test("a deployment that replaces what another clone deployed at the same time says so, and names the certificate", async () => {
  const other = mkdtempSync(join(tmpdir(), "octogate-clone-"));
  try {
    cpSync(rig.clone.folder, other, { recursive: true, verbatimSymlinks: true });
    // The other clone's wrangler takes its time.
    const wrangler = join(other, "node_modules", ".bin", "wrangler");
    renameSync(wrangler, `${wrangler}-itself`);
    const script = `#!/bin/sh\ntouch waiting\nuntil [ -e go ]; do sleep 0.05; done\nexec "$0-itself" "$@"\n`;
    writeFileSync(wrangler, script, { mode: 0o755 });
    const args = ["setup", "--cluster", "beta", "--allow", "user:mona#7", "--yes", ...rig.edgeArgs];
    const slow = rig.run(args, null, other);
    await until(() => existsSync(join(other, "waiting")), 20_000, "the other clone deploys");
    expect((await setup("alpha", "--allow", "user:mona#7")).exitCode).toBe(0);
    const alpha = listed()[1];
    writeFileSync(join(other, "go"), "");
    const { exitCode, stderr } = await slow;
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`another clone added the certificate ${alpha} while this command ran`);
    // The clone that was first is told what it lacks, and locks no user out in turn.
    expect((await setup("alpha")).stderr).toContain("does not have CLUSTER_BETA, which is deployed");
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

test("a certificate that another clone dropped from the firewall rule meanwhile comes into it again", async () => {
  rig.cloudflare.onUpload = async () => {
    const rule = rig.cloudflare.state.ruleset?.rules[0];
    const other = "ab".repeat(32);
    const fingerprint = rig.cloudflare.state.certificates[1]?.fingerprint_sha256 ?? "";
    Object.assign(rule ?? {}, { expression: rule?.expression.replace(fingerprint, other) });
  };
  const { exitCode, stderr } = await rig.run([
    ...["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"],
  ]);
  const expression = rig.cloudflare.state.ruleset?.rules[0]?.expression;
  for (const one of listed()) expect(expression).toContain(one);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`another clone added the certificate ${"ab".repeat(32)} while this command ran`);
});

test("a wrangler.toml from before a revocation does not bring the revoked certificate back", async () => {
  await rig.run(["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"]);
  const [, second = ""] = listed();
  const before = toml();
  await rig.run(["certificate", "revoke", "--cluster", "production", "--fingerprint", second, "--yes"]);
  rig.clone.write("wrangler.toml", before);
  for (const args of [
    ["setup", "--cluster", "production", ...rig.edgeArgs],
    ["certificate", "issue", "--cluster", "production", "--name", "third"],
  ]) {
    const { exitCode, stderr } = await rig.run([...args, "--yes"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`lists the certificate ${second}, which is revoked and was taken out of the deployment`);
    expect(listed()).not.toContain(second);
  }
});
