// Which file the wrangler deploys that runs this program as its build step. It says so on its own command line alone.
import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { resolve } from "node:path";

export interface ProcessFacts {
  readonly parent: number;
  /** Each argument, or where the system has only their text: that. */
  readonly args: readonly string[] | string;
  readonly folder: string;
}

export type ConfigInUse =
  | { readonly kind: "named"; readonly path: string }
  /** It was called without --config. */
  | { readonly kind: "unnamed" }
  /** No wrangler was found among the processes above, or its command line can be read in two ways. */
  | { readonly kind: "unknown" };

const unknown: ConfigInUse = { kind: "unknown" };

/**
 * @param id the process that called this one
 * @param read one process; null where it cannot be read
 */
export function findConfigInUse(id: number, read: (id: number) => ProcessFacts | null): ConfigInUse {
  for (let current = id; current > 1; ) {
    const facts = read(current);
    if (facts === null) return unknown;
    const { parent, args, folder } = facts;
    const found = typeof args === "string" ? configInText(args, folder) : configInList(args, folder);
    if (found !== null) return found;
    current = parent;
  }
  return unknown;
}

const program = String.raw`wrangler(?:-dist[/\\]cli)?(?:\.m?js)?`;

/** @returns null where this is no wrangler */
function configInList(args: readonly string[], folder: string): ConfigInUse | null {
  const at = args.findIndex((arg) => new RegExp(String.raw`(?:^|[/\\])${program}$`).test(arg));
  if (at === -1) return null;
  const values = args.slice(at + 1).flatMap((arg, index, rest) => {
    const [, inline] = /^(?:--config|-c)=(.*)$/s.exec(arg) ?? [];
    if (inline !== undefined) return [inline];
    return arg === "--config" || arg === "-c" ? [rest[index + 1] ?? ""] : [];
  });
  const [value] = values;
  if (value === undefined) return { kind: "unnamed" };
  return values.length === 1 && value !== "" ? { kind: "named", path: resolve(folder, value) } : unknown;
}

/** A name may have spaces, and in a text they look like those between arguments: the file that there is counts. */
function configInText(text: string, folder: string): ConfigInUse | null {
  const [, options] = new RegExp(String.raw`(?:^|[\s/\\])${program}(?=\s|$)(.*)$`, "s").exec(text) ?? [];
  if (options === undefined) return null;
  const [, ...values] = options.split(/\s(?:--config|-c)(?:=|\s+)/);
  const [value] = values;
  if (value === undefined) return { kind: "unnamed" };
  if (values.length > 1) return unknown;
  const ends = [...value.matchAll(/\s|$/g)].map(({ index }) => index);
  const paths = ends.map((end) => resolve(folder, value.slice(0, end))).filter(isFile);
  const [path] = paths;
  return path !== undefined && paths.length === 1 ? { kind: "named", path } : unknown;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Linux. */
export function readByProc(id: number): ProcessFacts | null {
  try {
    // The name in brackets may hold anything.
    const [, parent = "0"] = /\) \S (\d+) [^)]*$/.exec(readFileSync(`/proc/${id}/stat`, "utf8")) ?? [];
    const args = readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").slice(0, -1);
    return { parent: Number(parent), args, folder: readlinkSync(`/proc/${id}/cwd`) };
  } catch {
    return null;
  }
}

/**
 * macOS, and wherever there is no /proc. Each column has an option of its own: what stands behind `=` is a heading, up
 * to the end of the argument (POSIX, ps). Without -ww, a BSD's ps ends lines at 80 columns. The folder is this
 * program's: wrangler starts its build step in its own.
 *
 * @param env with the PATH
 */
export function readByPs(id: number, env: NodeJS.ProcessEnv): ProcessFacts | null {
  try {
    const text = execFileSync("ps", ["-ww", "-o", "ppid=", "-o", "args=", "-p", String(id)], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 5000,
    });
    const [, parent, args] = /^\s*(\d+)\s+(.+?)\s*$/s.exec(text) ?? [];
    return parent === undefined || args === undefined ? null : { parent: Number(parent), args, folder: process.cwd() };
  } catch {
    return null;
  }
}
