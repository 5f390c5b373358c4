// What setup refuses, and says why; and Cloudflare or wrangler failing in their usual ways.
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { edgeError, edgeErrorCases } from "../support/edge-errors.ts";
import { until } from "../support/until.ts";
import { error } from "./cloudflare/answer.ts";
import { othersRule, snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const fresh = ["--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"];
const setup = (...args: string[]) => rig.run(["setup", "--cluster", "production", ...rig.edgeArgs, ...args]);

async function expectRefusal(args: string[], ...words: string[]): Promise<void> {
  const before = snapshot(rig.cloudflare.state);
  const toml = rig.clone.read("wrangler.toml");
  const { exitCode, stderr } = await setup(...args);
  expect(exitCode).toBe(1);
  for (const word of words) expect(stderr).toContain(word);
  expect(snapshot(rig.cloudflare.state)).toEqual(before);
  expect(rig.cloudflare.mutations).toEqual([]);
  expect(rig.clone.read("wrangler.toml")).toBe(toml);
  expect(rig.clone.has(".clusters")).toBe(false);
}

describe("the API token", () => {
  test.each([
    "Zone · SSL and Certificates · Edit",
    "Zone · Zone WAF · Edit",
    "Zone · Workers Routes · Edit",
    "Zone · DNS · Read",
    "Account · Workers Scripts · Edit",
    "Account · Workers KV Storage · Edit",
  ])("without “%s” is refused before anything is changed", async (permission) => {
    rig.cloudflare.state.granted.delete(permission);
    await expectRefusal(fresh, `lacks the permission “${permission}”`);
  });

  test("without several hears of them all", async () => {
    rig.cloudflare.state.granted.delete("Zone · Zone WAF · Edit");
    rig.cloudflare.state.granted.delete("Account · Workers KV Storage · Edit");
    await expectRefusal(fresh, "“Zone · Zone WAF · Edit”", "“Account · Workers KV Storage · Edit”");
  });

  test("that may only read, as the zone says, is a doubt: the write decides", async () => {
    rig.cloudflare.state.zonePermissions = ["#zone:read", "#ssl:read", "#waf:read", "#waf:edit"];
    const { exitCode, stderr } = await setup(...fresh);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("warning: may lack “Zone · SSL and Certificates · Edit”");
  });

  test("that may only read, where Cloudflare does not say so, is told at the call that is refused", async () => {
    rig.cloudflare.interfere = ({ method, path }) =>
      method === "POST" && path.endsWith("/client_certificates")
        ? { kind: "answer", when: "before", answer: error(403, 10000, "Authentication error") }
        : null;
    const { exitCode, stderr } = await setup(...fresh);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("give the API token the permission “Zone · SSL and Certificates · Edit”");
  });

  test("that has expired is told so", async () => {
    rig.cloudflare.state.granted.delete("Zone · Zone · Read");
    rig.cloudflare.state.tokenStatus = "expired";
    await expectRefusal(fresh, "CLOUDFLARE_API_TOKEN: is expired");
  });
});

describe("the hostname", () => {
  test("of another zone is refused", async () => {
    await expectRefusal(
      ["--hostname", "auth.acme.net", ...fresh.slice(2)],
      "lies in no zone that the API token can see",
    );
  });

  test("that leads somewhere else already is not taken over", async () => {
    rig.cloudflare.state.dnsRecords.push({ type: "CNAME", name: hostname, content: "www.acme.dev" });
    await expectRefusal(fresh, "leads somewhere already (CNAME www.acme.dev)");
  });

  test("of another Worker is not taken over", async () => {
    const ids = { id: "1", cert_id: "2", environment: "", zone_id: rig.cloudflare.state.zoneId, zone_name: "acme.dev" };
    rig.cloudflare.state.domains.push({ ...ids, hostname, service: "other" });
    await expectRefusal(fresh, "leads to the Worker other already");
  });

  test.each(["*.acme.dev/*", "*acme.dev/auth*", "https://auth.acme.dev/*", "*/*"])(
    "whose reviews another Worker's route %s would get is refused, until there is an exception",
    async (pattern) => {
      rig.cloudflare.state.workerRoutes.push({ id: "1", pattern, script: "other" });
      await expectRefusal(fresh, `the route ${pattern} leads to the Worker other`);
      rig.cloudflare.state.workerRoutes.push({ id: "2", pattern: "auth.acme.dev/auth*" });
      expect((await setup(...fresh)).exitCode).toBe(0);
    },
  );

  test.each(["acme.dev/*", "www.acme.dev/*", "*.acme.dev/blog/*", "auth-acme.dev/*", "auth*acme.dev"])(
    "that another Worker's route %s does not reach is fine",
    async (pattern) => {
      rig.cloudflare.state.workerRoutes.push({ id: "1", pattern, script: "other" });
      expect((await setup(...fresh)).exitCode).toBe(0);
    },
  );

  test("of another deployment of this name is not mixed up with this one", async () => {
    const ids = { id: "1", cert_id: "2", environment: "", zone_id: rig.cloudflare.state.zoneId, zone_name: "acme.dev" };
    rig.cloudflare.state.domains.push({ ...ids, hostname: "auth2.acme.dev", service: "octogate" });
    await expectRefusal(fresh, "the Worker octogate answers at auth2.acme.dev");
  });

  test("must be the one that stands in wrangler.toml", async () => {
    rig.clone.write("wrangler.toml", rig.clone.read("wrangler.toml").replace("<auth.example.com>", "a.acme.dev"));
    await expectRefusal(fresh, "this deployment answers at a.acme.dev");
  });

  test.each(["auth", "auth.example.com", "https://auth.acme.dev", "*.acme.dev"])(
    "%s is a usage error",
    async (name) => {
      expect((await setup("--hostname", name, ...fresh.slice(2))).exitCode).toBe(2);
      expect(rig.cloudflare.calls).toEqual([]);
    },
  );
});

describe("--allow", () => {
  test.each([
    ["acme", "must be one of anyone, user:LOGIN"],
    ["orgs:acme", "Did you mean org:acme?"],
    ["org:acme/platform", "Did you mean team:acme/platform?"],
    ["anyon", "Did you mean anyone?"],
  ])("%s is refused at once, by its own name", async (entry, words) => {
    const { exitCode, stderr } = await setup("--hostname", hostname, "--allow", entry);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`'--allow <entry...>' argument '${entry}' is invalid`);
    expect(stderr).toContain(words);
    expect(rig.cloudflare.calls).toEqual([]);
  });

  test("with a token in it does not repeat the token", async () => {
    const token = `ghp_${"a1".repeat(18)}`;
    const { exitCode, stderr } = await setup("--hostname", hostname, "--allow", token);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("(a token)");
    expect(stderr).not.toContain(token);
  });
});

test("a missing API token comes with the link that fills in Cloudflare's form", async () => {
  rig.env.CLOUDFLARE_API_TOKEN = undefined;
  const { exitCode, stderr } = await setup(...fresh);
  expect(exitCode).toBe(1);
  const [link = ""] = /https:\/\/dash\.cloudflare\.com\/\S+/.exec(stderr) ?? [];
  const keys = JSON.parse(new URL(link).searchParams.get("permissionGroupKeys") ?? "") as { key: string }[]; // ours
  expect(keys.map(({ key }) => key)).toContain("ssl_and_certificates");
});

describe("the cluster", () => {
  test("that is new admits no user until an operator names one", async () => {
    await expectRefusal(["--hostname", hostname, "--yes"], "production is new: who gets in?");
  });

  test("that is there keeps its policy", async () => {
    await setup(...fresh);
    const before = rig.clone.read("wrangler.toml");
    const { exitCode, stderr } = await setup("--allow", "anyone", "--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("production is there already, and lets in org:acme-inc#77");
    expect(rig.clone.read("wrangler.toml")).toBe(before);
  });

  test("whose key is elsewhere gets no second certificate by mistake", async () => {
    await setup(...fresh);
    rmSync(rig.clone.path(".clusters"), { recursive: true });
    const { exitCode, stderr } = await setup("--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("its key is not in .clusters/production");
    expect(rig.cloudflare.state.certificates).toHaveLength(1);
  });

  test("that was deployed from elsewhere is not locked out", async () => {
    await setup(...fresh);
    rig.deployed()?.bindings.push({ type: "json", name: "CLUSTER_STAGING", json: { client_certificates: [] } });
    const { exitCode, stderr } = await setup("--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("does not have CLUSTER_STAGING, which is deployed");
  });

  test("whose certificate was revoked is told so", async () => {
    await setup(...fresh);
    Object.assign(rig.cloudflare.state.certificates[0] ?? {}, { status: "revoked" });
    const { exitCode, stderr } = await setup("--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("is not valid any more: Cloudflare says “revoked”");
  });
});

describe("limits", () => {
  test("no room for one more rule is seen before anything is changed", async () => {
    for (let count = 0; count < 4; count += 1) rig.cloudflare.state.ruleset?.rules.push(othersRule());
    await expectRefusal(fresh, "the zone has 5 custom rules, as many as its plan (free) has room for");
  });

  test("no room for one more certificate is told in Cloudflare's words", async () => {
    rig.cloudflare.state.maxCertificates = 0;
    const { exitCode, stderr } = await setup(...fresh);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Hit maximum certificate allocation: 100 certificates per zone are allowed (code 1445)");
    expect(stderr).toContain("remove what is no longer used");
  });
});

describe("Cloudflare", () => {
  test("asking to wait is obeyed", async () => {
    let count = 0;
    rig.cloudflare.interfere = ({ method, path }) => {
      if (method !== "POST" || !path.endsWith("/namespaces") || count > 0) return null;
      count += 1;
      const answer = { ...error(429, 10429, "rate limited"), headers: { "retry-after": "1" } };
      return { kind: "answer", when: "before", answer };
    };
    const startedAt = performance.now();
    expect((await setup(...fresh)).exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeGreaterThan(750);
    expect(rig.cloudflare.mutations.filter((line) => line.endsWith("/namespaces"))).toHaveLength(2);
  });

  test("asking to wait without end is told", async () => {
    const answer = { ...error(429, 10429, "rate limited"), headers: { "retry-after-ms": "1" } };
    rig.cloudflare.interfere = () => ({ kind: "answer", when: "before", answer });
    await expectRefusal(fresh, "answered 429: rate limited (code 10429)", "run the command again later");
  });

  test("failing without end is told", async () => {
    const answer = { ...error(503, 10001, "unavailable"), headers: { "retry-after-ms": "1" } };
    rig.cloudflare.interfere = () => ({ kind: "answer", when: "before", answer });
    await expectRefusal(fresh, "answered 503: unavailable", "run the command again later");
  });
});

describe("wrangler", () => {
  test("failing is told in its own words, and nothing is left of the secret; then the next run finishes", async () => {
    rig.clone.breakWrangler(true);
    const { exitCode, stderr } = await setup(...fresh);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("A request to the Cloudflare API failed. Timed out.");
    expect(rig.clone.has(rig.clone.wranglerCalls()[0]?.secretsFile ?? "")).toBe(false);
    rig.clone.breakWrangler(false);
    expect((await setup("--yes")).exitCode).toBe(0);
  });

  test("broken off by Ctrl-C leaves nothing of the secret behind", async () => {
    rig.cloudflare.interfere = ({ path }) => (path.endsWith("/upload") ? { kind: "hang" } : null);
    const program = rig.start(["setup", "--cluster", "production", ...rig.edgeArgs, ...fresh]);
    const isUploading = () => rig.clone.wranglerCalls().length > 0 || program.hasEnded();
    await until(isUploading, 20_000, "wrangler is running");
    const secretsFile = rig.clone.wranglerCalls()[0]?.secretsFile ?? "";
    expect(rig.clone.has(secretsFile)).toBe(true);
    process.kill(program.pid, "SIGINT");
    expect((await program.ended()).exitCode).toBe(130);
    expect(rig.clone.has(secretsFile)).toBe(false);
  });

  test("missing means that this is no clone", async () => {
    rmSync(rig.clone.path("node_modules"), { recursive: true });
    await expectRefusal(fresh, "works in a clone of the repository only");
  });
});

test("a deployment that does not answer as it should is no success, and the next run goes on from there", async () => {
  rig.passTo(1);
  const { exitCode, stderr, stdout } = await setup(...fresh, "--json");
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, verified: false, changed: true });
  expect(stderr).not.toContain("Error:");
});

test("a deployment that takes its time is waited for", async () => {
  let asked = 0;
  const notYet = createServer((_request, response) => {
    asked += 1;
    response.writeHead(522).end();
  });
  notYet.listen(0, "127.0.0.1");
  await once(notYet, "listening");
  // A TCP listener's address is an object.
  rig.passTo((notYet.address() as AddressInfo).port);
  rig.onPause = () => {
    if (asked > 0) rig.passTo(rig.workerPort);
  };
  const { exitCode, stderr } = await setup(...fresh, "--wait", "20");
  notYet.close();
  expect(stderr).toContain("waiting until it answers: without a client certificate answered 522, not 403");
  expect(exitCode).toBe(0);
});

// The local edge makes an answer of its own of a 500. One is enough of those that are told alike.
const toldOnce = new Map(edgeErrorCases.filter(({ status }) => status !== 500).map((one) => [String(one.said), one]));
const passedErrors = [...toldOnce.values()];

describe.each(["html", "json"] as const)("an error of Cloudflare's own in %s", (form) => {
  test.each(passedErrors)("$code in the deployment's place is told with what to do", async (fault) => {
    const { type, body } = edgeError(fault, form);
    const inPlace = createServer((_request, response) => {
      response.writeHead(fault.status, { "content-type": type }).end(body);
    });
    inPlace.listen(0, "127.0.0.1");
    await once(inPlace, "listening");
    // A TCP listener's address is an object.
    rig.passTo((inPlace.address() as AddressInfo).port);
    const { exitCode, stderr } = await setup(...fresh);
    inPlace.close();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(fault.said);
    expect(stderr).toContain(`error code ${fault.code}`);
    expect(stderr).not.toContain("run octogate doctor");
  });

  test("in front of the API is told by its code", async () => {
    const fault = { status: 429, code: 1015, title: "You are being rate limited" };
    const { type, body } = edgeError(fault, form);
    const headers = { "content-type": type, "retry-after-ms": "1" };
    const answer = { status: 429, headers, body: form === "json" ? JSON.parse(body) : body };
    rig.cloudflare.interfere = () => ({ kind: "answer", when: "before", answer });
    await expectRefusal(fresh, "answered 429, error code 1015 of Cloudflare's edge", "run the command again later");
  });
});

test("a deployment that answers without a certificate is no success", async () => {
  await setup(...fresh);
  rig.letEverybodyIn();
  const { exitCode, stderr } = await setup();
  expect(exitCode).toBe(1);
  expect(stderr).toContain("without a client certificate answered 200");
});

test.each(["..", "", "a/b", "A"])(
  "a Worker called %j is asked for nowhere: a path may lead elsewhere",
  async (name) => {
    const toml = rig.clone.read("wrangler.toml");
    rig.clone.write("wrangler.toml", toml.replace(/^name = .*/m, `name = ${JSON.stringify(name)}`));
    const { exitCode, stderr } = await setup(...fresh);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("name: must be lower-case letters, digits and dashes");
    expect(rig.cloudflare.calls).toEqual([]);
  },
);
