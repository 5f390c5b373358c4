// A command that is killed at any request to Cloudflare, or after any change of a file, while Cloudflare shows changes
// late and refuses the token at first: run again, it comes to the same as a run that nothing disturbed. What a kill
// leaves behind is kept at each request of one run, before and after the request takes effect, and at each change of a
// file. The command is run on from each.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { newTokenMs } from "../../src/cli/cloudflare/api.ts";
import { maxLagMs } from "../../src/cli/cloudflare/patience.ts";
import { snapshot } from "./cloudflare/state.ts";
import { endState } from "./support/end-state.ts";
import { watchFileChanges } from "./support/file-changes.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { fingerprintsIn, signInHostname } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  await rig.cloudflare.addForeignCertificate();
  rig.typedSecret = "stand-in-client-secret";
});
afterEach(() => rig.close());

const count = { requests: 0, kills: 0, lost: 0, lockedOut: 0, dropped: 0, unknown: 0 };
afterAll(() => console.log(JSON.stringify(count)));

const setup = (cluster: string) => [
  ...["setup", "--cluster", cluster, "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"],
  ...rig.edgeArgs,
];
const signIn = (cluster: string) => [
  ...setup(cluster),
  ...["--sign-in-hostname", signInHostname, "--github-client-id", "Iv23liAcmeClusters00"],
];
const certificate = (...args: string[]) => ["certificate", ...args, "--yes"];
const issue = () => certificate("issue", "--cluster", "production", "--name", "second");
const rotate = () => certificate("rotate", "--cluster", "production", ...rig.edgeArgs);
const fingerprintOf = (name: string) =>
  rig.cloudflare.state.certificates.find(({ common_name }) => common_name === name)?.fingerprint_sha256 ?? "";

interface Case {
  readonly prepare: readonly (() => readonly string[])[];
  readonly args: () => readonly string[];
  /** Whether production goes on being signed in to: no moment may be without a certificate of it. */
  readonly goesOn: boolean;
  /** What the command says where it has nothing left to do, if that is an error. */
  readonly nothingLeft?: string;
}

const cases: Readonly<Record<string, Case>> = {
  setup: { prepare: [], args: () => setup("production"), goesOn: false },
  "setup of one more cluster": {
    prepare: [() => setup("production")],
    args: () => setup("staging"),
    goesOn: true,
  },
  "setup with signing in, from nothing": { prepare: [], args: () => signIn("production"), goesOn: false },
  "setup of signing in": { prepare: [() => setup("production")], args: () => signIn("production"), goesOn: true },
  "teardown --cluster, of the only one that people sign in to": {
    prepare: [() => setup("production"), () => signIn("staging")],
    args: () => ["teardown", "--cluster", "staging", "--yes"],
    goesOn: true,
    nothingLeft: "has no cluster staging",
  },
  "teardown --everything, with signing in": {
    prepare: [() => signIn("production")],
    args: () => ["teardown", "--everything", "--yes"],
    goesOn: false,
    nothingLeft: "has no route yet",
  },
  "certificate issue": { prepare: [() => setup("production")], args: issue, goesOn: true },
  "certificate rotate": { prepare: [() => setup("production")], args: rotate, goesOn: true },
  "certificate rotate --finish": {
    prepare: [() => setup("production"), rotate],
    args: () => {
      rig.letFilesAge(".clusters/production/previous.crt", ".clusters/production/client.crt");
      const inUse = ["--in-use", ".clusters/production/client.crt", ...rig.edgeArgs];
      return certificate("rotate", "--cluster", "production", "--finish", ...inUse);
    },
    goesOn: true,
  },
  "certificate revoke": {
    prepare: [() => setup("production"), issue],
    args: () =>
      certificate("revoke", "--cluster", "production", "--fingerprint", fingerprintOf("octogate production second")),
    goesOn: true,
  },
  "certificate revoke, of a key that lies elsewhere": {
    prepare: [() => setup("production"), issue],
    args: () => {
      for (const end of ["key", "crt"]) rmSync(rig.clone.path(`.clusters/production/second.${end}`));
      const fingerprint = fingerprintOf("octogate production second");
      return certificate("revoke", "--cluster", "production", "--fingerprint", fingerprint);
    },
    goesOn: true,
  },
  "teardown --cluster": {
    prepare: [() => setup("production"), () => setup("staging")],
    args: () => ["teardown", "--cluster", "staging", "--yes"],
    goesOn: true,
    nothingLeft: "has no cluster staging",
  },
  "teardown --everything": {
    prepare: [() => setup("production"), issue, () => setup("staging"), rotate],
    args: () => ["teardown", "--everything", "--yes"],
    goesOn: false,
    nothingLeft: "has no route yet",
  },
};

test.each(Object.entries(cases))("%s", { timeout: 300_000 }, async (name, { prepare, args, goesOn, nothingLeft }) => {
  for (const make of prepare) expect((await rig.run(make())).exitCode).toBe(0);
  const wanted = args();
  // What kube-apiserver has: the pair that lay in the folder when the command began.
  const inUse = goesOn ? fingerprintOfFile("client") : null;
  const worlds: (() => void)[] = [];
  let last = "";
  const keep = () => {
    const now = JSON.stringify([snapshot(rig.cloudflare.state), rig.clone.files()]);
    // Nothing has changed since the last one: a later kill leaves the same behind, with lists that are less late.
    if (now !== last) worlds.push(rig.save());
    last = now;
  };
  rig.cloudflare.interfere = () => {
    countLosses(inUse);
    keep();
    return null;
  };
  rig.cloudflare.onEffect = () => {
    count.kills += 1;
    keep();
  };
  const stopWatching = watchFileChanges(rig.clone.folder, keep);
  const undisturbed = await rig.run(wanted);
  stopWatching();
  expect(undisturbed.exitCode, undisturbed.stderr).toBe(0);
  expect(unknown()).toEqual([]);
  const end = endState(rig);
  rig.cloudflare.onEffect = () => {};
  rig.cloudflare.interfere = () => {
    countLosses(inUse);
    return null;
  };
  let [waitedMs, longestMs] = [0, 0];
  rig.onPause = (milliseconds) => {
    waitedMs += milliseconds;
  };
  for (const restore of worlds) {
    restore();
    rig.cloudflare.state.lateness.refusedRequests = 2;
    waitedMs = 0;
    const keyBefore = signingKey();
    const { exitCode, stderr } = await rig.run(wanted);
    // Tokens that it has signed go on: once it is deployed no run replaces it.
    if (keyBefore !== undefined && rig.deployed() !== undefined) expect(signingKey()).toBe(keyBefore);
    expect(count).toMatchObject({ lost: 0, lockedOut: 0, dropped: 0, unknown: 0 });
    if (nothingLeft === undefined || !stderr.includes(nothingLeft)) expect(exitCode, stderr).toBe(0);
    expect(endState(rig)).toEqual(end);
    longestMs = Math.max(longestMs, waitedMs);
  }
  // Once for what earlier runs made, whatever the number of things, once for its own change, and for the token.
  expect(longestMs).toBeLessThan(2 * maxLagMs + newTokenMs);
  console.log(`${name}: ${worlds.length} different states, longest wait ${longestMs / 1000} s`);
});

function signingKey(): string | undefined {
  return rig.deployed()?.secrets.get("SIGNING_KEY_A");
}

function fingerprintOfFile(pair: string): string {
  const { fingerprint256 } = new X509Certificate(rig.clone.read(`.clusters/production/${pair}.crt`));
  return fingerprint256.replaceAll(":", "").toLowerCase();
}

/** @returns the active certificates of ours that wrangler.toml does not list, or whose key is not here */
function unknown(): string[] {
  const toml = rig.clone.read("wrangler.toml");
  const keys = rig.clone.files().filter(({ name }) => name.endsWith(".key"));
  const ours = rig.cloudflare.state.certificates.filter(
    ({ status, common_name = "" }) => status === "active" && common_name.startsWith("octogate"),
  );
  return ours.flatMap(({ fingerprint_sha256 = "", certificate: pem }) => {
    const isHeld = keys.some(({ content }) => new X509Certificate(pem).checkPrivateKey(createPrivateKey(content)));
    return isHeld && toml.includes(fingerprint_sha256) ? [] : [fingerprint_sha256];
  });
}

/** @param inUse the certificate that kube-apiserver has, if it is to go on */
function countLosses(inUse: string | null): void {
  count.requests += 1;
  const { certificates, associatedHostnames, ruleset, domains } = rig.cloudflare.state;
  const isActive = (fingerprint: string) =>
    certificates.some(({ fingerprint_sha256, status }) => fingerprint_sha256 === fingerprint && status === "active");
  if (!isActive(fingerprintOf("another owner's"))) count.lost += 1;
  if (!associatedHostnames.includes("other.acme.dev")) count.dropped += 1;
  if (!ruleset?.rules.some(({ description }) => description === "another owner's")) count.lost += 1;
  if (inUse !== null) {
    const deployed = fingerprintsIn(rig.deployed() ?? { bindings: [], secrets: new Map() });
    const rule = ruleset?.rules.find(({ ref }) => ref === "octogate_auth_acme_dev")?.expression ?? "";
    if (!isActive(inUse)) count.lost += 1;
    if (!deployed.includes(inUse) || !deployed.filter(isActive).every((one) => rule.includes(one))) {
      count.lockedOut += 1;
    }
    if (!associatedHostnames.includes(hostname)) count.dropped += 1;
    if (!domains.some((domain) => domain.hostname === hostname && domain.service === "octogate")) count.lockedOut += 1;
  }
}
