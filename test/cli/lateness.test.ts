// Cloudflare shows changes late, and refuses a new token now and then: what the command waits for, for how long at
// most, what it says meanwhile, and that nothing is lost or made twice. The other tests of these commands run against
// the same late stand-in.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newTokenMs } from "../../src/cli/cloudflare/api.ts";
import { maxLagMs } from "../../src/cli/cloudflare/patience.ts";
import { error } from "./cloudflare/answer.ts";
import { brokenOnce } from "./cloudflare/stand-in.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const setup = (cluster = "production", ...args: string[]) =>
  rig.run([
    ...["setup", "--cluster", cluster, "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"],
    ...rig.edgeArgs,
    ...args,
  ]);
const statuses = () => rig.cloudflare.state.certificates.map(({ status }) => status);

/** Another program's write, a moment ago: reads do not show it yet. */
function writeAsAnotherProgram(change: (hostnames: string[]) => string[]): void {
  const { state } = rig.cloudflare;
  state.lateness.associationsChanged(state.associatedHostnames);
  state.associatedHostnames = change(state.associatedHostnames);
  rig.letPass(5_000);
}

describe("a new token", () => {
  test("that is refused at first is tried again, and the wait is shown", async () => {
    const { exitCode, stderr } = await setup();
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `waiting until Cloudflare takes the API token: it answers 403, as to one that was made just now (for ${newTokenMs / 1000} s at most)`,
    );
  });

  test.each([400, 401, 403])("that is none (%i) is told apart from one that may not do something", async (status) => {
    const answer = status === 400 ? error(400, 6003, "Invalid request headers") : error(status, 9109, "Invalid token");
    rig.cloudflare.interfere = () => ({ kind: "answer", when: "before", answer });
    const { exitCode, stderr } = await setup();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "CLOUDFLARE_API_TOKEN: Cloudflare does not know this token: it is mistyped, expired or revoked",
    );
    expect(stderr).not.toContain("give the API token the permission");
  });

  test("that Cloudflare knows, and that may not list zones, lacks this permission", async () => {
    rig.cloudflare.interfere = ({ path }) =>
      path === "/zones"
        ? { kind: "answer", when: "before", answer: error(403, 9109, "Unauthorized to access requested resource") }
        : null;
    expect((await setup()).stderr).toContain("give the API token the permission “Zone · Zone · Read”");
  });

  test("that is refused for good is waited for no longer than for a new one", async () => {
    rig.cloudflare.state.granted.delete("Zone · Zone WAF · Edit");
    let waitedMs = 0;
    rig.onPause = (milliseconds) => {
      waitedMs += milliseconds;
    };
    expect((await setup()).stderr).toContain("lacks the permission “Zone · Zone WAF · Edit”");
    expect(waitedMs).toBeLessThanOrEqual(newTokenMs + 2_000);
  });
});

describe("a client certificate", () => {
  test("that was signed while the answer got lost is found, and not signed a second time", async () => {
    rig.cloudflare.interfere = ({ method, path }) => {
      if (method !== "POST" || !path.endsWith("/client_certificates")) return null;
      rig.cloudflare.interfere = () => null;
      // Without the header that the stand-in's other faults have: nothing but the command itself keeps this to one.
      return { kind: "answer", when: "after", answer: error(500, 10001, "internal error") };
    };
    expect((await setup()).exitCode).toBe(1);
    const { exitCode, stderr } = await setup();
    expect(exitCode).toBe(0);
    expect(stderr).toContain("waiting until Cloudflare lists a client certificate");
    expect(statuses()).toEqual(["active"]);
  });

  test("is revoked by a teardown that comes right after setup", async () => {
    await setup();
    expect((await rig.run(["teardown", "--everything", "--yes"])).exitCode).toBe(0);
    expect(statuses()).toEqual(["pending_revocation"]);
  });

  test("that Cloudflare never lists is named by the teardown that could not revoke it", async () => {
    await setup();
    const fingerprint = rig.cloudflare.state.certificates[0]?.fingerprint_sha256;
    rig.cloudflare.state.certificates.splice(0);
    const { exitCode, stderr } = await rig.run(["teardown", "--everything", "--yes"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`client certificate ${fingerprint}: warning: is not in Cloudflare's list`);
  });

  test("is refused by the Worker before the list shows it, and revoked once it does", async () => {
    await setup();
    await rig.run(["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"]);
    const at = rig.cloudflare.calls.length;
    const fingerprint = rig.cloudflare.state.certificates[1]?.fingerprint_sha256 ?? "";
    const args = ["certificate", "revoke", "--cluster", "production", "--fingerprint", fingerprint, "--yes"];
    expect((await rig.run(args)).exitCode).toBe(0);
    expect(statuses()).toEqual(["active", "pending_revocation"]);
    const lists = rig.cloudflare.calls.slice(at).filter((line) => line.endsWith("/client_certificates"));
    expect(lists.length).toBeGreaterThan(2);
    const upload = rig.cloudflare.calls.indexOf("POST /stand-in/upload", at);
    const earlier = rig.cloudflare.calls.slice(at, upload).filter((line) => line.endsWith("/client_certificates"));
    expect(earlier, "one look: two pages").toHaveLength(2);
  });

  test("is not looked for without end where the API repeats its last page", async () => {
    await setup();
    rig.letPass(90_000);
    const { certificates } = rig.cloudflare.state;
    rig.cloudflare.interfere = ({ method, path }) => {
      const answer = { status: 200, body: { success: true, errors: [], messages: [], result: certificates } };
      return method === "GET" && path.endsWith("/client_certificates")
        ? { kind: "answer", when: "before", answer }
        : null;
    };
    const [, ...rows] = (await rig.run(["certificate", "list"])).stdout.split("\n");
    expect(rows).toHaveLength(1);
  });
});

describe("hostname associations", () => {
  test("keep what another program added a moment before, and the wait is shown", async () => {
    writeAsAnotherProgram((hostnames) => [...hostnames, "api.acme.dev"]);
    const { exitCode, stderr } = await setup();
    expect(exitCode).toBe(0);
    expect(rig.cloudflare.state.associatedHostnames.toSorted()).toEqual(["api.acme.dev", hostname, "other.acme.dev"]);
    expect(stderr).toContain("waiting until Cloudflare's list of hostname associations shows the change");
    expect(stderr).toContain("still waiting, for ");
  });

  test("are shown as they were and as they are written, each time", async () => {
    writeAsAnotherProgram((hostnames) => [...hostnames, "api.acme.dev"]);
    const { stderr } = await setup();
    const lists = stderr.split("\n").filter((line) => line.includes("hostname associations of acme.dev: "));
    expect(lists).toEqual([
      `  hostname associations of acme.dev: ${hostname}, other.acme.dev; before: other.acme.dev`,
      `  hostname associations of acme.dev: api.acme.dev, ${hostname}, other.acme.dev; before: api.acme.dev, other.acme.dev`,
    ]);
    expect(stderr).toContain("another program changed the hostname associations meanwhile: that is kept");
  });

  test.each([429, 503])("are read again before they are written again, where Cloudflare answers %i", async (status) => {
    rig.cloudflare.interfere = ({ method }) => {
      if (method !== "PUT") return null;
      rig.cloudflare.interfere = () => null;
      // Another program's write, before ours is sent again.
      rig.cloudflare.state.associatedHostnames.push("api.acme.dev");
      return { kind: "answer", when: "before", answer: error(status, 10000, "later") };
    };
    expect((await setup()).exitCode).toBe(0);
    expect(rig.cloudflare.state.associatedHostnames.toSorted()).toEqual(["api.acme.dev", hostname, "other.acme.dev"]);
  });

  test("are not written a second time where it is not known whether they were", async () => {
    rig.cloudflare.interfere = ({ method }) =>
      method === "PUT" ? { kind: "answer", when: "before", answer: error(500, 10001, "internal error") } : null;
    expect((await setup()).exitCode).toBe(1);
    expect(rig.cloudflare.mutations.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
  });

  test("keep gone what another program removed a moment before", async () => {
    writeAsAnotherProgram(() => []);
    expect((await setup()).exitCode).toBe(0);
    expect(rig.cloudflare.state.associatedHostnames).toEqual([hostname]);
  });

  test("come to hold ours, too, where another program replaces the list after us", async () => {
    rig.cloudflare.interfere = ({ method }) => {
      if (method !== "GET" || !rig.cloudflare.mutations.some((line) => line.startsWith("PUT"))) return null;
      rig.cloudflare.interfere = () => null;
      writeAsAnotherProgram(() => ["other.acme.dev", "api.acme.dev"]);
      return null;
    };
    expect((await setup()).exitCode).toBe(0);
    expect(rig.cloudflare.state.associatedHostnames.toSorted()).toEqual(["api.acme.dev", hostname, "other.acme.dev"]);
  });

  test("keep another program's hostname when ours goes", async () => {
    await setup();
    writeAsAnotherProgram((hostnames) => [...hostnames, "api.acme.dev"]);
    expect((await rig.run(["teardown", "--everything", "--yes"])).exitCode).toBe(0);
    expect(rig.cloudflare.state.associatedHostnames).toEqual(["other.acme.dev", "api.acme.dev"]);
  });

  test("lose ours by a teardown that comes right after a setup which stopped there", async () => {
    rig.cloudflare.interfere = ({ method }) =>
      method === "PUT" ? { kind: "answer", when: "after", answer: brokenOnce } : null;
    expect((await setup()).exitCode).toBe(1);
    rig.cloudflare.interfere = () => null;
    expect((await rig.run(["teardown", "--everything", "--yes"])).exitCode).toBe(0);
    expect(rig.cloudflare.state.associatedHostnames).toEqual(["other.acme.dev"]);
  });

  test("that never show the change end the command, with what to do", async () => {
    const answer = { status: 200, body: { success: true, errors: [], messages: [], result: { hostnames: null } } };
    rig.cloudflare.interfere = ({ method, path }) =>
      method === "GET" && path.endsWith("/hostname_associations") ? { kind: "answer", when: "before", answer } : null;
    let waitedMs = 0;
    rig.onPause = (milliseconds) => {
      waitedMs += milliseconds;
    };
    const { exitCode, stderr } = await setup();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("the list does not show the change");
    expect(stderr).toContain("run the command again in some minutes");
    expect(waitedMs).toBeLessThan(5 * maxLagMs);
  });
});

test("a KV namespace and a secret that the lists do not show yet are not made a second time", async () => {
  rig.cloudflare.interfere = ({ method, path }) =>
    method === "POST" && path.endsWith("/namespaces") ? { kind: "answer", when: "after", answer: brokenOnce } : null;
  await setup();
  rig.cloudflare.interfere = () => null;
  expect((await setup()).exitCode).toBe(0);
  expect(rig.cloudflare.state.namespaces.map(({ title }) => title)).toEqual(["other-kv", "octogate-kv"]);
  const secret = rig.deployed()?.secrets.get("CACHE_SECRET");
  const { exitCode, stdout } = await setup("production");
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining("Nothing had to be changed.")]);
  expect(rig.deployed()?.secrets.get("CACHE_SECRET")).toBe(secret);
});
