// The firewall rule names the certificates that the Worker accepts: in step with every command, and at every moment of
// it at least those.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { firewallExpression, fits } from "../../src/cli/cloudflare/firewall-rule.ts";
import { makeAuthority } from "../../src/local/certificates.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { fingerprintsIn } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const setup = (cluster: string, ...args: string[]) =>
  rig.run(["setup", "--cluster", cluster, "--hostname", hostname, ...rig.edgeArgs, "--yes", ...args]);
const certificate = (...args: string[]) => rig.run(["certificate", ...args, "--yes"]);
const rule = () => rig.cloudflare.state.ruleset?.rules.find(({ ref }) => ref === "octogate_auth_acme_dev");
const admitted = () => [...(rule()?.expression ?? "").matchAll(/"([0-9a-f]{64})"/g)].map(([, one]) => one).sort();
const deployed = () => fingerprintsIn(rig.deployed() ?? { bindings: [], secrets: new Map() });
const usable = () =>
  deployed().filter((fingerprint) =>
    rig.cloudflare.state.certificates.some((one) => one.fingerprint_sha256 === fingerprint && one.status === "active"),
  );
const fingerprintOf = (name: string) =>
  rig.cloudflare.state.certificates.findLast(({ common_name }) => common_name === name)?.fingerprint_sha256 ?? "";
/** 64 hex digits that no certificate has. */
const madeUp = (count: number) => Array.from({ length: count }, (_, at) => (at + 1).toString(16).padStart(64, "0"));
const listMore = (fingerprints: readonly string[]) => {
  const more = fingerprints.map((one) => `, "${one}"`).join("");
  rig.clone.write(
    "wrangler.toml",
    rig.clone.read("wrangler.toml").replace(/(?<=client_certificates = \["[0-9a-f]{64}")/, more),
  );
};

test("stays in step: no certificate that the Worker accepts is missing from it at any call of any command", async () => {
  let calls = 0;
  rig.cloudflare.interfere = () => {
    calls += 1;
    if (rig.deployed() !== undefined) expect(admitted()).toEqual(expect.arrayContaining(usable()));
    return null;
  };
  const commands: (() => ReturnType<Rig["run"]>)[] = [
    () => setup("production", "--allow", "org:acme-inc#77"),
    () => setup("staging", "--allow", "user:mona#5"),
    () => certificate("issue", "--cluster", "production", "--name", "second"),
    () => certificate("rotate", "--cluster", "staging", ...rig.edgeArgs),
    () =>
      certificate("revoke", "--cluster", "production", "--fingerprint", fingerprintOf("octogate production second")),
    () => finish(),
    () => rig.run(["teardown", "--cluster", "staging", "--yes"]),
  ];
  const finish = () => {
    rig.letFilesAge(".clusters/staging/previous.crt", ".clusters/staging/client.crt");
    const inUse = ["--in-use", ".clusters/staging/client.crt"];
    return certificate("rotate", "--cluster", "staging", "--finish", ...inUse, ...rig.edgeArgs);
  };
  for (const run of commands) {
    const { exitCode, stderr } = await run();
    expect(exitCode, stderr).toBe(0);
    expect(admitted()).toEqual(deployed().sort());
  }
  console.log(`${calls} calls, 0 with a certificate that was deployed and not in the rule`);
});

test("keeps a listed certificate of another authority, whatever cluster is set up next", async () => {
  await setup("production", "--allow", "org:acme-inc#77");
  const [other = ""] = madeUp(1);
  listMore([other]);
  expect((await setup("staging", "--allow", "user:mona#5")).exitCode).toBe(0);
  expect(admitted()).toContain(other);
  expect(admitted()).toEqual(deployed().sort());
});

test("keeps what another hand added to it, and says so", async () => {
  await setup("production", "--allow", "org:acme-inc#77");
  const [added = ""] = madeUp(1);
  Object.assign(rule() ?? {}, {
    expression: String(rule()?.expression).replace(/ in \{/, ` in {"${added.toUpperCase()}" `),
  });
  const { exitCode, stderr } = await setup("staging", "--allow", "user:mona#5");
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`lets the certificate ${added} through, which no cluster here lists`);
  expect(admitted()).toEqual([...deployed(), added].sort());
});

test("drops a revoked certificate that no cluster lists, and says so beforehand", async () => {
  await setup("production", "--allow", "org:acme-inc#77");
  await rig.cloudflare.addForeignCertificate();
  const foreign = rig.cloudflare.state.certificates[1];
  Object.assign(foreign ?? {}, { status: "revoked" });
  const ended = foreign?.fingerprint_sha256 ?? "";
  Object.assign(rule() ?? {}, { expression: String(rule()?.expression).replace(/ in \{/, ` in {"${ended}" `) });
  rig.letPass(90_000);
  const { stderr } = await setup("production");
  expect(stderr).toContain(`${ended}, which is revoked, goes out of it`);
  expect(admitted()).toEqual(deployed());
});

test("of 0.1, which names authorities, becomes one that names the certificates", async () => {
  await setup("production", "--allow", "org:acme-inc#77");
  const now = rule()?.expression;
  const before = now?.replace(/cert_fingerprint_sha256 in \{[^}]*\}/, `cert_issuer_ski in {"${"AB".repeat(20)}"}`);
  Object.assign(rule() ?? {}, { expression: before });
  const { stderr } = await setup("production");
  expect(stderr).toContain("correct the custom rule");
  expect(stderr).toContain(`in place of the authority ${"AB".repeat(20)}`);
  expect(rule()?.expression).toBe(now);
});

test("names this zone's authority and the certificates of others, where all of them would be too many", async () => {
  const max = Array.from({ length: 100 }, (_, at) => at).findLast((count) =>
    fits(hostname, { fingerprints: madeUp(count), issuers: [] }),
  );
  expect(max).toBeGreaterThan(50);
  const full = { fingerprints: madeUp(max ?? 0), issuers: [] };
  expect(firewallExpression(hostname, full).length).toBeLessThanOrEqual(4096);

  await setup("production", "--allow", "org:acme-inc#77");
  for (let at = 0; at < (max ?? 0); at += 1) await rig.cloudflare.addForeignCertificate();
  const [other = ""] = madeUp(1);
  listMore([
    ...rig.cloudflare.state.certificates.slice(1).map(({ fingerprint_sha256 }) => fingerprint_sha256 ?? ""),
    other,
  ]);
  rig.letPass(90_000);
  const { exitCode, stderr } = await setup("production");
  expect(exitCode).toBe(0);
  expect(stderr).toContain("names authorities, for the certificates are too many");
  expect(rule()?.expression).toMatch(
    new RegExp(
      `not \\(cf\\.tls_client_auth\\.cert_fingerprint_sha256 in \\{"${other}"\\} or cf\\.tls_client_auth\\.cert_issuer_ski in \\{"[0-9A-F]{40}"\\}\\)`,
    ),
  );
});

test("names both authorities then, if Cloudflare has renewed its own meanwhile", async () => {
  await setup("production", "--allow", "org:acme-inc#77");
  for (let at = 0; at < 30; at += 1) await rig.cloudflare.addForeignCertificate();
  const valid = { notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 1e10) };
  rig.cloudflare.state.authority = await makeAuthority(valid);
  for (let at = 0; at < 40; at += 1) await rig.cloudflare.addForeignCertificate();
  listMore(rig.cloudflare.state.certificates.slice(1).map(({ fingerprint_sha256 }) => fingerprint_sha256 ?? ""));
  rig.letPass(90_000);
  expect((await setup("production")).exitCode).toBe(0);
  expect(rule()?.expression).toMatch(/not cf\.tls_client_auth\.cert_issuer_ski in \{"[0-9A-F]{40}" "[0-9A-F]{40}"\}/);
});

describe("changed by hand in its words", () => {
  beforeEach(async () => {
    await setup("production", "--allow", "org:acme-inc#77");
    Object.assign(rule() ?? {}, { expression: `(${rule()?.expression}) and ip.src ne 192.0.2.1` });
  });

  test("is written anew, and setup says so before", async () => {
    const { stdout } = await setup("production", "--dry-run");
    expect(stdout).toContain("what was changed in it by hand goes");
    expect((await setup("production")).exitCode).toBe(0);
    expect(rule()?.expression).not.toContain("192.0.2.1");
  });

  test("is written anew by every other command, which shows what it was", async () => {
    const { exitCode, stderr } = await certificate("issue", "--cluster", "production", "--name", "second");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("octogate_auth_acme_dev is written anew; it was changed by hand: ((lower(http.host)");
    expect(stderr).toContain("and ip.src ne 192.0.2.1");
    expect(admitted()).toEqual(deployed().sort());
  });
});

test("no certificate is signed that it could not name", async () => {
  await setup("production", "--allow", "org:acme-inc#77");
  const max = Array.from({ length: 100 }, (_, at) => at).findLast((count) =>
    fits(hostname, { fingerprints: madeUp(count), issuers: ["AB".repeat(20)] }),
  );
  // Of another authority: each has to be named by itself.
  listMore(madeUp(max ?? 0));
  rig.letPass(90_000);
  expect((await setup("production")).exitCode).toBe(0);
  const signed = rig.cloudflare.state.certificates.length;
  for (const run of [
    () => certificate("issue", "--cluster", "production", "--name", "second"),
    () => certificate("rotate", "--cluster", "production", ...rig.edgeArgs),
    () => setup("staging", "--allow", "user:mona#5"),
  ]) {
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("are more than a firewall rule can name");
  }
  expect(rig.cloudflare.state.certificates).toHaveLength(signed);
});
