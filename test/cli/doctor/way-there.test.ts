// The checks up to TLS, and this machine's own part: each broken once, and nothing else is named.
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { issueCertificate, makeAuthority } from "../../../src/local/certificates.ts";
import { freePort } from "../../support/free-port.ts";
import { authority, type Changes, day, examine, type Scene, startScene, within } from "../support/doctor-scene.ts";

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

async function sceneWith(changes: Changes = {}): Promise<Scene> {
  const scene = await startScene(changes);
  closings.push(() => scene.close());
  return scene;
}

const serverFor = (from: number, to: number) => issueCertificate(authority, "localhost", "server", within(from, to));
const clientFor = (from: number, to: number) => issueCertificate(authority, "production", "client", within(from, to));

describe("configuration", () => {
  test("without a wrangler.toml, and without all that could stand in for it", async () => {
    const scene = await sceneWith();
    await rm(join(scene.folder, "wrangler.toml"));
    const { exitCode, failing, checks } = await examine(scene);
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ configuration: "broken" });
    expect(checks.slice(1).every(({ state }) => state === "skipped")).toBe(true);
    expect(scene.requests).toEqual([]);
  });

  test("but a hostname and a folder of certificates on the command line are enough, and then it counts for nothing", async () => {
    const scene = await sceneWith({ wranglerToml: () => "no TOML" });
    const files = ["--certificates", ".clusters/production"];
    const { failing, seen } = await examine(scene, ["--hostname", `localhost:${scene.port}`, ...files]);
    expect(failing).toEqual({});
    expect(seen("dns")).toContain("127.0.0.1");
    expect(seen("fingerprint")).toBe("the Worker knows it");
  });

  test.each<[string, (text: string) => string, string]>([
    ["no TOML", (text) => `${text}\n[vars`, "wrangler.toml:8"],
    ["a placeholder for a hostname", (text) => text.replace('"localhost"', '"<auth.example.com>"'), "custom_domain"],
    ["two clusters, and none named", (text) => `${text}\n[vars.CLUSTER_STAGING]\n`, "2 clusters"],
  ])("with %s", async (_, wranglerToml, named) => {
    const { failing, seen } = await examine(await sceneWith({ wranglerToml }));
    expect(failing).toEqual({ configuration: "broken" });
    expect(seen("configuration")).toContain(named);
  });

  test("with a cluster that is not there", async () => {
    const { failing, seen } = await examine(await sceneWith(), ["--cluster", "staging"]);
    expect(failing).toEqual({ configuration: "broken" });
    expect(seen("configuration")).toContain("[vars.CLUSTER_STAGING]");
  });

  test("with a file of authorities that holds none", async () => {
    const scene = await sceneWith();
    const { failing } = await examine(scene, ["--ca-file", "wrangler.toml", "--connect", `127.0.0.1:${scene.port}`]);
    expect(failing).toEqual({ configuration: "broken" });
  });

  test("that check would complain about is a warning: what counts is what was deployed", async () => {
    const scene = await sceneWith({ wranglerToml: (text) => text.replace("token_kinds", "token_kind") });
    const { exitCode, failing } = await examine(scene);
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ configuration: "warning" });
  });
});

describe("the client certificate", () => {
  test.each<[string, string, string]>([
    ["that is not there", "", "there is no such file"],
    ["that is no PEM", "no PEM", "is no PEM"],
  ])("%s", async (_, text, said) => {
    const scene = await sceneWith();
    const path = join(scene.folder, ".clusters", "production", "client.crt");
    await (text === "" ? rm(path) : writeFile(path, text));
    const { failing, seen } = await examine(scene);
    expect(failing).toEqual({ "client-certificate": "broken" });
    expect(seen("client-certificate")).toContain(said);
  });

  test("with another's key", async () => {
    const { privateKey: key } = await clientFor(-1, 90);
    const { failing, seen, checks } = await examine(await sceneWith({ key }));
    expect(failing).toEqual({ "client-certificate": "broken" });
    expect(seen("client-certificate")).toContain("is not the key of");
    const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({ tls: "ok", edge: "ok", firewall: "ok", "mutual-tls": "skipped", review: "skipped" });
  });

  test("with a key that is none", async () => {
    const { failing } = await examine(await sceneWith({ key: "no key" }));
    expect(failing).toEqual({ "client-certificate": "broken" });
  });

  test.each<[string, number, number, string]>([
    ["that has ended", -90, -1, "ended on"],
    ["that is not valid yet", 1, 90, "not valid before"],
  ])("%s", async (_, from, to, said) => {
    const { exitCode, failing, seen } = await examine(await sceneWith({ client: await clientFor(from, to) }));
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ "client-certificate": "broken" });
    expect(seen("client-certificate")).toContain(said);
  });

  test("that is for servers", async () => {
    const { failing, seen } = await examine(await sceneWith({ client: await serverFor(-1, 90) }));
    expect(failing).toEqual({ "client-certificate": "broken" });
    expect(seen("client-certificate")).toContain("not for clients");
  });

  test("that ends soon is a warning", async () => {
    const { exitCode, failing, seen } = await examine(await sceneWith({ client: await clientFor(-1, 10) }));
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ "client-certificate": "warning" });
    expect(seen("client-certificate")).toContain("9 days left");
  });
});

describe("DNS and connection", () => {
  test("a name that does not resolve", async () => {
    // A label may have 63 characters: no resolver has to be asked for this one.
    const { exitCode, failing, seen } = await examine(await sceneWith(), ["--hostname", `${"a".repeat(64)}.test`]);
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ dns: "broken" });
    expect(seen("dns")).toContain("ENOTFOUND");
  });

  test("a port where nothing listens", async () => {
    const { failing, seen } = await examine(await sceneWith(), ["--connect", `127.0.0.1:${await freePort()}`]);
    expect(failing).toEqual({ connection: "broken" });
    expect(seen("connection")).toContain("ECONNREFUSED");
  });
});

describe("TLS", () => {
  /** A listener that speaks no TLS. */
  async function listener(firstBytes: string | null): Promise<number> {
    const plain = createServer((socket) => {
      socket.on("error", () => {});
      if (firstBytes !== null) socket.end(firstBytes);
    }).listen(0, "127.0.0.1");
    await once(plain, "listening");
    closings.push(async () => void plain.close());
    // A TCP listener's address is an object.
    return (plain.address() as AddressInfo).port;
  }

  test("a port that takes the connection and stays silent", async () => {
    const port = await listener(null);
    const args = ["--connect", `127.0.0.1:${port}`, "--timeout", "0.5"];
    const { failing, seen } = await examine(await sceneWith(), args);
    expect(failing).toEqual({ tls: "broken" });
    expect(seen("tls")).toContain("no answer within 0.5 s");
  });

  test.each([
    ["a port that speaks plain HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["a port that hangs up", ""],
  ])("%s", async (_, firstBytes) => {
    const { failing } = await examine(await sceneWith(), ["--connect", `127.0.0.1:${await listener(firstBytes)}`]);
    expect(failing).toEqual({ tls: "broken" });
  });

  test("a server's certificate of an unknown authority, to which nothing is sent", async () => {
    const otherAuthority = await makeAuthority(within(-1, 1));
    const server = await issueCertificate(otherAuthority, "localhost", "server", within(-1, 1));
    const scene = await sceneWith({ server });
    const { failing, seen } = await examine(scene);
    expect(failing).toEqual({ tls: "broken" });
    expect(seen("tls")).toContain("no trusted authority");
    expect(scene.requests).toEqual([]);
  });

  test("a server's certificate for another name", async () => {
    const scene = await sceneWith();
    const args = ["--hostname", "auth.acme.test", "--connect", `127.0.0.1:${scene.port}`];
    const { failing, seen } = await examine(scene, args);
    expect(failing).toEqual({ tls: "broken" });
    expect(seen("tls")).toMatch(/other names.*DNS:localhost/);
  });

  test("a server's certificate that has ended", async () => {
    const { failing, seen } = await examine(await sceneWith({ server: await serverFor(-90, -1) }));
    expect(failing).toEqual({ tls: "broken" });
    expect(seen("tls")).toContain("expired");
  });
});

describe("the clock", () => {
  test.each([
    ["behind", 60 * 60 * 1000, "60 min behind"],
    ["ahead", -60 * 60 * 1000, "60 min ahead of"],
  ])("that is an hour %s, and everything else works all the same", async (_, clockAheadMs, said) => {
    const { exitCode, failing, seen } = await examine(await sceneWith({ clockAheadMs }));
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ clock: "broken" });
    expect(seen("clock")).toContain(said);
    expect(seen("review")).toContain("a made-up token is refused");
  });

  test("that is a minute off is a warning", async () => {
    const { failing } = await examine(await sceneWith({ clockAheadMs: 60_000 }));
    expect(failing).toEqual({ clock: "warning" });
  });

  test("that makes the server's certificate seem too new: TLS is not to blame", async () => {
    const server = await serverFor(4, 90);
    const { failing, seen, checks } = await examine(await sceneWith({ server, clockAheadMs: 5 * day }));
    expect(failing).toEqual({ clock: "broken" });
    expect(seen("clock")).toContain("5 days behind");
    expect(checks.find(({ name }) => name === "tls")).toMatchObject({ state: "skipped", blockedBy: "clock" });
  });

  test("that makes the client certificate seem too new: the server's time counts", async () => {
    const client = await clientFor(1, 90);
    const clientAuth = { certVerified: "SUCCESS" };
    const { failing } = await examine(await sceneWith({ client, clientAuth, clockAheadMs: 2 * day }));
    expect(failing).toEqual({ clock: "broken" });
  });
});
