import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Endpoint } from "../../src/node/https.ts";
import { mona } from "../support/people.ts";
import { brokenOnce } from "./cloudflare/stand-in.ts";
import { newState } from "./cloudflare/state.ts";
import { serveDeployedWorkers } from "./support/deployed-worker.ts";
import { startReviews } from "./support/review-loop.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { fingerprintsIn } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const folder = ".clusters/production";
const setup = () =>
  rig.run([
    ...["setup", "--cluster", "production", "--hostname", hostname, "--yes"],
    ...["--allow", `user:${mona.login}#${mona.id}`, ...rig.edgeArgs],
  ]);
const rotate = (args: string[], answer: boolean | null = null) =>
  rig.run(["certificate", "rotate", "--cluster", "production", ...rig.edgeArgs, ...args], answer);
const listed = () => fingerprintsIn(rig.deployed() ?? { bindings: [], secrets: new Map() });
const pair = (name = "client") => ({
  certificate: rig.clone.read(`${folder}/${name}.crt`),
  key: rig.clone.read(`${folder}/${name}.key`),
});
const fingerprint = (name = "client") =>
  new X509Certificate(pair(name).certificate).fingerprint256.replaceAll(":", "").toLowerCase();
const isPair = (name: string) =>
  new X509Certificate(pair(name).certificate).checkPrivateKey(createPrivateKey(pair(name).key));
const letTimePass = (...files: string[]) => rig.letFilesAge(`${folder}/previous.crt`, ...files);
const statuses = () => rig.cloudflare.state.certificates.map(({ status }) => status);

test("a rotation under load: no review is refused, from the first step to the last", async () => {
  const workers = await serveDeployedWorkers(rig);
  try {
    expect((await setup()).exitCode).toBe(0);
    const token = workers.github.issueToken(workers.github.addAccount(mona), { kind: "classic" });
    const endpoint: Endpoint = {
      hostname,
      connect: { host: "127.0.0.1", port: rig.edgePort },
      authorities: readFileSync(rig.caFile, "utf8"),
      proxy: null,
      timeoutMs: 10_000,
    };
    // One reads its files each time; the other gets the new ones from an operator, later.
    let brought = pair();
    const loops = [startReviews(endpoint, token, () => pair()), startReviews(endpoint, token, () => brought)];
    const before = fingerprint();
    expect((await rotate(["--yes"])).exitCode).toBe(0);
    expect(fingerprint()).not.toBe(before);
    brought = pair();
    rig.clone.write("node.crt", brought.certificate);
    letTimePass("node.crt");
    expect((await rotate(["--finish", "--in-use", "node.crt", "--yes"])).exitCode).toBe(0);
    const reached = loops.map(({ admitted }) => admitted);
    for (const loop of loops) await loop.stop();

    expect(loops.flatMap(({ refused }) => refused)).toEqual([]);
    for (const count of reached) expect(count).toBeGreaterThan(10);
    console.log(`${reached.join(" and ")} reviews answered during the rotation, 0 refused`);
    expect(listed()).toEqual([fingerprint()]);
    expect(statuses()).toEqual(["pending_revocation", "active"]);
  } finally {
    await workers.close();
  }
});

describe("the first half", () => {
  beforeEach(async () => void (await setup()));

  test("lists and deploys both certificates, and keeps the old pair beside the new one", async () => {
    const before = fingerprint();
    const { exitCode, stdout } = await rotate(["--yes"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("--finish --in-use");
    expect(listed()).toEqual([before, fingerprint()]);
    expect(fingerprint("previous")).toBe(before);
    expect([isPair("client"), isPair("previous")]).toEqual([true, true]);
    expect(rig.clone.has(`${folder}/next.key`)).toBe(false);
  });

  test("done again changes nothing: a rotation is under way", async () => {
    await rotate(["--yes"]);
    const mutations = rig.cloudflare.mutations.length;
    const { exitCode, stdout } = await rotate(["--yes"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("A rotation is under way already.");
    expect(rig.cloudflare.mutations).toHaveLength(mutations);
  });

  test("leaves the files alone while the new certificate is not accepted", async () => {
    const before = fingerprint();
    rig.passTo(1);
    const { exitCode } = await rotate(["--yes"]);
    expect(exitCode).toBe(1);
    expect(fingerprint()).toBe(before);
    expect(rig.clone.has(`${folder}/previous.crt`)).toBe(false);
  });

  test.each(["/client_certificates", "/upload"])(
    "goes on after a break at %s, with one new certificate",
    async (end) => {
      for (const when of ["before", "after"] as const) {
        rig.cloudflare.interfere = ({ method, path }) => {
          if (method !== "POST" || !path.endsWith(end)) return null;
          rig.cloudflare.interfere = () => null;
          return { kind: "answer", when, answer: brokenOnce };
        };
        await rotate(["--yes"]);
      }
      expect((await rotate(["--yes"])).exitCode).toBe(0);
      expect(statuses()).toEqual(["active", "active"]);
      expect(listed()).toHaveLength(2);
      expect(isPair("client")).toBe(true);
    },
  );

  test("goes on after a break between the key's and the certificate's change of place", async () => {
    await rotate(["--yes"]);
    // As if only the key had been moved.
    rig.clone.write(`${folder}/next.crt`, pair().certificate);
    rig.clone.write(`${folder}/client.crt`, pair("previous").certificate);
    expect((await rotate(["--finish", "--yes"])).stderr).toContain("the new certificate is not in place yet");
    expect((await setup()).stderr).toContain("run octogate certificate rotate --cluster production again");
    expect((await rotate(["--yes"])).exitCode).toBe(0);
    expect(isPair("client")).toBe(true);
    expect(fingerprint()).not.toBe(fingerprint("previous"));
    expect(statuses()).toEqual(["active", "active"]);
  });

  test("lets both certificates through the firewall, also if Cloudflare has renewed its authority meanwhile", async () => {
    const before = fingerprint();
    rig.cloudflare.state.authority = (await newState()).authority;
    // The edge trusts the old authority alone, so the new certificate is not seen to be accepted.
    await rotate(["--yes"]);
    const both = rig.cloudflare.state.certificates.map(({ fingerprint_sha256 }) => `"${fingerprint_sha256}"`).sort();
    expect(both).toContain(`"${before}"`);
    expect(rig.cloudflare.state.ruleset?.rules[0]?.expression).toContain(` in {${both.join(" ")}}`);
  });
});

describe("the second half", () => {
  beforeEach(async () => {
    await setup();
    await rotate(["--yes"]);
  });

  const expectBothKept = () => {
    expect(listed()).toEqual([fingerprint("previous"), fingerprint()]);
    expect(statuses()).toEqual(["active", "active"]);
  };

  test("waits until kube-apiserver must have read the new files", async () => {
    const { exitCode, stderr } = await rotate(["--finish", "--yes"], true);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/run this again in (?:300|29\d) s/);
    expectBothKept();
  });

  test("refuses while one node has the old certificate still, whatever else is said", async () => {
    letTimePass();
    rig.clone.write("one.crt", pair().certificate);
    rig.clone.write("other.crt", pair("previous").certificate);
    const { exitCode, stderr } = await rotate(["--finish", "--in-use", "one.crt", "other.crt", "--yes"], true);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`other.crt: holds the certificate ${fingerprint("previous")}, not the new`);
    expectBothKept();
  });

  test("waits until a node that got the new files late must have read them", async () => {
    letTimePass();
    rig.clone.write("node.crt", pair().certificate);
    const { exitCode, stderr } = await rotate(["--finish", "--in-use", "node.crt", "--yes"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/node\.crt: kube-apiserver reads .*run this again in (?:300|29\d) s/s);
    expectBothKept();
  });

  test("keeps both while wrangler.toml does not list the new one: it would be the one to go", async () => {
    letTimePass();
    rig.clone.write("wrangler.toml", rig.clone.read("wrangler.toml").replace(`, "${fingerprint()}"`, ""));
    const { exitCode, stderr } = await rotate(["--finish", "--yes"], true);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`does not have the certificate ${fingerprint()}`);
    expectBothKept();
  });

  test.each(["missing.crt", "wrangler.toml"])("takes %s for no responseInfo", async (file) => {
    letTimePass();
    expect((await rotate(["--finish", "--in-use", file, "--yes"])).stderr).toContain(`${file}: holds no certificate`);
    expectBothKept();
  });

  test("takes --yes alone for no responseInfo", async () => {
    letTimePass();
    const { exitCode, stderr } = await rotate(["--finish", "--yes"], true);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("it is not known whether every kube-apiserver has the new certificate");
    expectBothKept();
  });

  test.each([false, null])("keeps the old one if a person says %s", async (answer) => {
    letTimePass();
    expect((await rotate(["--finish"], answer)).exitCode).toBe(1);
    expectBothKept();
  });

  test("refuses while the new certificate is not accepted", async () => {
    letTimePass();
    rig.passTo(1);
    expect((await rotate(["--finish"], true)).exitCode).toBe(1);
    expectBothKept();
  });

  test("drops the old one if a person says yes, and goes on after a break at any step", async () => {
    letTimePass();
    const current = fingerprint();
    for (const step of ["POST /upload", "DELETE"]) {
      rig.cloudflare.interfere = ({ method, path }) =>
        `${method} ${path}`.startsWith(step.split(" ")[0] ?? "") && path.endsWith(step.split(" ")[1] ?? "")
          ? { kind: "answer", when: "after", answer: brokenOnce }
          : null;
      expect((await rotate(["--finish"], true)).exitCode).toBe(1);
    }
    rig.cloudflare.interfere = () => null;
    expect((await rotate(["--finish"], true)).exitCode).toBe(0);
    expect(listed()).toEqual([current]);
    expect(statuses()).toEqual(["pending_revocation", "active"]);
    expect(rig.clone.has(`${folder}/previous.key`)).toBe(false);
    expect((await rotate(["--finish"], true)).stdout).toBe("No rotation is under way.");
  });
});
