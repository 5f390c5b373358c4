// docs/setup.md, "By hand": its shell blocks, run one after the other as they stand, come to what setup makes; the last
// ones to nothing.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandsIn } from "../support/document-commands.ts";
import { run } from "../support/program.ts";
import { type CloudflareState, snapshot } from "./cloudflare/state.ts";
import { hostname, makeRig } from "./support/rig.ts";

const blocks = commandsIn("docs/setup.md", "By hand");
const isUndoing = (script: string) => script.includes("--request DELETE");
const lineOf = (start: string) =>
  blocks
    .join("\n")
    .split("\n")
    .find((line) => line.startsWith(start)) ?? "";
const withoutCertificates = (state: CloudflareState) => ({ ...(snapshot(state) as object), certificates: [] });

const { exitCode: missing } = await run("sh", ["-c", "command -v jq && command -v openssl && command -v curl"], {
  env: process.env,
});

test.skipIf(missing !== 0)("the commands of the docs, run by hand, make what setup makes, and unmake it", async () => {
  const rig = await makeRig({ isLate: false });
  try {
    const before = withoutCertificates(rig.cloudflare.state);
    // Where --connect and --ca-file would lead octogate.
    const curlrc = `connect-to = "${hostname}:443:127.0.0.1:${rig.edgePort}"\ncacert = "${rig.caFile}"\n`;
    writeFileSync(rig.clone.path(".curlrc"), curlrc);
    const shell = (scripts: readonly string[]) =>
      run("bash", ["-euo", "pipefail", "-c", scripts.join("\n")], {
        cwd: rig.clone.folder,
        env: { ...process.env, ...rig.env, CURL_HOME: rig.clone.folder },
      });

    const doing = blocks.filter((script) => !isUndoing(script));
    expect(doing).toHaveLength(10);
    const made = await shell(doing);
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    expect(made.stdout).toMatch(/\n403\n\{.*"authenticated":false/);
    const setup = await rig.run(["setup", "--cluster", "production", ...rig.edgeArgs]);
    expect(setup.stderr).not.toContain("going to be changed");
    expect(setup.stdout).toContain("Nothing had to be changed.");
    expect(setup.exitCode).toBe(0);

    const known = [
      doing[0] ?? "",
      lineOf("fingerprint="),
      lineOf("ruleset="),
      `kv=${kvNamespaceIn(rig.cloudflare.state)}`,
    ];
    const unmade = await shell([...known, ...blocks.filter(isUndoing)]);
    expect(unmade).toMatchObject({ exitCode: 0, stderr: "" });
    expect(withoutCertificates(rig.cloudflare.state)).toEqual(before);
    expect(rig.cloudflare.state.certificates.map(({ status }) => status)).toEqual(["pending_revocation"]);
  } finally {
    await rig.close();
  }
});

function kvNamespaceIn({ namespaces }: CloudflareState): string {
  return namespaces.find(({ title }) => title === "octogate-kv")?.id ?? "";
}
