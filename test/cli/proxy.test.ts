// Behind an HTTP proxy, as the only way out: the whole command goes by it, and no secret is shown to it.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { proxyFor } from "../../src/node/proxy.ts";
import { makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
/** What the proxy was asked for: CONNECT lines, and requests that it could read. */
let asked: string[];
let port: number;
let close: () => void;
/** Names that only the proxy knows, and where they are. */
let routes: Record<string, number>;

beforeEach(async () => {
  // Processes have the real clock, and would wait.
  rig = await makeRig({ isLate: false });
  asked = [];
  routes = { "auth.acme.dev:443": rig.edgePort };
  const sockets = new Set<Socket>();
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(403).end();
  });
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    const to = routes[request.url ?? ""];
    if (to === undefined) {
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    const upstream = connect(to, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    sockets.add(upstream);
    for (const one of [socket, upstream]) one.on("error", () => upstream.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  // A TCP listener's address is an object.
  port = (proxy.address() as AddressInfo).port;
  close = () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  };
});
afterEach(async () => {
  close();
  await rig.close();
});

const fresh = [
  "setup",
  "--cluster",
  "production",
  "--hostname",
  "auth.acme.dev",
  "--allow",
  "org:acme-inc#77",
  "--yes",
];

describe("setup", () => {
  const setup = (env: Record<string, string>) => {
    Object.assign(rig.env, env);
    return rig.start([...fresh, "--ca-file", rig.caFile, "--wait", "0"]).ended();
  };

  test("verifies the deployment through the proxy, mutual TLS from end to end", async () => {
    const { exitCode, stderr } = await setup({
      HTTPS_PROXY: `http://me:secret@127.0.0.1:${port}`,
      NO_PROXY: "127.0.0.1",
    });
    expect(exitCode, stderr).toBe(0);
    const line = `CONNECT auth.acme.dev:443 Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(asked).toEqual([line, line, line]);
  });

  test("says through which proxy a connection failed, without its password", async () => {
    routes = {};
    const { exitCode, stderr } = await setup({
      https_proxy: `http://me:secret@127.0.0.1:${port}`,
      no_proxy: "127.0.0.1",
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `the proxy http://127.0.0.1:${port} (HTTPS_PROXY) answered 502 to CONNECT auth.acme.dev:443`,
    );
    expect(stderr).not.toContain("secret");
  });

  test("asks Cloudflare through the proxy, and names the variables where that fails", async () => {
    const { exitCode, stderr } = await setup({
      HTTPS_PROXY: `127.0.0.1:${port}`,
      CLOUDFLARE_BASE_URL: "https://api.cloudflare.test/client/v4",
    });
    expect(exitCode).toBe(1);
    expect(asked[0]).toBe("CONNECT api.cloudflare.test:443 -");
    expect(stderr).toContain("behind a proxy set HTTPS_PROXY");
  });
});

test("pin asks GitHub through the proxy", async () => {
  rig.env.HTTPS_PROXY = `http://127.0.0.1:${port}`;
  const toml = rig.clone.read("wrangler.toml").replace(/^allow = .*$/m, 'allow = ["org:acme"]');
  rig.clone.write("wrangler.toml", toml.replace("https://api.github.com", "https://github.acme.test/api/v3"));
  await rig.start(["pin", "--dry-run"]).ended();
  expect(asked[0]).toBe("CONNECT github.acme.test:443 -");
});

test("doctor goes the same way", async () => {
  expect((await rig.run([...fresh, ...rig.edgeArgs])).exitCode).toBe(0);
  rig.env.HTTPS_PROXY = `http://127.0.0.1:${port}`;
  const { stdout } = await rig.run(["doctor", "--cluster", "production", "--ca-file", rig.caFile, "--json"]);
  expect(asked.length).toBeGreaterThan(3);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string }[] }; // our own
  const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
  expect(states).toMatchObject({ dns: "skipped", connection: "ok", tls: "ok" });
});

test.each([
  ["auth.acme.dev", 443, "", true],
  ["auth.acme.dev", 443, "acme.dev", false],
  ["auth.acme.dev", 443, ".acme.dev", false],
  ["auth.acme.dev", 443, "*.acme.dev", false],
  ["acme.dev", 443, ".acme.dev", false],
  ["notacme.dev", 443, "acme.dev", true],
  ["auth.acme.dev", 443, "other.test, AUTH.acme.dev", false],
  ["auth.acme.dev", 443, "auth.acme.dev:8443", true],
  ["auth.acme.dev", 8443, "auth.acme.dev:8443", false],
  ["127.0.0.1", 443, "localhost 127.0.0.1", false],
  ["auth.acme.dev", 443, "*", false],
])("%s:%i with NO_PROXY=%j", (host, at, NO_PROXY, isProxied) => {
  const env = { HTTPS_PROXY: "http://proxy.test:3128", NO_PROXY };
  expect(proxyFor({ host, port: at }, env)?.host ?? null).toBe(isProxied ? "proxy.test:3128" : null);
  expect(proxyFor({ host, port: at }, {})).toBeNull();
});
