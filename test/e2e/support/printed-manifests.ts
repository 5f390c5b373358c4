// What `octogate manifests` writes for the cluster of the tests, for each distribution.
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { octogate as runOctogate } from "../../cli/support/octogate.ts";
import { clusterName, type Octogate } from "./octogate.ts";

export interface PrintedManifests {
  /** @returns a file's content, by its name in the folder */
  read(name: string): Promise<string>;
}

/**
 * Runs the command in a folder with a wrangler.toml for the cluster, with the local edge as the sign-in hostname.
 *
 * @param args behind `octogate manifests --for`
 * @param settings of the cluster's table, besides those that it needs
 */
export async function printManifests(
  octogate: Octogate,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<PrintedManifests> {
  const folder = await mkdtemp(join(octogate.folder, "manifests-"));
  const table = { sign_in: true, allow: [`user:${octogate.maintainer.login}#${octogate.maintainer.id}`], ...settings };
  await writeFile(
    join(folder, "wrangler.toml"),
    stringify({ name: "octogate", vars: { [`CLUSTER_${clusterName.toUpperCase()}`]: table } }),
  );
  const address = ["--sign-in-hostname", `localhost:${octogate.edge().signInPort}`];
  const authority = ["--issuer-ca", join(octogate.stateDir, "ca.crt")];
  const all = ["manifests", "--for", ...args, "--cluster", clusterName, ...address, ...authority, "--output", "out"];
  const { exitCode, stderr } = await runOctogate(all, { cwd: folder });
  if (exitCode !== 0) throw new Error(`octogate ${all.join(" ")}: ${stderr}`);
  return { read: (name) => readFile(join(folder, "out", name), "utf8") };
}
