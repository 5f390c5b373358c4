import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { fingerprintsIn } from "./support/worker-in-place.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  const args = ["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"];
  await rig.run([...args, ...rig.edgeArgs]);
});
afterEach(() => rig.close());

const certificate = (...args: string[]) => rig.run(["certificate", ...args]);
const issue = (...args: string[]) => certificate("issue", "--cluster", "production", ...args, "--yes");
const listed = () => fingerprintsIn(rig.deployed() ?? { bindings: [], secrets: new Map() });
const fingerprint = (name: string) =>
  new X509Certificate(rig.clone.read(`.clusters/production/${name}.crt`)).fingerprint256
    .replaceAll(":", "")
    .toLowerCase();

describe("octogate certificate issue", () => {
  test("makes one more certificate, accepted beside the first; again, it changes nothing", async () => {
    expect((await issue("--name", "second", "--validity-days", "30")).exitCode).toBe(0);
    expect(listed()).toEqual([fingerprint("client"), fingerprint("second")]);
    expect(rig.cloudflare.state.certificates[1]).toMatchObject({
      common_name: "octogate production second",
      validity_days: 30,
    });
    const mutations = rig.cloudflare.mutations.length;
    expect((await issue("--name", "second")).exitCode).toBe(0);
    expect(rig.cloudflare.mutations).toHaveLength(mutations);
  });

  test.each(["client", "next", "previous", "../other"])("takes the name %s for a usage error", async (name) => {
    expect((await issue("--name", name)).exitCode).toBe(2);
  });

  test("is for a cluster that was set up", async () => {
    const { exitCode, stderr } = await certificate("issue", "--cluster", "staging", "--name", "second", "--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("octogate setup --cluster staging makes it");
  });
});

describe("octogate certificate list", () => {
  test("shows whose each is, its status and the days left, and changes nothing", async () => {
    await issue("--name", "second", "--validity-days", "20");
    await rig.cloudflare.addForeignCertificate();
    rig.letPass(90_000);
    const mutations = rig.cloudflare.mutations.length;
    const { exitCode, stdout, stderr } = await certificate("list");
    expect(exitCode).toBe(0);
    const [heading, ...rows] = stdout.split("\n");
    expect(heading).toMatch(/^FINGERPRINT +CLUSTER +STATUS +LEFT +NAME$/);
    expect(rows[0]).toMatch(
      new RegExp(`^${fingerprint("client")}  production +active +364 days +octogate production$`),
    );
    expect(rows[1]).toMatch(new RegExp(`^${fingerprint("second")}  production +active +19 days`));
    expect(rows[2]).toMatch(/ {2}- +active +\d+ days +another owner's$/);
    expect(stderr).toContain("ends in 19 days");
    expect(rig.cloudflare.mutations).toHaveLength(mutations);
  });

  test("shows what is listed but no certificate of the zone, for machines too", async () => {
    const unknown = "a".repeat(64);
    const toml = rig.clone.read("wrangler.toml");
    rig.clone.write(
      "wrangler.toml",
      toml.replace('client_certificates = ["', `client_certificates = ["${unknown}", "`),
    );
    const { stdout } = await certificate("list", "--cluster", "production", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      certificates: [
        { fingerprint: fingerprint("client"), cluster: "production", status: "active", daysLeft: 364 },
        { fingerprint: unknown, cluster: "production", status: "unknown", daysLeft: null },
      ],
      diagnostics: [{ severity: "warning", message: "is listed, but no certificate of this zone" }],
    });
  });
});

describe("octogate certificate revoke", () => {
  const revoke = (name: string, ...args: string[]) =>
    certificate("revoke", "--cluster", "production", "--fingerprint", name, "--yes", ...args);

  test("has the Worker refuse it before Cloudflare hears of it", async () => {
    await issue("--name", "second");
    const at = rig.cloudflare.mutations.length;
    expect((await revoke(fingerprint("second"))).exitCode).toBe(0);
    expect(rig.cloudflare.mutations.slice(at).map((line) => line.replace(/ .*\//, " "))).toEqual([
      "POST upload",
      `DELETE ${rig.cloudflare.state.certificates[1]?.id}`,
      `PATCH ${rig.cloudflare.state.ruleset?.rules[0]?.id}`,
    ]);
    expect(listed()).toEqual([fingerprint("client")]);
    expect(rig.cloudflare.state.certificates[1]?.status).toBe("pending_revocation");
  });

  test("goes on after a break between the two", async () => {
    await issue("--name", "second");
    rig.cloudflare.interfere = ({ method }) => {
      if (method !== "DELETE") return null;
      rig.cloudflare.interfere = () => null;
      return { kind: "answer", when: "before", answer: { status: 400, body: { errors: [], success: false } } };
    };
    expect((await revoke(fingerprint("second"))).exitCode).toBe(1);
    expect(listed()).toEqual([fingerprint("client")]);
    expect((await revoke(fingerprint("second"))).exitCode).toBe(0);
    expect(rig.cloudflare.state.certificates[1]?.status).toBe("pending_revocation");
  });

  test("tells Cloudflare also where nothing can be deployed, and deploys with the next run", async () => {
    await issue("--name", "second");
    rig.clone.breakWrangler(true);
    const { exitCode, stderr } = await revoke(fingerprint("second"));
    expect(exitCode).toBe(1);
    expect(stderr).toContain("A request to the Cloudflare API failed");
    expect(rig.cloudflare.state.certificates[1]?.status).toBe("pending_revocation");
    rig.clone.breakWrangler(false);
    const again = await revoke(fingerprint("second"));
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain("deploy wrangler.toml");
    expect(listed()).toEqual([fingerprint("client")]);
  });

  test("does not cut a cluster off: neither its only certificate nor the one in use goes by mistake", async () => {
    expect((await revoke(fingerprint("client"))).stderr).toContain("is the only certificate of production");
    await issue("--name", "second");
    expect((await revoke(fingerprint("client"))).stderr).toContain("is in client.crt, which production uses");
    expect(listed()).toHaveLength(2);
    expect((await revoke(fingerprint("client"), "--although-in-use")).exitCode).toBe(0);
    expect(listed()).toEqual([fingerprint("second")]);
  });

  test("leaves other people's certificates alone", async () => {
    await rig.cloudflare.addForeignCertificate();
    const foreign = rig.cloudflare.state.certificates[1]?.fingerprint_sha256 ?? "";
    const { exitCode, stderr } = await revoke(foreign);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("is no certificate of production");
    expect(rig.cloudflare.state.certificates[1]?.status).toBe("active");
  });
});
