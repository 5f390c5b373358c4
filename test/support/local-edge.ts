// The local edge as a process of its own, for tests that look at it from outside: `npm start` without npm.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { type Ended, type RunningProgram, start } from "./program.ts";
import { until } from "./until.ts";

const repository = join(import.meta.dirname, "..", "..");
const maxStartMs = 30_000;

export interface LocalEdge {
  readonly port: number;
  /** Of the sign-in hostname. */
  readonly signInPort: number;
  readonly pid: number;
  readonly stateDir: string;
  stdout(): string;
  stderr(): string;
  /** The decision log so far: every line of stdout that begins with "{". */
  decisions(): unknown[];
  /** Ends it kindly, after 5 s by force, and removes the state folder if it was made for it. */
  stop(): Promise<Ended>;
}

export interface StartOptions {
  /** Besides --state, and --port and --sign-in-port unless they stand here. */
  readonly args?: readonly string[];
  /** Default: a new one. */
  readonly stateDir?: string;
}

/** Starts it and waits until it is ready. Rejects with what it printed if it ends before, or takes too long. */
export async function startLocalEdge({ args = [], stateDir }: StartOptions = {}): Promise<LocalEdge> {
  const folder = stateDir ?? (await mkdtemp(join(tmpdir(), "octogate-edge-")));
  const removeFolder = async () => {
    if (stateDir === undefined) await rm(folder, { recursive: true, force: true });
  };
  const port = givenPort("--port", args) ?? (await freePort());
  const signInPort = givenPort("--sign-in-port", args) ?? (await freePort());
  const ports = ["--port", String(port), "--sign-in-port", String(signInPort)];
  const edge = startProcess([...args, "--state", folder, ...ports]);
  try {
    await until(() => isReady(edge.stdout()) || edge.hasEnded(), maxStartMs, "the local edge is ready");
    if (edge.hasEnded()) throw new Error("the local edge ended while it was starting");
  } catch (error) {
    const { stdout, stderr } = await edge.stop();
    await removeFolder();
    throw new Error(`${error instanceof Error ? error.message : error}\n${stdout}${stderr}`);
  }
  return {
    port,
    signInPort,
    pid: edge.pid,
    stateDir: folder,
    stdout: edge.stdout,
    stderr: edge.stderr,
    decisions: () => decisionsIn(edge.stdout()),
    async stop() {
      const ended = await edge.stop();
      await removeFolder();
      return ended;
    },
  };
}

/** Runs it with arguments that it should refuse, to its end. */
export function runLocalEdge(args: readonly string[]): Promise<Ended> {
  return startProcess(args).ended();
}

/** Node's own arguments keep its memory small. */
function startArguments(): string[] {
  // Our own package's description has its scripts.
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  return scripts.start.replace(/^exec node /, "").split(" ");
}

function startProcess(args: readonly string[]): RunningProgram {
  return start(process.execPath, [...startArguments(), ...args], { cwd: repository, env: process.env });
}

export function isReady(stdout: string): boolean {
  return stdout.split("\n").includes("octogate is ready");
}

function decisionsIn(stdout: string): unknown[] {
  // The last piece may be a line that is still being written.
  const lines = stdout.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("{")).map((line): unknown => JSON.parse(line));
}

function givenPort(option: string, args: readonly string[]): number | null {
  const at = args.indexOf(option);
  return at === -1 ? null : Number(args[at + 1]);
}
