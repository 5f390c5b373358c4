// What setup finds around it: files in other forms, an environment that leads elsewhere, proxies, rules of other
// people. And what it must never do meanwhile.
import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { othersRule, snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const fresh = ["--hostname", hostname, "--allow", "org:acme-inc#77"];
const setup = (...args: string[]) => rig.run(["setup", "--cluster", "production", ...rig.edgeArgs, ...args]);
const toml = () => rig.clone.read("wrangler.toml");

describe("--dry-run", () => {
  test("changes nothing also where nothing is left to ask for", async () => {
    await setup(...fresh, "--yes");
    rmSync(rig.clone.path(".clusters/production/client.crt"));
    const { exitCode, stdout } = await setup("--dry-run");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("write .clusters/production/client.crt");
    expect(rig.clone.has(".clusters/production/client.crt")).toBe(false);
    await setup("--yes");
    expect(rig.clone.has(".clusters/production/client.crt")).toBe(true);
    expect((await setup("--dry-run")).stdout).toBe("Nothing would be changed (--dry-run).");
  });

  test("needs no API token: without one it shows what a first setup makes, and asks Cloudflare nothing", async () => {
    const withToken = await setup(...fresh, "--dry-run");
    const asked = rig.cloudflare.calls.length;
    rig.env.CLOUDFLARE_API_TOKEN = undefined;
    const { exitCode, stdout, stderr } = await setup(...fresh, "--dry-run");

    expect(exitCode).toBe(0);
    expect(stderr).toContain("CLOUDFLARE_API_TOKEN is not set, so Cloudflare was not asked");
    // One line each, about the same things.
    const subjects = (text: string) => text.split("\n").map((line) => line.split(" ").slice(0, 6).join(" "));
    expect(subjects(stdout)).toEqual(subjects(withToken.stdout));
    expect(rig.cloudflare.calls.length).toBe(asked);
    expect(rig.clone.has(".clusters")).toBe(false);
  });

  test("of a command whose deployment was broken off says that it would deploy", async () => {
    await setup(...fresh, "--yes");
    rig.clone.breakWrangler(true);
    const issue = ["certificate", "issue", "--cluster", "production", "--name", "second"];
    await rig.run([...issue, "--yes"]);
    rig.clone.breakWrangler(false);
    const uploads = rig.clone.wranglerCalls().length;
    expect((await rig.run([...issue, "--dry-run"])).stdout).toContain("deploy wrangler.toml");
    expect((await rig.run(issue, false)).exitCode).toBe(1);
    expect(rig.clone.wranglerCalls()).toHaveLength(uploads);
  });
});

describe("wrangler.toml", () => {
  const refuses = async (text: string, ...words: string[]) => {
    rig.clone.write("wrangler.toml", text);
    const before = snapshot(rig.cloudflare.state);
    const { exitCode, stderr } = await setup(...fresh, "--yes");
    expect(exitCode).toBe(1);
    for (const word of words) expect(stderr).toContain(word);
    expect(snapshot(rig.cloudflare.state)).toEqual(before);
    expect(toml()).toBe(text);
    expect(rig.clone.has(".clusters")).toBe(false);
  };

  test("in a form that cannot be changed is refused before anything is made", async () => {
    const inline = toml().replace('[[kv_namespaces]]\nbinding = "KV"\n', "");
    await refuses(`kv_namespaces = [{ binding = "KV" }]\n${inline}`, "in a form that this command cannot change");
  });

  test.each([
    [
      "route in a line of its own",
      (text: string) => `routes = ["www.acme.dev/*"]\n${text.replace(/\[\[routes\]\][^[]*/, "")}`,
    ],
    ["syntax error", (text: string) => text.replace("[vars.CLUSTER_PRODUCTION]", "[vars.CLUSTER_PRODUCTION")],
    ["hostname that no rule would match", (text: string) => text.replace("<auth.example.com>", "Auth.acme.dev")],
  ])("with a %s is refused before anything is made", async (_what, change) => {
    await refuses(change(toml()), "wrangler.toml");
  });

  test("with an entry that cannot be deployed is refused before anything is made", async () => {
    const before = snapshot(rig.cloudflare.state);
    const text = toml();
    for (const entry of ["acme", 'org:acme"]\nclient_certificates = ["', "org:acme\u007f", "org:\ud800"]) {
      const { exitCode, stderr } = await setup("--hostname", hostname, "--allow", entry, "--yes");
      expect(exitCode).toBe(2);
      expect(stderr).toContain("--allow");
    }
    expect(snapshot(rig.cloudflare.state)).toEqual(before);
    expect(toml()).toBe(text);
  });

  test.each([
    ["Windows line ends", (text: string) => text.replaceAll("\n", "\r\n")],
    ["indented tables and other quotes", (text: string) => text.replace('binding = "KV"', "  binding = 'KV'")],
    ["a byte order mark", (text: string) => `\ufeff${text}`],
    ["no line end at its end", (text: string) => text.trimEnd()],
    ["a named environment", (text: string) => `${text}\n[env.staging]\nname = "octogate-staging"\n`],
  ])("with %s is written, and read again by the next run", async (_what, change) => {
    rig.clone.write("wrangler.toml", change(toml()));
    expect((await setup(...fresh, "--yes")).exitCode).toBe(0);
    expect((await setup("--yes")).stdout).toContain("Nothing had to be changed.");
    expect(
      (await rig.run(["setup", "--cluster", "prod-eu", ...rig.edgeArgs, "--allow", "user:mona#7", "--yes"])).exitCode,
    ).toBe(0);
    expect((await rig.run(["teardown", "--cluster", "prod-eu", "--yes"])).exitCode).toBe(0);
    expect((await setup("--yes")).stdout).toContain("Nothing had to be changed.");
    expect((await rig.run(["teardown", "--everything", "--yes"])).exitCode).toBe(0);
    expect(toml()).toContain("<auth.example.com>");
    expect(toml().replaceAll("\r\n", "").includes("\n")).toBe(!change("\n").includes("\r"));
  });

  test("that has the cluster already keeps its kinds of tokens, and says so", async () => {
    await setup(...fresh, "--yes");
    const { exitCode, stderr } = await setup("--token-kind", "oauth", "--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("says itself which tokens it accepts");
  });

  test("with a name that is not pinned is warned about", async () => {
    const { exitCode, stderr } = await setup("--hostname", hostname, "--allow", "org:acme-inc", "--yes");
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/CLUSTER_PRODUCTION\.allow\[0\]: warning/);
  });
});

describe("the firewall rule", () => {
  test("that another one lets people skip is moved before it", async () => {
    await setup(...fresh, "--yes");
    const skip = { ...othersRule(), action: "skip" as const, action_parameters: { ruleset: "current" as const } };
    rig.cloudflare.state.ruleset?.rules.unshift(skip as never);
    expect((await setup("--yes")).stderr).toContain("correct the custom rule octogate_auth_acme_dev");
    expect(rig.cloudflare.state.ruleset?.rules.map(({ ref }) => ref).slice(0, 2)).toEqual([
      "octogate_auth_acme_dev",
      skip.ref,
    ]);
    expect((await setup("--yes")).stdout).toContain("Nothing had to be changed.");
  });
});

describe("the environment", () => {
  test("leads wrangler to no other account, Worker or log", async () => {
    Object.assign(rig.env, {
      CLOUDFLARE_API_KEY: "global",
      CLOUDFLARE_EMAIL: "mona@acme.dev",
      CLOUDFLARE_ENV: "staging",
      WRANGLER_CI_OVERRIDE_NAME: "other",
      WRANGLER_LOG_SANITIZE: "false",
    });
    expect((await setup(...fresh, "--yes")).exitCode).toBe(0);
    expect(rig.clone.wranglerCalls()[0]?.leadingElsewhere).toEqual({
      CLOUDFLARE_API_KEY: "",
      CLOUDFLARE_EMAIL: "",
      CLOUDFLARE_ENV: "",
      WRANGLER_CI_OVERRIDE_NAME: null,
      WRANGLER_LOG_SANITIZE: "true",
    });
  });

  test.each(["two\nlines", "“quoted”", " "])(
    "with a token that is none says so without showing it: %j",
    async (token) => {
      rig.env.CLOUDFLARE_API_TOKEN = token;
      const { exitCode, stdout, stderr } = await setup(...fresh, "--yes", "--json");
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, diagnostics: [{ subject: "CLOUDFLARE_API_TOKEN" }] });
      if (token.trim() !== "") for (const part of token.split("\n")) expect(`${stdout}${stderr}`).not.toContain(part);
    },
  );

  test("with a token that a line end follows, as files have it, works", async () => {
    rig.env.CLOUDFLARE_API_TOKEN = `${rig.cloudflare.token}\n`;
    expect((await setup(...fresh, "--dry-run")).exitCode).toBe(0);
  });
});

describe("what comes where an answer from Cloudflare was expected", () => {
  test("a page of a proxy is told, and taken for no empty list", async () => {
    await setup(...fresh, "--yes");
    const before = snapshot(rig.cloudflare.state);
    const answer = { status: 200, headers: { "content-type": "text/html" }, body: "<html>" };
    for (const end of ["/client_certificates", "/hostname_associations", "/entrypoint", "/zones", "/settings"]) {
      rig.cloudflare.interfere = ({ path }) => (path.endsWith(end) ? { kind: "answer", when: "before", answer } : null);
      const { exitCode, stdout } = await setup("--yes", "--json");
      expect(exitCode).toBe(1);
      expect(stdout).toContain("a page (text/html) came where JSON from Cloudflare was expected");
    }
    expect(snapshot(rig.cloudflare.state)).toEqual(before);
  });

  test.each(["3600", new Date(Date.now() + 3_600_000).toUTCString()])(
    "to wait for an hour (%s) is told, and not waited for",
    async (retryAfter) => {
      const answer = { status: 429, headers: { "retry-after": retryAfter }, body: { errors: [{ message: "slowly" }] } };
      rig.cloudflare.interfere = () => ({ kind: "answer", when: "before", answer });
      rig.cloudflare.state.lateness.refusedRequests = 0;
      const { exitCode, stderr } = await setup(...fresh, "--yes");
      expect(exitCode).toBe(1);
      expect(stderr).toContain("answered 429: slowly");
      expect(rig.cloudflare.calls).toHaveLength(1);
    },
  );

  test("nothing at all is told with what happened to the connection", async () => {
    rig.env.CLOUDFLARE_BASE_URL = `http://127.0.0.1:${await freePort()}`;
    const { exitCode, stderr } = await setup(...fresh, "--yes");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Connection error. nothing listens there (ECONNREFUSED)");
  });

  test("an unexpected exception is one JSON document all the same", async () => {
    const answer = { status: 200, body: { result: [{ id: 7, certificate: "none", status: "active" }] } };
    rig.cloudflare.interfere = ({ path }) =>
      path.endsWith("/client_certificates") ? { kind: "answer", when: "before", answer } : null;
    const { exitCode, stdout } = await setup(...fresh, "--yes", "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, diagnostics: [{ subject: "octogate" }] });
  });
});

test("files that cannot be written are told as what they are", async () => {
  rig.clone.write(".clusters", "another file");
  const { exitCode, stdout } = await setup(...fresh, "--yes", "--json");
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false });
  expect(stdout).toMatch(/failed: (?:ENOTDIR|EEXIST)/);
});

test("a key that cannot be read is told, with a certificate beside it too; teardown takes both away", async () => {
  await setup(...fresh, "--yes");
  rig.clone.write(".clusters/production/client.key", "no key");
  expect((await setup("--yes")).stderr).toContain("cannot be read as a private key");
  // As a command that was killed leaves it.
  rig.clone.write(".clusters/production/previous.key.123.new", "a key");
  expect((await rig.run(["teardown", "--everything", "--yes"])).exitCode).toBe(0);
  expect(rig.clone.has(".clusters/production")).toBe(false);
});

test("teardown takes away what a setup that broke off had made", async () => {
  const before = { ...(snapshot(rig.cloudflare.state) as object), certificates: [] };
  rig.cloudflare.interfere = ({ path, method }) =>
    path.endsWith("/rules") && method === "POST"
      ? { kind: "answer", when: "before", answer: { status: 400, body: { errors: [{ message: "no" }] } } }
      : null;
  expect((await setup(...fresh, "--yes")).exitCode).toBe(1);
  rig.cloudflare.interfere = () => null;
  expect((await rig.run(["teardown", "--everything", "--yes"])).exitCode).toBe(0);
  expect({ ...(snapshot(rig.cloudflare.state) as object), certificates: [] }).toEqual(before);
  expect(rig.cloudflare.state.certificates.map(({ status }) => status)).toEqual(["pending_revocation"]);
  expect(rig.clone.has(".clusters/production")).toBe(false);
});
