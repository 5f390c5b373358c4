// The Node and npm of the machine itself, without what an npm script puts before them: what a user of the package has.
import { delimiter, join } from "node:path";
import { run } from "../../support/program.ts";

export interface MachineNode {
  /** The program's path. */
  readonly node: string;
  /** "v20.20.2" */
  readonly version: string;
  /** In which it comes first, and nothing of a project's own is found. */
  readonly env: NodeJS.ProcessEnv;
}

/** @returns the first Node of this major version in the PATH, or null */
export async function findMachineNode(major: number): Promise<MachineNode | null> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !/node_modules/.test(folder));
  for (const folder of folders) {
    const node = join(folder, "node");
    const { exitCode, stdout } = await run(node, ["--version"]);
    const version = stdout.trim();
    if (exitCode === 0 && version.startsWith(`v${major}.`)) {
      const PATH = [folder, ...folders.filter((other) => other !== folder)].join(delimiter);
      return { node, version, env: { ...environmentOutsideOfNpm(), PATH } };
    }
  }
  return null;
}

/** npm hands its settings down to scripts; of those, only where packages come from is the machine's. */
const kept = new Set(["npm_config_registry", "npm_config_cafile", "npm_config_cache", "npm_config_userconfig"]);

function environmentOutsideOfNpm(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith("npm_") || kept.has(name)));
}
