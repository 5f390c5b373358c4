// What destroys something asks whose it is: copies of other clusters' pairs, names that lead elsewhere, links, and
// things that other owners put beside ours.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makePrivateKey } from "../../src/cli/certificates/obtain.ts";
import { ClusterFolder } from "../../src/cli/certificates/pair-files.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";
import { fingerprintsIn } from "./support/worker-in-place.ts";

let rig: Rig;
let putBack: () => void;
beforeAll(async () => {
  rig = await makeRig();
  await setup("production", "--allow", "org:acme-inc#77");
  await setup("staging", "--allow", "user:mona#5");
  putBack = rig.save();
});
beforeEach(() => putBack());
afterAll(() => rig.close());

const setup = (cluster: string, ...args: string[]) =>
  rig.run(["setup", "--cluster", cluster, "--hostname", hostname, ...rig.edgeArgs, "--yes", ...args]);
const rotate = (cluster: string, ...args: string[]) =>
  rig.run(["certificate", "rotate", "--cluster", cluster, ...rig.edgeArgs, "--yes", ...args]);
const active = () =>
  rig.cloudflare.state.certificates.filter(({ status }) => status === "active").map(({ common_name }) => common_name);
const listed = () => fingerprintsIn(rig.deployed() ?? { bindings: [], secrets: new Map() });
const fingerprintOf = (name: string) =>
  rig.cloudflare.state.certificates.find(({ common_name }) => common_name === name)?.fingerprint_sha256 ?? "";
/** "cp .clusters/production/client.* .clusters/staging/NAME.*" */
const copyPair = (name: string, endings: readonly string[] = ["crt", "key"]) => {
  for (const end of endings) {
    copyFileSync(
      rig.clone.path(`.clusters/production/client.${end}`),
      rig.clone.path(`.clusters/staging/${name}.${end}`),
    );
  }
};

describe("a copy of another cluster's pair in the folder", () => {
  test.each([
    ["both files", "production", ["crt", "key"]],
    ["the certificate alone", "copy", ["crt"]],
    ["the key alone", "next", ["key"]],
    ["the pair, as an old one", "previous", ["crt", "key"]],
  ])("%s: teardown leaves that cluster's certificate and the copy, and names them", async (_what, name, endings) => {
    copyPair(name, endings);
    const { exitCode, stdout, stderr } = await rig.run(["teardown", "--cluster", "staging", "--yes"]);
    expect(exitCode).toBe(0);
    expect(active()).toEqual(["octogate production"]);
    for (const text of [stdout, stderr]) {
      expect(text).toContain(`.clusters/staging/${name}.*: its certificate is production's`);
    }
    for (const end of endings) expect(rig.clone.has(`.clusters/staging/${name}.${end}`)).toBe(true);
    expect(rig.clone.has(".clusters/staging/client.key")).toBe(false);
  });

  test("over client.*: a rotation does not begin, so nothing of the other cluster comes to be its old one", async () => {
    copyPair("client");
    const { exitCode, stderr } = await rotate("staging");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("holds no certificate that wrangler.toml lists for staging: it is production's");
    expect(active()).toHaveLength(2);
  });

  test("over previous.*: the rotation's end revokes nothing", async () => {
    expect((await rotate("staging")).exitCode).toBe(0);
    copyPair("previous");
    rig.letFilesAge(".clusters/staging/previous.crt", ".clusters/staging/client.crt");
    const { exitCode, stderr } = await rotate("staging", "--finish", "--in-use", ".clusters/staging/client.crt");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("which is production's: it is not revoked");
    expect(active()).toHaveLength(3);
    expect(listed()).toHaveLength(3);
  });

  test.each([["crt", "key"], ["key"]])("over next.%s: it is listed for no second cluster", async (...endings) => {
    copyPair("next", endings);
    const before = rig.clone.read("wrangler.toml");
    const { exitCode, stderr } = await rotate("staging");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("is the certificate of another cluster (CLUSTER_PRODUCTION)");
    expect(rig.clone.read("wrangler.toml")).toBe(before);
    expect(active()).toHaveLength(2);
  });

  test("of a new cluster: setup lists it for none", async () => {
    mkdirSync(rig.clone.path(".clusters/third"));
    for (const end of ["crt", "key"]) {
      copyFileSync(rig.clone.path(`.clusters/staging/client.${end}`), rig.clone.path(`.clusters/third/client.${end}`));
    }
    const { exitCode, stderr } = await setup("third", "--allow", "user:mona#5");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("is the certificate of another cluster (CLUSTER_STAGING)");
  });
});

test("a certificate that two clusters list is revoked with neither of them alone", async () => {
  const toml = rig.clone.read("wrangler.toml");
  const production = fingerprintOf("octogate production");
  rig.clone.write("wrangler.toml", toml.replace(`["${fingerprintOf("octogate staging")}"`, `$&, "${production}"`));
  const { stderr } = await rig.run(["teardown", "--cluster", "staging", "--yes"]);
  expect(stderr).toContain(`the certificate ${production}: it is production's and staging's`);
  expect(active()).toEqual(["octogate production"]);
});

test("a cluster whose name begins like another's owns nothing of it", async () => {
  await setup("stag", "--allow", "user:mona#5");
  const revoke = ["certificate", "revoke", "--cluster", "stag", "--fingerprint", fingerprintOf("octogate staging")];
  expect((await rig.run([...revoke, "--yes"])).exitCode).toBe(1);
  expect((await rig.run(["teardown", "--cluster", "stag", "--yes"])).exitCode).toBe(0);
  expect(active()).toEqual(["octogate production", "octogate staging"]);
});

describe("a certificate that no table lists, and that another deployment of the zone may have", () => {
  const fingerprint = () => fingerprintOf("octogate staging elsewhere");
  const revoke = (...args: string[]) =>
    rig.run(["certificate", "revoke", "--cluster", "staging", "--fingerprint", fingerprint(), "--yes", ...args]);

  beforeEach(async () => {
    await rig.cloudflare.addForeignCertificate("octogate staging elsewhere");
    rig.letPass(90_000);
  });

  test("is not revoked, for its name proves nothing, and the way to do it is named", async () => {
    const { exitCode, stderr } = await revoke();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("is staging's by its name alone, and no table lists it");
    expect(stderr).toContain("--although-unlisted");
    expect(active()).toContain("octogate staging elsewhere");
  });

  test("is revoked where the operator says so", async () => {
    expect((await revoke("--although-unlisted")).exitCode).toBe(0);
    expect(active()).toEqual(["octogate production", "octogate staging"]);
  });

  test("is not revoked for a cluster of another name, whatever the operator says", async () => {
    const args = ["--cluster", "production", "--fingerprint", fingerprint(), "--although-unlisted", "--yes"];
    const { exitCode, stderr } = await rig.run(["certificate", "revoke", ...args]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("is no certificate of production");
  });

  test("is revoked where this hostname's firewall rule names it: an earlier run stopped there", async () => {
    const rule = rig.cloudflare.state.ruleset?.rules[0];
    const expression = rule?.expression.replace(/ in \{/, ` in {"${fingerprint()}" `);
    Object.assign(rule ?? {}, { expression });
    expect((await revoke()).exitCode).toBe(0);
    expect(active()).toEqual(["octogate production", "octogate staging"]);
    expect(rig.cloudflare.state.ruleset?.rules[0]?.expression).not.toContain(fingerprint());
  });

  test.each([["--cluster", "staging"], ["--everything"]])("stays with teardown %s, and is named", async (...args) => {
    const { exitCode, stdout } = await rig.run(["teardown", ...args, "--yes"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`the certificate ${fingerprint()} (octogate staging elsewhere): no table lists it`);
    expect(active()).toContain("octogate staging elsewhere");
  });
});

test("a pair of another deployment, copied into the folder under another name, is not revoked", async () => {
  const key = makePrivateKey();
  await rig.cloudflare.addForeignCertificate("octogate staging", key);
  rig.letPass(90_000);
  const certificate = rig.cloudflare.state.certificates[2]?.certificate ?? "";
  rig.clone.write(".clusters/staging/copy.key", key);
  rig.clone.write(".clusters/staging/copy.crt", certificate);
  const { exitCode, stdout } = await rig.run(["teardown", "--cluster", "staging", "--yes"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(".clusters/staging/copy.*: its certificate is staging's by its name alone");
  expect(rig.clone.has(".clusters/staging/copy.key")).toBe(true);
  expect(rig.cloudflare.state.certificates.map(({ status }) => status)).toEqual([
    "active",
    "pending_revocation",
    "active",
  ]);
});

describe("a second certificate of a cluster's key, which an answer that got lost left behind", () => {
  beforeEach(async () => {
    const key = rig.clone.read(".clusters/staging/client.key");
    await rig.cloudflare.addForeignCertificate("octogate staging", key);
    rig.letPass(90_000);
  });

  test("is revoked by teardown with the first", async () => {
    expect((await rig.run(["teardown", "--cluster", "staging", "--yes"])).exitCode).toBe(0);
    expect(active()).toEqual(["octogate production"]);
  });

  test("is revoked by the end of a rotation with the old one", async () => {
    expect((await rotate("staging")).exitCode).toBe(0);
    rig.letFilesAge(".clusters/staging/previous.crt", ".clusters/staging/client.crt");
    expect((await rotate("staging", "--finish", "--in-use", ".clusters/staging/client.crt")).exitCode).toBe(0);
    expect(active()).toEqual(["octogate production", "octogate staging"]);
    expect(listed()).toHaveLength(2);
  });
});

describe("files", () => {
  test("that octogate did not make stay, keys of others too, and are named", async () => {
    const names = ["ca.crt", "ca.key", "sa.key", "notes.txt"];
    for (const name of names) rig.clone.write(`.clusters/staging/${name}`, "precious\n");
    const { exitCode, stdout } = await rig.run(["teardown", "--cluster", "staging", "--yes"]);
    expect(exitCode).toBe(0);
    for (const name of ["ca.*", "sa.*", "notes.txt"]) expect(stdout).toContain(`.clusters/staging/${name}`);
    expect(readdirSync(rig.clone.path(".clusters/staging")).sort()).toEqual([".gitignore", ...names].sort());
  });

  test("that are folders, or links to nothing, are none of a pair's, and stay", async () => {
    mkdirSync(rig.clone.path(".clusters/staging/folder.crt"));
    symlinkSync("/nowhere/gone.crt", rig.clone.path(".clusters/staging/gone.crt"));
    const { exitCode, stdout, stderr } = await rig.run(["teardown", "--cluster", "staging", "--yes"]);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(".clusters/staging/folder.crt/: octogate did not make it there");
    expect(readdirSync(rig.clone.path(".clusters/staging"))).toEqual([".gitignore", "folder.crt", "gone.crt"]);
  });

  test.each([
    `[vars."CLUSTER_../elsewhere/pki"]`,
    `[vars."CLUSTER_A/../../elsewhere/pki"]`,
    `[vars."CLUSTER_/elsewhere/pki"]`,
    `[vars."CLUSTER_..\\\\elsewhere"]`,
    `[vars."CLUSTER_.."]`,
    `[vars.CLUSTER_]`,
    `[vars.CLUSTER_elsewhere]`,
  ])("outside of .clusters stay, whatever name a table has: %s", async (header) => {
    const elsewhere = rig.clone.path("elsewhere/pki");
    mkdirSync(elsewhere, { recursive: true });
    const names = ["ca.crt", "ca.key", "client.key", "sa.key", "webhook-kubeconfig.yaml"];
    for (const name of names) writeFileSync(join(elsewhere, name), "precious\n");
    rig.clone.write("wrangler.toml", `${rig.clone.read("wrangler.toml")}\n${header}\nallow = ["anyone"]\n`);
    await rig.run(["teardown", "--everything", "--yes"]);
    expect(readdirSync(elsewhere)).toEqual(names);
  });

  test("behind a link stay: the link may lead anywhere", async () => {
    const elsewhere = rig.clone.path("elsewhere");
    rmSync(rig.clone.path(".clusters/staging"), { recursive: true });
    mkdirSync(elsewhere);
    const names = ["client.key", "sa.key", "webhook-kubeconfig.yaml"];
    for (const name of names) writeFileSync(join(elsewhere, name), "precious\n");
    symlinkSync(elsewhere, rig.clone.path(".clusters/staging"));
    const { exitCode, stdout } = await rig.run(["teardown", "--cluster", "staging", "--yes"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("everything in .clusters/staging: it is a link to another place");
    expect(readdirSync(elsewhere)).toEqual(names);
    await expect(new ClusterFolder(rig.clone.folder, "staging").remove("client")).rejects.toThrow("is a link");
    expect(active()).toEqual(["octogate production"]);
  });
});

test("rule and association stay where the hostname leads to another Worker by now", async () => {
  const { domains } = rig.cloudflare.state;
  Object.assign(domains[0] ?? {}, { service: "octogate-two" });
  const { exitCode, stdout } = await rig.run(["teardown", "--everything", "--yes"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`the custom rule and the association of ${hostname}: it leads to the Worker octogate-two`);
  expect(rig.cloudflare.state.associatedHostnames).toContain(hostname);
  expect(rig.cloudflare.state.ruleset?.rules[0]?.ref).toBe("octogate_auth_acme_dev");
  expect(domains).toHaveLength(1);
});

test("no key of a deployment in a repository of one's own is taken by git", async () => {
  await rig.run(["certificate", "issue", "--cluster", "staging", "--name", "second", "--yes"]);
  await rig.run(["manifests", "--for", "talos", "--cluster", "production", "--output", "out"]);
  await rig.run(["kubeconfig", "--cluster", "production", "--inline", "--output", ".clusters/production/inline.yaml"]);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: rig.clone.folder, encoding: "utf8" });
  git("init", "--quiet");
  git("add", "--all");
  const staged = git("diff", "--cached", "--name-only")
    .split("\n")
    .filter((name) => name !== "");
  expect(staged).toContain("wrangler.toml");
  expect(staged.filter((name) => rig.clone.read(name).includes("PRIVATE KEY"))).toEqual([]);
  expect(staged.filter((name) => name.startsWith(".clusters/"))).toEqual([]);
  expect(staged).toContain("out/STEPS.md");
});
