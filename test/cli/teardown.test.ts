import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makePrivateKey } from "../../src/cli/certificates/obtain.ts";
import { maxLagMs } from "../../src/cli/cloudflare/patience.ts";
import { makeAuthority } from "../../src/local/certificates.ts";
import { brokenOnce } from "./cloudflare/stand-in.ts";
import { type CloudflareState, newId, snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const setup = (cluster: string, ...args: string[]) =>
  rig.run(["setup", "--cluster", cluster, "--hostname", hostname, ...rig.edgeArgs, "--yes", ...args]);
const teardown = (...args: string[]) => rig.run(["teardown", "--yes", ...args]);

/** What can come back to what it was: Cloudflare never forgets a certificate. */
const withoutCertificates = (state: CloudflareState) => ({ ...(snapshot(state) as object), certificates: [] });

describe("teardown --everything", () => {
  test("undoes what setup made, and leaves what it did not make", async () => {
    await rig.cloudflare.addForeignCertificate();
    const before = withoutCertificates(rig.cloudflare.state);
    const toml = rig.clone.read("wrangler.toml");
    const allow = ["org:acme-inc#77"];
    expect((await setup("production", "--allow", ...allow)).exitCode).toBe(0);
    rig.clone.write(".clusters/production/notes.txt", "the operator's own");

    expect((await teardown("--everything")).exitCode).toBe(0);
    expect(withoutCertificates(rig.cloudflare.state)).toEqual(before);
    expect(rig.cloudflare.state.certificates.map(({ common_name, status }) => [common_name, status])).toEqual([
      ["another owner's", "active"],
      ["octogate production", "pending_revocation"],
    ]);
    // Who gets in is the operator's own text, and stays.
    const withPeople = toml.replace(/^allow = .*$/m, `allow = ${JSON.stringify(allow)}`);
    expect(rig.clone.read("wrangler.toml")).toBe(withPeople);
    expect(rig.clone.has(".clusters/production/client.key")).toBe(false);
    expect(rig.clone.has(".clusters/production/notes.txt")).toBe(true);
  });

  test("comes to the same after a break at any step, and then has nothing left to do", async () => {
    const before = withoutCertificates(rig.cloudflare.state);
    await setup("production", "--allow", "org:acme-inc#77");
    await rig.run(["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"]);
    const at = rig.cloudflare.mutations.length;
    // Each run gets one step further than the one before.
    for (let allowed = 0; ; allowed += 1) {
      let count = 0;
      rig.cloudflare.interfere = ({ method }) => {
        if (method === "GET") return null;
        count += 1;
        return count > 1 ? { kind: "answer", when: "before", answer: brokenOnce } : null;
      };
      const { exitCode, stderr } = await teardown("--everything");
      expect(stderr).not.toContain("Error:");
      if (exitCode === 0) break;
      expect(allowed).toBeLessThan(10);
    }
    expect(rig.cloudflare.mutations.length).toBeGreaterThan(at + 6);
    rig.cloudflare.interfere = () => null;
    expect(withoutCertificates(rig.cloudflare.state)).toEqual(before);
    expect(rig.cloudflare.state.certificates.map(({ status }) => status)).toEqual([
      "pending_revocation",
      "pending_revocation",
    ]);
    const again = await teardown("--everything");
    expect(again.stderr).toContain("has no route yet");
  });

  test("leaves a KV namespace that the operator chose", async () => {
    const own = { id: newId(), title: "my-own" };
    rig.cloudflare.state.namespaces.push(own);
    const toml = rig.clone.read("wrangler.toml");
    rig.clone.write("wrangler.toml", toml.replace('binding = "KV"', `binding = "KV"\nid = "${own.id}"`));
    await setup("production", "--allow", "org:acme-inc#77");
    expect((await teardown("--everything")).exitCode).toBe(0);
    expect(rig.cloudflare.state.namespaces).toContainEqual(own);
    expect(rig.clone.read("wrangler.toml")).toContain(`id = "${own.id}"`);
  });

  test("can be set up again afterwards", async () => {
    await setup("production", "--allow", "org:acme-inc#77");
    await setup("staging", "--allow", "org:acme-inc#77");
    await teardown("--everything");
    expect((await setup("production")).exitCode).toBe(0);
  });

  test("shows with --dry-run what would go, and asks before it goes", async () => {
    await setup("production", "--allow", "org:acme-inc#77");
    const before = snapshot(rig.cloudflare.state);
    const { stdout } = await rig.run(["teardown", "--everything", "--dry-run"]);
    for (const what of [hostname, "Worker octogate", "octogate_auth_acme_dev", "revoke", "KV namespace"]) {
      expect(stdout).toContain(what);
    }
    expect((await rig.run(["teardown", "--everything"], false)).exitCode).toBe(1);
    expect(snapshot(rig.cloudflare.state)).toEqual(before);
  });
});

describe("teardown --cluster", () => {
  beforeEach(async () => {
    await setup("production", "--allow", "org:acme-inc#77");
  });

  test("takes one cluster out, and leaves the others as they were", async () => {
    const before = { ...withoutCertificates(rig.cloudflare.state), toml: rig.clone.read("wrangler.toml") };
    await setup("staging", "--allow", "user:mona");
    expect((await teardown("--cluster", "staging")).exitCode).toBe(0);
    expect({ ...withoutCertificates(rig.cloudflare.state), toml: rig.clone.read("wrangler.toml") }).toEqual(before);
    expect(rig.cloudflare.state.certificates.map(({ status }) => status)).toEqual(["active", "pending_revocation"]);
    expect(rig.clone.has(".clusters/staging")).toBe(false);
    expect(rig.clone.has(".clusters/production/client.key")).toBe(true);
  });

  test("goes on after a break at any step", async () => {
    const before = withoutCertificates(rig.cloudflare.state);
    await setup("staging", "--allow", "user:mona");
    for (const [method, end] of [
      ["DELETE", ""],
      ["POST", "/upload"],
    ] as const) {
      rig.cloudflare.interfere = (call) =>
        call.method === method && call.path.endsWith(end)
          ? { kind: "answer", when: "before", answer: brokenOnce }
          : null;
      expect((await teardown("--cluster", "staging")).exitCode).toBe(1);
    }
    rig.cloudflare.interfere = () => null;
    expect((await teardown("--cluster", "staging")).exitCode).toBe(0);
    expect(withoutCertificates(rig.cloudflare.state)).toEqual(before);
    expect(rig.clone.has(".clusters/staging")).toBe(false);
    const { exitCode, stderr } = await teardown("--cluster", "staging");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("has no cluster staging");
  });

  test("refuses the last cluster: that is the whole deployment", async () => {
    const before = snapshot(rig.cloudflare.state);
    const { exitCode, stderr } = await teardown("--cluster", "production");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("teardown --everything");
    expect(snapshot(rig.cloudflare.state)).toEqual(before);
  });
});

test.each([[[]], [["--everything", "--cluster", "production"]]])("teardown %s is a usage error", async (args) => {
  expect((await teardown(...args)).exitCode).toBe(2);
});

describe("teardown waits", () => {
  const waitedFor = async (...args: string[]) => {
    let waitedMs = 0;
    rig.onPause = (milliseconds) => {
      waitedMs += milliseconds;
    };
    const { exitCode, stderr } = await teardown(...args);
    expect(exitCode, stderr).toBe(0);
    return waitedMs;
  };

  beforeEach(async () => {
    await setup("production", "--allow", "org:acme-inc#77");
    await setup("staging", "--allow", "user:mona");
  });

  test("for no certificate of another authority that lies in the folder, and for no old key", async () => {
    rig.letPass(90_000);
    const validity = { notBefore: new Date(Date.now() - 30 * 86_400_000), notAfter: new Date(Date.now() + 86_400_000) };
    rig.clone.write(".clusters/staging/stray.crt", (await makeAuthority(validity)).certificate);
    rig.clone.write(".clusters/staging/sa.key", makePrivateKey());
    rig.letFilesAge(".clusters/staging/sa.key");
    expect(await waitedFor("--cluster", "staging")).toBe(0);
    expect(rig.clone.has(".clusters/staging/stray.crt")).toBe(true);
    expect(rig.clone.has(".clusters/staging/sa.key")).toBe(true);
  });

  test("for nothing that an earlier run has taken away, but once, at the end, for the hostname", async () => {
    const files = ["production/client.crt", "staging/client.crt"].map((name) => `.clusters/${name}`);
    rig.letFilesAge("wrangler.toml", ...files);
    rig.cloudflare.interfere = ({ method }) =>
      method === "PUT" ? { kind: "answer", when: "after", answer: brokenOnce } : null;
    expect((await teardown("--everything")).exitCode).toBe(1);
    rig.cloudflare.interfere = () => null;
    rig.letFilesAge();
    const { length } = rig.cloudflare.mutations;
    expect(await waitedFor("--everything")).toBeLessThanOrEqual(maxLagMs);
    expect(rig.cloudflare.mutations).toHaveLength(length);
    expect(rig.cloudflare.state.associatedHostnames).toEqual(["other.acme.dev"]);
  });

  test("for its own change alone, where all of it has been there for long", async () => {
    const files = ["production/client.crt", "staging/client.crt"].map((name) => `.clusters/${name}`);
    rig.letFilesAge("wrangler.toml", ...files);
    expect(await waitedFor("--everything")).toBeLessThanOrEqual(80_000);
  });
});

test("a request for a key that was made long before is waited for like that of a new one", async () => {
  await setup("production", "--allow", "org:acme-inc#77");
  mkdirSync(rig.clone.path(".clusters/staging"));
  rig.clone.write(".clusters/staging/client.key", makePrivateKey());
  rig.letFilesAge(".clusters/staging/client.key");
  rig.cloudflare.interfere = ({ method }) =>
    method === "POST" ? { kind: "answer", when: "after", answer: brokenOnce } : null;
  expect((await setup("staging", "--allow", "user:mona")).exitCode).toBe(1);
  rig.cloudflare.interfere = () => null;
  expect((await setup("staging", "--allow", "user:mona")).exitCode).toBe(0);
  expect(rig.cloudflare.state.certificates.map(({ common_name }) => common_name)).toEqual([
    "octogate production",
    "octogate staging",
  ]);
});
