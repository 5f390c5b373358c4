// Every command that changes something is killed at each call that changes something at Cloudflare, and commands run
// at once from two clones: no certificate in use is lost, no cluster is locked out, and no hostname is dropped.
import { X509Certificate } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { start } from "../support/program.ts";
import { until } from "../support/until.ts";
import { endState } from "./support/end-state.ts";
import { main } from "./support/octogate.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { fingerprintsIn, signInHostname } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  // Processes have the real clock: 75 s come to 375 ms.
  rig = await makeRig({ scale: 1 / 200 });
  await rig.cloudflare.addForeignCertificate();
  const setup = ["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"];
  expect((await rig.run([...setup, ...rig.edgeArgs])).exitCode).toBe(0);
});
afterEach(() => rig.close());

const deployed = () => fingerprintsIn(rig.deployed() ?? { bindings: [], secrets: new Map() });
const fingerprintOf = (name: string) =>
  rig.cloudflare.state.certificates.find(({ common_name }) => common_name === name)?.fingerprint_sha256 ?? "";
const admitted = () =>
  [...(rig.cloudflare.state.ruleset?.rules[0]?.expression ?? "").matchAll(/"([0-9a-f]{64})"/g)].map(([, one]) => one);
const count = { kills: 0, lost: 0, lockedOut: 0, dropped: 0 };

/**
 * Whether all that belongs to others is still there, and the cluster with this certificate still gets through.
 *
 * @param inUse null where the deployment is taken down
 */
function countLosses(inUse: string | null) {
  const { certificates, associatedHostnames } = rig.cloudflare.state;
  for (const fingerprint of [fingerprintOf("another owner's"), ...(inUse === null ? [] : [inUse])]) {
    const found = certificates.find(({ fingerprint_sha256 }) => fingerprint_sha256 === fingerprint);
    if (found?.status !== "active") count.lost += 1;
  }
  if (inUse !== null && (!deployed().includes(inUse) || !admitted().includes(inUse))) count.lockedOut += 1;
  for (const name of ["other.acme.dev", ...(inUse === null ? [] : [hostname])]) {
    if (!associatedHostnames.includes(name)) count.dropped += 1;
  }
  expect(count).toMatchObject({ lost: 0, lockedOut: 0, dropped: 0 });
}

const certificate = (...args: string[]) => ["certificate", ...args, "--yes"];
const rotate = () => certificate("rotate", "--cluster", "production", ...rig.edgeArgs);

interface Case {
  readonly prepare: readonly (() => readonly string[])[];
  readonly args: () => readonly string[];
  /** Whether production is still to be signed in to afterwards. */
  readonly goesOn: boolean;
}

const staging = () => ["setup", "--cluster", "staging", "--allow", "user:mona#5", "--yes", ...rig.edgeArgs];
const issue = () => certificate("issue", "--cluster", "production", "--name", "second");
const cases: Readonly<Record<string, Case>> = {
  "setup of one more cluster": { prepare: [], args: staging, goesOn: true },
  "setup of one more cluster, with signing in": {
    prepare: [],
    args: () => {
      rig.stdin = "stand-in-client-secret";
      const signIn = ["--sign-in-hostname", signInHostname, "--github-client-id", "Iv23liAcmeClusters00"];
      return [...staging(), ...signIn, "--client-secret-from-stdin"];
    },
    goesOn: true,
  },
  issue: { prepare: [], args: issue, goesOn: true },
  rotate: { prepare: [], args: rotate, goesOn: true },
  "rotate --finish": {
    prepare: [rotate],
    args: () => {
      rig.letFilesAge(".clusters/production/previous.crt", ".clusters/production/client.crt");
      const finish = ["--finish", "--in-use", ".clusters/production/client.crt", ...rig.edgeArgs];
      return certificate("rotate", "--cluster", "production", ...finish);
    },
    goesOn: true,
  },
  revoke: {
    prepare: [issue],
    args: () =>
      certificate("revoke", "--cluster", "production", "--fingerprint", fingerprintOf("octogate production second")),
    goesOn: true,
  },
  "teardown --cluster": {
    prepare: [staging],
    args: () => ["teardown", "--cluster", "staging", "--yes"],
    goesOn: true,
  },
  "teardown --everything": {
    prepare: [issue],
    args: () => {
      // A process would wait for what a younger file names.
      rig.letFilesAge("wrangler.toml");
      return ["teardown", "--everything", "--yes"];
    },
    goesOn: false,
  },
};

describe.each(Object.entries(cases))("%s", (_name, { prepare, args, goesOn }) => {
  test("killed at each call that changes something, and run again", { timeout: 300_000 }, async () => {
    for (const make of prepare) expect((await rig.run(make())).exitCode).toBe(0);
    const wanted = args();
    // What kube-apiserver has: the pair that lay in the folder when the command began.
    const inUse = new X509Certificate(rig.clone.read(".clusters/production/client.crt"));
    const fingerprint = goesOn ? inUse.fingerprint256.replaceAll(":", "").toLowerCase() : null;
    const restore = rig.save();
    const before = rig.cloudflare.mutations.length;
    expect((await rig.run(wanted)).exitCode).toBe(0);
    const mutations = rig.cloudflare.mutations.length - before;
    expect(mutations).toBeGreaterThan(2);
    const end = endState(rig);
    restore();
    // Each process gets one call further: what the one before has done is done.
    for (let at = 1; at <= mutations; at += 1) {
      let isHanging = false;
      rig.cloudflare.interfere = ({ method }) => {
        if (method === "GET" || isHanging) return null;
        isHanging = true;
        return { kind: "hang" };
      };
      const program = rig.start(wanted);
      await until(() => isHanging || program.hasEnded(), 60_000, "the command changes something, or ends");
      expect(isHanging, program.output()).toBe(true);
      // The call takes effect, and the command never hears of it.
      process.kill(program.pid, "SIGKILL");
      await program.ended();
      rig.cloudflare.dropConnections();
      count.kills += 1;
      countLosses(fingerprint);
      if (!goesOn) rig.letFilesAge("wrangler.toml");
    }
    rig.cloudflare.interfere = () => null;
    const { stderr } = await rig.run(wanted);
    expect(stderr).not.toContain("Error:");
    countLosses(fingerprint);
    expect(endState(rig)).toEqual(end);
    console.log(JSON.stringify(count));
  });
});

test("two commands at once from one clone, and from two", { timeout: 300_000 }, async () => {
  const fingerprint = fingerprintOf("octogate production");
  const other = mkdtempSync(join(tmpdir(), "octogate-clone-"));
  cpSync(rig.clone.folder, other, { recursive: true, verbatimSymlinks: true });
  try {
    const setup = (cluster: string, cwd: string) => {
      const args = ["setup", "--cluster", cluster, "--allow", "user:mona#5", "--yes", ...rig.edgeArgs];
      return start(process.execPath, [main, ...args], { cwd, env: rig.env }).ended();
    };
    const results: (number | null)[] = [];
    for (const [one, two, cwd] of [
      ["alpha", "beta", rig.clone.folder],
      ["gamma", "delta", rig.clone.folder],
      ["epsilon", "zeta", other],
    ] as const) {
      const pair = await Promise.all([setup(one, rig.clone.folder), setup(two, cwd)]);
      results.push(...pair.map(({ exitCode }) => exitCode));
      countLosses(fingerprint);
      for (const listed of deployed()) expect(admitted()).toContain(listed);
      for (const { stderr } of pair) expect(stderr).not.toContain("Error:");
    }
    expect(existsSync(join(other, "wrangler.toml"))).toBe(true);
    console.log(`exit codes ${results.join(" ")}; ${JSON.stringify(count)}`);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});
