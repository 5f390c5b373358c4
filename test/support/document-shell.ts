// A shell for the commands of the documents: in a folder of its own, with programs that stand for those that a test
// machine does not have.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";
import { type Outcome, run } from "./program.ts";
import { repositoryRoot } from "./worker-config.ts";

export interface DocumentShell {
  /** Where the commands count from; it ends with the test. */
  readonly folder: string;
  /** Runs a script of bash that ends at the first command that fails, both streams in one. */
  run(script: string, options?: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }): Promise<Outcome>;
}

/** The `octogate` command as it stands in the sources. @param more arguments that only a test needs */
export function octogateProgram(more: readonly string[] = []): string {
  const main = join(repositoryRoot, "src", "cli", "main.ts");
  return `exec "${process.execPath}" "${main}" "$@" ${more.join(" ")}`;
}

/** @param programs lines of sh by the names under which they are found */
export async function openDocumentShell(programs: Readonly<Record<string, string>> = {}): Promise<DocumentShell> {
  const outer = await mkdtemp(join(tmpdir(), "octogate-shell-"));
  onTestFinished(() => rm(outer, { recursive: true, force: true }));
  const [folder, bin] = [join(outer, "folder"), join(outer, "bin")];
  for (const path of [folder, bin]) await mkdir(path);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const PATH = [bin, process.env.PATH ?? ""].join(delimiter);
  return {
    folder,
    run: (script, { cwd = folder, env = {} } = {}) =>
      run("bash", ["-euo", "pipefail", "-c", `exec 2>&1\n${script}`], { cwd, env: { HOME: folder, ...env, PATH } }),
  };
}
