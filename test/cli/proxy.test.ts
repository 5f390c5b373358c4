// Behind an HTTP proxy, as the only way out: the whole command goes by it, and no secret is shown to it.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeAuthority } from "../../src/local/certificates.ts";
import { openTunnel, proxyFor, wrongProxyVariables } from "../../src/node/proxy.ts";
import { startGitHub } from "./support/github.ts";
import { type HttpProxy, startProxy } from "./support/proxy.ts";
import { makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
let proxy: HttpProxy;
const edge = () => `https://127.0.0.1:${rig.edgePort}`;
beforeEach(async () => {
  // Processes have the real clock, and would wait.
  rig = await makeRig({ isLate: false });
  proxy = await startProxy({ "auth.acme.dev:443": edge() });
});
afterEach(async () => {
  proxy.close();
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
      HTTPS_PROXY: proxy.url.replace("//", "//me:secret@"),
      NO_PROXY: "127.0.0.1",
    });
    expect(exitCode, stderr).toBe(0);
    const line = `CONNECT auth.acme.dev:443 Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(proxy.asked).toEqual([line, line, line]);
  });

  test("says through which proxy a connection failed, without its password", async () => {
    proxy.routes = {};
    const { exitCode, stderr } = await setup({
      https_proxy: proxy.url.replace("//", "//me:secret@"),
      no_proxy: "127.0.0.1",
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`the proxy ${proxy.url} (HTTPS_PROXY) answered 502 to CONNECT auth.acme.dev:443`);
    expect(stderr).not.toContain("secret");
  });

  test("asks Cloudflare through the proxy, and names the variables where that fails", async () => {
    const { exitCode, stderr } = await setup({
      HTTPS_PROXY: proxy.url.replace("http://", ""),
      CLOUDFLARE_BASE_URL: "https://api.cloudflare.test/client/v4",
    });
    expect(exitCode).toBe(1);
    expect(proxy.asked[0]).toBe("CONNECT api.cloudflare.test:443 -");
    expect(stderr).toContain("behind a proxy set HTTPS_PROXY");
  });
});

test("pin asks GitHub through the proxy", async () => {
  rig.env.HTTPS_PROXY = proxy.url;
  const toml = rig.clone.read("wrangler.toml").replace(/^allow = .*$/m, 'allow = ["org:acme"]');
  rig.clone.write("wrangler.toml", toml.replace("https://api.github.com", "https://github.acme.test/api/v3"));
  await rig.start(["pin", "--dry-run"]).ended();
  expect(proxy.asked[0]).toBe("CONNECT github.acme.test:443 -");
});

describe("a proxy that opens TLS, with an authority of its own in NODE_EXTRA_CA_CERTS", () => {
  let opening: HttpProxy;
  beforeEach(async () => {
    const authority = await makeAuthority({ notBefore: new Date(Date.now() - 1000), notAfter: new Date(2100, 0) });
    const github = await startGitHub();
    github.addOrganisation({ login: "acme", id: 4711 });
    opening = await startProxy({ "auth.acme.dev:443": edge(), "api.github.com:443": github.url }, authority);
    rig.clone.write("proxy-ca.crt", authority.certificate);
    Object.assign(rig.env, { HTTPS_PROXY: opening.url, NO_PROXY: "127.0.0.1" });
  });
  afterEach(() => opening.close());
  const trust = () => {
    rig.env.NODE_EXTRA_CA_CERTS = rig.clone.path("proxy-ca.crt");
  };

  test("is trusted by pin with it, and not without it", async () => {
    const toml = rig.clone.read("wrangler.toml").replace(/^allow = .*$/m, 'allow = ["org:acme"]');
    rig.clone.write("wrangler.toml", toml);
    const refused = await rig.start(["pin", "--dry-run"]).ended();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("NODE_EXTRA_CA_CERTS");
    trust();
    const { exitCode, stdout, stderr } = await rig.start(["pin", "--dry-run"]).ended();
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("org:acme → org:acme#4711");
    expect(opening.asked).toContain("GET https://api.github.com/orgs/acme");
  });

  test("can't pass the client certificate on: setup says so, and what to do", async () => {
    trust();
    const { exitCode, stderr } = await rig.start([...fresh, "--wait", "0"]).ended();
    expect(exitCode).toBe(1);
    const wayOut = `if the proxy ${opening.url} (HTTPS_PROXY) opens TLS, the client certificate ends there: except auth.acme.dev by NO_PROXY`;
    expect(stderr).toContain(wayOut);
    // The proxy could read the review, and the edge saw no certificate.
    expect(opening.asked).toContain("POST https://auth.acme.dev/authenticate");
    const doctor = await rig.start(["doctor", "--cluster", "production"]).ended();
    expect(doctor.stdout).toMatch(/✗ mutual TLS .*asks for no client certificate/);
    expect(doctor.stderr).toContain(wayOut);
  });
});

describe("a variable that holds no address of a proxy ends each command with one error that names it:", () => {
  const secret = randomBytes(12).toString("hex");
  test.each([
    ["HTTPS_PROXY", `http://me:${secret}@a host:3128`],
    ["https_proxy", `http://me:${secret}@proxy.test:99999`],
    ["HTTPS_PROXY", `http://me%zz:${secret}@proxy.test:3128`],
    ["HTTPS_PROXY", `ftp://me:${secret}@proxy.test`],
    ["HTTPS_PROXY", "://"],
    ["HTTPS_PROXY", "http://"],
    ["HTTP_PROXY", `http://me:${secret}@[::1:3128`],
    ["http_proxy", `me:${secret}@:3128`],
  ])("%s (%#)", async (name, value) => {
    rig.env[name] = value;
    for (const args of [["check"], ["pin", "--dry-run"], ["doctor", "--cluster", "production"]]) {
      const { exitCode, stdout, stderr } = await rig.start(args).ended();
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr.split("\n")[0]).toBe(`${name}: is no address of a proxy`);
      expect(stderr).toMatch(/^ {2}→ http:\/\/HOST:PORT/m);
      expect(stderr).not.toMatch(new RegExp(`${secret}|node:internal|^ +at `, "m"));
    }
  });

  test("help needs none, and a blank one counts as none", async () => {
    rig.env.HTTPS_PROXY = "://";
    expect(await rig.start(["--help"]).ended()).toMatchObject({ exitCode: 0, stderr: "" });
    rig.env.HTTPS_PROXY = " ";
    expect((await rig.start(["check"]).ended()).stderr).not.toContain("HTTPS_PROXY");
  });
});

test("no text in NO_PROXY is wrong: at worst it excepts nothing", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "grapheme" })), (NO_PROXY) => {
      const env = { HTTPS_PROXY: "http://proxy.test:3128", NO_PROXY };
      expect(wrongProxyVariables(env)).toEqual([]);
      expect([null, "proxy.test:3128"]).toContain(proxyFor({ host: "auth.acme.dev", port: 443 }, env)?.host ?? null);
    }),
  );
});

test("a SOCKS proxy, which no client certificate passes here, is named", async () => {
  const { signal } = new AbortController();
  const opened = openTunnel(
    new URL("socks5://me:secret@proxy.test:1080"),
    { host: "auth.acme.dev", port: 443 },
    signal,
  );
  await expect(opened).rejects.toThrow("the proxy socks5://proxy.test:1080 (HTTPS_PROXY) is no HTTP proxy");
});

test("doctor goes the same way", async () => {
  expect((await rig.run([...fresh, ...rig.edgeArgs])).exitCode).toBe(0);
  rig.env.HTTPS_PROXY = proxy.url;
  const { stdout } = await rig.run(["doctor", "--cluster", "production", "--ca-file", rig.caFile, "--json"]);
  expect(proxy.asked.length).toBeGreaterThan(3);
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
