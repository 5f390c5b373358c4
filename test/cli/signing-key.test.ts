// The signing key's rotation as a person goes through it, at a Cloudflare that shows changes late: each step at its
// time and no sooner, in one version with the key that it needs, from any clone, and after a break at any request.
import { createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { calculateJwkThumbprint } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readSigningKeys, timeText } from "../../src/cli/config-file/signing-keys.ts";
import { commandsIn } from "../support/document-commands.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { brokenOnce } from "./cloudflare/stand-in.ts";
import type { Script } from "./cloudflare/state.ts";
import { watchFileChanges } from "./support/file-changes.ts";
import { hostname, makeRig, type Rig, type RunResult } from "./support/rig.ts";
import { publishedKeys, signInHostname } from "./support/worker-in-place.ts";

const hourMs = 3_600_000;
let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
  await rig.run([
    ...["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"],
    ...rig.edgeArgs,
  ]);
  rig.letPass(120_000);
  script().secrets.set("OAUTH_CLIENT_SECRETS", '{"Iv23example":"secret"}');
  const toml = rig.clone.read("wrangler.toml");
  rig.clone.write(
    "wrangler.toml",
    toml
      .replace(/^# ISSUER_URL = .*$/m, `ISSUER_URL = "https://${signInHostname}"`)
      .replace(/^# GITHUB_CLIENT_ID = .*$/m, 'GITHUB_CLIENT_ID = "Iv23example"')
      .replace(/^# sign_in = true.*$/m, "sign_in = true"),
  );
});
afterEach(() => rig.close());

const signingKey = (...args: string[]) => rig.run(["signing-key", ...args, ...rig.edgeArgs, "--yes"]);
const status = () => {
  const [connect = "", address = "", ca = "", file = ""] = rig.edgeArgs;
  return rig.run(["signing-key", "status", "--json", connect, address, ca, file]);
};
const script = (): Script => rig.deployed() ?? { bindings: [], secrets: new Map() };
const tableIn = ({ bindings }: Script) => {
  const binding = bindings.find(({ name }) => name === "SIGNING_KEYS");
  return readSigningKeys(binding?.type === "json" ? binding.json : null);
};
const table = () => tableIn(script());
const kids = async () => (await publishedKeys(script()))?.map(({ kid }) => kid);
const kidOf = (slot: "A" | "B") => {
  const key = createPublicKey(script().secrets.get(`SIGNING_KEY_${slot}`) ?? "");
  return calculateJwkThumbprint(key.export({ format: "jwk" }));
};
const pass = (ms: number) => {
  rig.time.passedMs += ms;
  rig.letPass(ms);
};

async function succeed(...args: string[]): Promise<RunResult> {
  const result = await signingKey(...args);
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

async function refuse(text: string, ...args: string[]): Promise<void> {
  const before = { toml: rig.clone.read("wrangler.toml"), script: script() };
  const { exitCode, stderr } = await signingKey(...args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(text);
  expect({ toml: rig.clone.read("wrangler.toml"), script: script() }).toEqual(before);
}

test("a whole rotation, each step at its time and in one version with its key", async () => {
  await refuse("there is no key that signs", "rotate");
  await succeed("create");
  expect(table()?.signs).toBe("a");
  expect(await kids()).toEqual([await kidOf("A")]);
  expect(rig.clone.read("wrangler.toml")).toContain('required = ["CACHE_SECRET", "SIGNING_KEY_A"]');

  await refuse("there is no other key", "rotate");
  pass(60_000);
  const { stdout } = await succeed("create");
  const from = timeText((table()?.published.b ?? 0) + hourMs);
  expect(stdout).toContain(`Next: octogate signing-key rotate signs with b, from ${from} on`);
  expect(await kids()).toEqual([await kidOf("A"), await kidOf("B")]);
  await refuse("is the next one", "create");
  await refuse(`run this again from ${from} on`, "rotate");

  pass(hourMs);
  const secrets = new Map(script().secrets);
  const calls = rig.clone.wranglerCalls().length;
  await succeed("rotate");
  // The table alone.
  expect(script().secrets).toEqual(secrets);
  expect(rig.clone.wranglerCalls()).toHaveLength(calls + 1);
  expect(rig.clone.wranglerCalls().at(-1)?.secretsFile).toBeUndefined();
  expect(table()).toMatchObject({ signs: "b" });
  expect(await kids()).toEqual([await kidOf("A"), await kidOf("B")]);

  await refuse("may be valid until", "create");
  await refuse("is the one that signed before", "rotate");
  const earlier = await kidOf("A");
  pass(hourMs + 300_000);
  await succeed("create");
  expect(await kids()).not.toContain(earlier);
  expect(await kids()).toEqual([await kidOf("A"), await kidOf("B")]);
});

test("no key is in a file, an argument or an output, and each is another", async () => {
  const outputs = [await succeed("create")];
  pass(60_000);
  outputs.push(await succeed("create"));
  const keys = ["A", "B"].map((slot) => script().secrets.get(`SIGNING_KEY_${slot}`) ?? "");
  expect(new Set(keys).size).toBe(2);
  const everything = JSON.stringify([outputs, rig.clone.wranglerCalls(), [...rig.clone.files()]]);
  for (const key of keys) {
    expect(key).toContain("PRIVATE KEY");
    for (const line of key.split("\n").slice(1, -2)) expect(everything).not.toContain(line);
  }
});

test("status says what there is, and what comes next", async () => {
  expect(JSON.parse((await status()).stdout)).toMatchObject({ ok: true, state: "none" });
  await succeed("create");
  pass(60_000);
  await succeed("create");
  const found = JSON.parse((await status()).stdout);
  expect(found).toMatchObject({
    state: "next",
    keys: [
      { slot: "a", kid: await kidOf("A"), use: `signs, since ${timeText(table()?.signs_since ?? 0)}` },
      { slot: "b", kid: await kidOf("B"), publishedSince: timeText(table()?.published.b ?? 0) },
    ],
  });
  const text = (await rig.run(["signing-key", "status", ...rig.edgeArgs.slice(0, 4)])).stdout;
  expect(text).toMatch(/^SLOT {2}KEY .*PUBLISHED SINCE .*USE\na {5}\S{43} {2}.*\nb {5}\S{43} {2}.*\nNext: octogate /);
});

test("a key that was put there by hand goes on signing while the next one is published", async () => {
  script().secrets.set("SIGNING_KEY_A", makeSigningKey());
  const byHand = await kidOf("A");
  await rig.run(["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"]);
  await succeed("create");
  expect(table()?.signs).toBe("a");
  expect(await kids()).toEqual([byHand, await kidOf("B")]);
  pass(hourMs);
  await succeed("rotate");
  expect(await kids()).toEqual([byHand, await kidOf("B")]);
});

describe("a compromised key", () => {
  test("is gone from the key set and from its slot, and another one signs, made at that moment", async () => {
    await succeed("create");
    const [kid, secret] = [await kidOf("A"), script().secrets.get("SIGNING_KEY_A")];
    const { stdout } = await succeed("rotate", "--compromised");
    expect(table()).toMatchObject({ signs: "b" });
    expect(await kids()).toEqual([await kidOf("B")]);
    expect(await kids()).not.toContain(kid);
    expect(script().secrets.get("SIGNING_KEY_A")).not.toBe(secret);
    expect(stdout).toContain("trusts the dropped key until it reads the keys anew");
    // It is not brought back by a hand that writes it into the table.
    const binding = script().bindings.find(({ name }) => name === "SIGNING_KEYS");
    const time = timeText(Date.now());
    if (binding?.type === "json") binding.json = { signs: "b", published: { a: time, b: time } };
    expect(await kids()).not.toContain(kid);
  });

  test("is followed by the next one, though it is new, and by none that waits for a clock", async () => {
    await succeed("create");
    pass(60_000);
    await succeed("create");
    const kid = await kidOf("A");
    rig.time.aheadMs = -5 * hourMs;
    await succeed("rotate", "--compromised");
    expect(table()).toMatchObject({ signs: "b" });
    expect(await kids()).toEqual([await kidOf("B")]);
    expect(await kids()).not.toContain(kid);
  });

  test("that does not sign is dropped, and the other goes on", async () => {
    await succeed("create");
    pass(60_000);
    await succeed("create");
    await succeed("rotate", "--compromised", "b");
    expect(table()).toMatchObject({ signs: "a" });
    expect(await kids()).toEqual([await kidOf("A")]);
  });
});

describe("a wrong secret in the slot that does not sign", () => {
  beforeEach(async () => {
    await succeed("create");
    pass(60_000);
    await succeed("create");
    script().secrets.set("SIGNING_KEY_B", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----");
    pass(hourMs);
  });

  test("is shown by status, and rotate does not sign with it", async () => {
    expect(await kids()).toEqual([await kidOf("A")]);
    expect(JSON.parse((await status()).stdout)).toMatchObject({
      state: "next",
      diagnostics: [{ subject: "SIGNING_KEY_B", message: expect.stringContaining("leaves it out") }],
    });
    await refuse("does not publish b", "rotate");
    expect(table()).toMatchObject({ signs: "a" });
  });

  test("is no way out where the key that signs is compromised: another one is made", async () => {
    await succeed("rotate", "--compromised");
    expect(table()).toMatchObject({ signs: "b" });
    expect(await kids()).toEqual([await kidOf("B")]);
  });

  test("is replaced by dropping it", async () => {
    await succeed("rotate", "--compromised", "b");
    expect(JSON.parse((await status()).stdout)).toMatchObject({ state: "one", diagnostics: [] });
    pass(60_000);
    await succeed("create");
    expect(await kids()).toEqual([await kidOf("A"), await kidOf("B")]);
  });
});

describe("a clock", () => {
  test.each([
    { aheadMs: 2 * hourMs, text: "s ahead of login.acme.dev's" },
    { aheadMs: -2 * hourMs, text: "s behind login.acme.dev's" },
  ])("that is wrong by $aheadMs ms makes no step too early", async ({ aheadMs, text }) => {
    await succeed("create");
    pass(3 * hourMs);
    rig.time.aheadMs = aheadMs;
    await refuse(text, "create");
    rig.time.aheadMs = 0;
    await succeed("create");
    // The hour is not over, whatever this machine says.
    if (aheadMs < 0) return;
    rig.time.aheadMs = aheadMs;
    await refuse(text, "rotate");
  });

  test("that is behind the table's newest time is told", async () => {
    await succeed("create");
    rig.time.passedMs -= hourMs;
    await refuse("and this machine's clock says", "create");
  });
});

test("a sign-in hostname that does not answer, or publishes no keys, keeps a rotation from going on", async () => {
  await succeed("create");
  pass(60_000);
  await succeed("create");
  pass(hourMs);
  const elsewhere = ["--connect", "127.0.0.1:1", "--wait", "0", "--yes"];
  const { exitCode, stderr } = await rig.run(["signing-key", "rotate", ...elsewhere]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("jwks.json: cannot be reached")]);
  script().secrets.set("SIGNING_KEY_A", "none");
  await refuse("answered 503, without keys: it does not publish b", "rotate");
});

describe("two clones", () => {
  test("one that is not up to date deploys nothing, be it any command", async () => {
    await succeed("create");
    const before = rig.clone.read("wrangler.toml");
    pass(60_000);
    await succeed("create");
    await succeed("rotate", "--compromised");
    rig.clone.write("wrangler.toml", before);
    const stale = "SIGNING_KEYS: is older than what is deployed";
    await refuse(stale, "create");
    await refuse(stale, "rotate");
    const issue = ["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"];
    const deployed = script();
    expect((await rig.run(issue)).stderr).toContain(stale);
    expect(script().bindings).toEqual(deployed.bindings);
  });

  test("at once: the second one sees that the table has changed, and its key goes nowhere", async () => {
    await succeed("create");
    pass(60_000);
    const before = rig.clone.read("wrangler.toml");
    let hasCome = false;
    rig.cloudflare.interfere = ({ path }) => {
      // The other clone comes between the plan and the deployment.
      if (!hasCome && path.endsWith("/client_certificates")) {
        hasCome = true;
        const binding = script().bindings.find(({ name }) => name === "SIGNING_KEYS");
        // Surely another second than that of the first key.
        const signsSince = timeText(Date.now() + 30_000);
        if (binding?.type === "json") binding.json = { ...Object(binding.json), signs_since: signsSince };
      }
      return null;
    };
    const secrets = new Map(script().secrets);
    const { exitCode, stderr } = await signingKey("create");
    rig.cloudflare.interfere = () => null;
    expect(exitCode).toBe(1);
    expect(stderr).toContain("was changed from another clone meanwhile");
    expect(script().secrets).toEqual(secrets);
    rig.clone.write("wrangler.toml", before);
  });
});

/** The steps with what has to be so before them. */
const steps: Readonly<Record<string, { prepare: readonly (() => Promise<unknown>)[]; args: readonly string[] }>> = {
  "the first create": { prepare: [], args: ["create"] },
  "a create": { prepare: [() => succeed("create")], args: ["create"] },
  "a rotate": {
    prepare: [() => succeed("create"), () => succeed("create"), async () => pass(hourMs)],
    args: ["rotate"],
  },
  "a rotate --compromised": { prepare: [() => succeed("create")], args: ["rotate", "--compromised"] },
};

test.each(Object.entries(steps))(
  "%s that breaks at any request, or is killed after any change of a file, comes to its end when it is run again",
  { timeout: 300_000 },
  async (name, { prepare, args }) => {
    for (const step of prepare) await step();
    pass(60_000);
    const signing = await signs();
    const worlds: (() => void)[] = [rig.save()];
    rig.cloudflare.interfere = () => {
      worlds.push(rig.save());
      return null;
    };
    const stopWatching = watchFileChanges(rig.clone.folder, () => worlds.push(rig.save()));
    await succeed(...args);
    stopWatching();
    rig.cloudflare.interfere = () => null;
    const [wanted, count] = [table()?.signs, (await kids())?.length];
    expect(worlds.length).toBeGreaterThan(5);
    for (const [index, restore] of worlds.entries()) {
      restore();
      // What was killed half-way never left a sign-in without its key.
      expect(await signs(), `${name}, killed at ${index}`).toBe(signing);
      const again = await signingKey(...args);
      expect(again.exitCode, `${name}, killed at ${index}: ${again.stderr}`).toBe(0);
      expect([table()?.signs, (await kids())?.length], `${name}, killed at ${index}`).toEqual([wanted, count]);
    }
    // A request that fails once.
    const start = worlds[0] ?? (() => {});
    for (let at = 0; at < worlds.length; at += 3) {
      start();
      let requests = 0;
      rig.cloudflare.interfere = () => {
        requests += 1;
        return requests === at + 1 ? { kind: "answer", when: "before", answer: brokenOnce } : null;
      };
      await signingKey(...args);
      rig.cloudflare.interfere = () => null;
      const again = await signingKey(...args);
      const isDone = again.exitCode === 0 || /is the next one|is the one that signed before/.test(again.stderr);
      expect(isDone, `${name}, broken at ${at}: ${again.stderr}`).toBe(true);
    }
  },
);

/** The key that signs, as the Worker sees it; null for none. */
async function signs(): Promise<string | null> {
  const slot = table()?.signs === "b" ? "B" : "A";
  return (await kids()) == null ? null : kidOf(slot);
}

test("wrangler that fails leaves the keys as they were, and the step is done again", async () => {
  await succeed("create");
  pass(60_000);
  const before = await kids();
  rig.clone.breakWrangler(true);
  expect((await signingKey("create")).exitCode).toBe(1);
  expect(await kids()).toEqual(before);
  expect(JSON.parse((await status()).stdout).diagnostics).toMatchObject([
    { message: expect.stringContaining("is not what is deployed") },
  ]);
  rig.clone.breakWrangler(false);
  await succeed("create");
  expect(await kids()).toHaveLength(2);
});

test("a file that was half changed is not deployed by wrangler alone: the new key's secret is missing", async () => {
  await succeed("create");
  pass(60_000);
  rig.clone.breakWrangler(true);
  await signingKey("create");
  rig.clone.breakWrangler(false);
  const issue = ["certificate", "issue", "--cluster", "production", "--name", "second", "--yes"];
  const { stderr } = await rig.run(issue);
  expect(stderr).toContain("SIGNING_KEY_B");
  expect(await kids()).toHaveLength(1);
});

test("a table in a form that cannot be changed here is left alone", async () => {
  const text = `${rig.clone.read("wrangler.toml")}\n[vars.SIGNING_KEYS]\nsigns = "a"\n[vars.SIGNING_KEYS.published]\na = "2026-11-27T10:00:00Z"\n`;
  writeFileSync(rig.clone.path("wrangler.toml"), text);
  await refuse("in a form that this command cannot change", "create");
});

test("the commands of docs/operations.md lead through a rotation, a compromise, and two new cache secrets", async () => {
  const commands = commandsIn(
    "docs/operations.md",
    "Rotate the signing key",
    "A compromised signing key",
    "Rotate the cache secret",
  )
    .flatMap((text) => text.trimEnd().split("\n"))
    .map((line) =>
      line
        .trim()
        .replace(/^npx octogate | < cache-secret\.txt$/g, "")
        .split(" "),
    );
  expect(commands).toHaveLength(6);
  await succeed("create");
  pass(60_000);
  for (const args of commands) {
    const [program, action] = args;
    rig.stdin = script().secrets.get("CACHE_SECRET") ?? null;
    if (action === "rotate") pass(hourMs);
    const edge = program === "cache-secret" ? [] : action === "status" ? rig.edgeArgs.slice(0, 4) : rig.edgeArgs;
    const consent = action === "status" || args.includes("--yes") ? [] : ["--yes"];
    const { exitCode, stderr } = await rig.run([...args, ...edge, ...consent]);
    expect(`${args.join(" ")}: ${exitCode} ${exitCode === 0 ? "" : stderr}`).toBe(`${args.join(" ")}: 0 `);
  }
});

test("without ISSUER_URL there is nothing to sign for", async () => {
  rig.clone.write("wrangler.toml", rig.clone.read("wrangler.toml").replace(/^ISSUER_URL.*$/m, ""));
  await refuse("ISSUER_URL: is missing", "create");
});
