// A clone of the repository as far as the command needs one: a folder with wrangler.toml, and the stand-in for wrangler
// where npm would have put the real one.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { repositoryRoot } from "../../support/worker-config.ts";

export interface WranglerCall {
  readonly args: readonly string[];
  readonly accountId: string;
  /** Of its environment, what would lead it to something else than it is told to do; null: not set. */
  readonly leadingElsewhere: Readonly<Record<string, string | null>>;
  readonly secretsFile?: string;
  readonly secretsFileMode?: string;
}

export interface Clone {
  readonly folder: string;
  path(name: string): string;
  read(name: string): string;
  write(name: string, text: string): void;
  has(name: string): boolean;
  wranglerCalls(): WranglerCall[];
  /** From now on wrangler fails, or does not. */
  breakWrangler(isBroken: boolean): void;
  /** @returns everything in it but the programs, with the times of change */
  files(): readonly CloneFile[];
  /** Puts all files back. @param ageMs by how much older they are than when they were read */
  putBack(files: readonly CloneFile[], ageMs: number): void;
  remove(): void;
}

export interface CloneFile {
  readonly name: string;
  readonly content: string;
  readonly mode: number;
  readonly changedAt: number;
}

export function makeClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), "octogate-clone-"));
  cpSync(join(repositoryRoot, "wrangler.toml"), join(folder, "wrangler.toml"));
  const bin = join(folder, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  const standIn = join(repositoryRoot, "test/cli/support/wrangler-stand-in.ts");
  writeFileSync(join(bin, "wrangler"), `#!/bin/sh\nexec "${process.execPath}" "${standIn}" "$@"\n`);
  chmodSync(join(bin, "wrangler"), 0o755);
  const octogate = join(repositoryRoot, "src/cli/main.ts");
  writeFileSync(join(bin, "octogate"), `#!/bin/sh\nexec "${process.execPath}" "${octogate}" "$@"\n`, { mode: 0o755 });
  const path = (name: string) => (isAbsolute(name) ? name : join(folder, name));
  const read = (name: string) => readFileSync(path(name), "utf8");
  const has = (name: string) => existsSync(path(name));
  const wranglerCalls = () => {
    if (!has("wrangler-calls.jsonl")) return [];
    // The last piece may be a line that is still being written.
    const lines = read("wrangler-calls.jsonl").split("\n").slice(0, -1);
    // Written by our own stand-in.
    return lines.map((line) => JSON.parse(line) as WranglerCall);
  };
  return {
    folder,
    path,
    read,
    has,
    write: (name, text) => writeFileSync(path(name), text),
    wranglerCalls,
    breakWrangler(isBroken) {
      if (isBroken) writeFileSync(join(bin, "fail"), "");
      else rmSync(join(bin, "fail"), { force: true });
    },
    files() {
      const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
      return names.flatMap((name) => {
        const { mode, mtimeMs } = statSync(path(name));
        if (name.startsWith("node_modules") || statSync(path(name)).isDirectory()) return [];
        return [{ name, content: read(name), mode: mode & 0o777, changedAt: mtimeMs }];
      });
    },
    putBack(files, ageMs) {
      for (const name of readdirSync(folder)) {
        if (name !== "node_modules") rmSync(path(name), { recursive: true });
      }
      for (const { name, content, mode, changedAt } of files) {
        mkdirSync(dirname(path(name)), { recursive: true });
        writeFileSync(path(name), content, { mode });
        utimesSync(path(name), new Date(changedAt - ageMs), new Date(changedAt - ageMs));
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
