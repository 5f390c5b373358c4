// docs/sign-in.md: its commands of setup, run in that order, and its shell blocks, run by hand, which come to the same.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { setCluster } from "../../src/cli/config-file/edits.ts";
import { setSignInSettings } from "../../src/cli/config-file/sign-in-edits.ts";
import { applyEdits } from "../../src/cli/config-file/toml-edits.ts";
import { commandsIn, readDocument } from "../support/document-commands.ts";
import { run } from "../support/program.ts";
import { configFile } from "../unit/cli/support/config-file.ts";
import { makeRig, type Rig } from "./support/rig.ts";

const clientId = "Iv23liAcmeClusters00";
const commands = commandsIn("docs/sign-in.md", "With `octogate setup`").map((text) =>
  text
    .trimEnd()
    .replace(/^npx octogate /, "")
    .split(" "),
);

async function setUp(rig: Rig): Promise<void> {
  const first = ["setup", "--cluster", "production", "--hostname", "auth.acme.dev", "--allow", "org:acme-inc#77"];
  expect((await rig.run([...first, "--yes", ...rig.edgeArgs])).exitCode).toBe(0);
}

test("each command of setup does what the page says", async () => {
  const rig = await makeRig();
  try {
    await setUp(rig);
    rig.typedSecret = "stand-in-client-secret";
    const [list = [], make = [], alone = []] = commands;
    expect(commands).toHaveLength(3);
    expect(await rig.run([...list, ...rig.edgeArgs])).toMatchObject({ exitCode: 1 });
    const { exitCode, stderr } = await rig.run([...make, ...rig.edgeArgs], true);
    expect(exitCode, stderr).toBe(0);
    const [, plan = ""] = /This is going to be changed:\n((?: {2}- .*\n)+)/.exec(readDocument("docs/sign-in.md")) ?? [];
    expect(stderr).toContain(plan);
    const { length } = rig.cloudflare.state.certificates;
    const managed = await rig.run([...alone, ...rig.edgeArgs], true);
    expect(managed.exitCode, managed.stderr).toBe(0);
    expect(rig.cloudflare.state.certificates).toHaveLength(length);
  } finally {
    await rig.close();
  }
});

const { exitCode: missing } = await run("sh", ["-c", "command -v jq && command -v openssl && command -v curl"], {
  env: process.env,
});

test.skipIf(missing !== 0)("by hand it comes to what setup makes", async () => {
  const rig = await makeRig({ isLate: false });
  try {
    await setUp(rig);
    const file = configFile(rig.clone.read("wrangler.toml"));
    const secrets = ["OAUTH_CLIENT_SECRETS", "SIGNING_KEY_A"];
    const cluster = {
      variable: "CLUSTER_PRODUCTION",
      fingerprint: fingerprintIn(file.text),
      allow: [],
      tokenKinds: [],
    };
    const edits = [
      ...setCluster(file, { ...cluster, signIn: true }),
      ...setSignInSettings(file, { hostname: "login.acme.dev", githubClientId: clientId, isAlone: false, secrets }),
    ];
    writeFileSync(rig.clone.path("wrangler.toml"), applyEdits(file, edits));
    // What the page of setting up begins with.
    const [beginning = ""] = commandsIn("docs/setup.md", "By hand");
    const script = [beginning, ...commandsIn("docs/sign-in.md", "The deployment, by hand")].join("\n");
    const made = await run("bash", ["-euo", "pipefail", "-c", script], {
      cwd: rig.clone.folder,
      env: { ...process.env, ...rig.env },
      stdin: "stand-in-client-secret\n",
    });
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    expect(made.stdout).toContain("octogate_login_acme_dev");
    expect(rig.deployed()?.secrets.get("OAUTH_CLIENT_SECRETS")).toBe(`{"${clientId}":"stand-in-client-secret"}`);
    const { exitCode, stdout, stderr } = await rig.run(["setup", "--cluster", "production", ...rig.edgeArgs]);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("Nothing had to be changed.");
  } finally {
    await rig.close();
  }
});

function fingerprintIn(toml: string): string {
  return /^client_certificates = \["([0-9a-f]{64})"\]/m.exec(toml)?.[1] ?? "";
}
