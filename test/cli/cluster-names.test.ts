// A cluster's name with a typing error: every command names the nearest cluster, and changes nothing.
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await makeRig();
  const args = ["setup", "--cluster", "production", "--hostname", hostname, "--allow", "org:acme-inc#77", "--yes"];
  expect((await rig.run([...args, ...rig.edgeArgs])).exitCode).toBe(0);
});
afterAll(() => rig.close());

const commands = [
  ["setup"],
  ["kubeconfig"],
  ["manifests", "--for", "kubeadm"],
  ["explain"],
  ["doctor"],
  ["certificate", "issue", "--name", "second", "--yes"],
  ["certificate", "list"],
  ["certificate", "rotate", "--yes"],
  ["certificate", "revoke", "--fingerprint", "a".repeat(64), "--yes"],
  ["teardown", "--yes"],
];

test.each(commands)("octogate %s %s", async (...words) => {
  const mutations = rig.cloudflare.mutations.length;
  const { exitCode, stdout, stderr } = await rig.run([...words, "--cluster", "prodction"]);
  expect(exitCode).toBe(1);
  expect(stdout + stderr).toMatch(/did you mean (?:--cluster )?production\?/);
  expect(rig.cloudflare.mutations).toHaveLength(mutations);
});

test.each(commands.slice(1))("octogate %s %s, where no name is near, lists those that there are", async (...words) => {
  const { exitCode, stdout, stderr } = await rig.run([...words, "--cluster", "elsewhere"]);
  expect(exitCode).toBe(1);
  expect(stdout + stderr).toContain("there are: production; octogate setup --cluster elsewhere makes it");
});
