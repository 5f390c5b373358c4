// The local edge as a process of its own, for tests that look at it from outside: `npm start` without npm.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const repository = join(import.meta.dirname, "..", "..");
const maxStartMs = 30_000;
const maxStopMs = 5_000;
const pollIntervalMs = 20;

export interface LocalEdge {
  readonly port: number;
  readonly pid: number;
  readonly stateDir: string;
  stdout(): string;
  stderr(): string;
  /** The decision log so far: every line of stdout that begins with "{". */
  decisions(): unknown[];
  /** Ends it kindly, after 5 s by force, and removes the state folder if it was made for it. */
  stop(): Promise<Ended>;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Besides --state, and --port unless it stands here. */
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
  const port = givenPort(args) ?? (await freePort());
  const edge = spawnLocalEdge([...args, "--state", folder, "--port", String(port)]);
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
  return spawnLocalEdge(args).ended();
}

export interface EdgeProcess {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  hasEnded(): boolean;
  ended(): Promise<Ended>;
  stop(): Promise<Ended>;
}

/** @param command default: node with the local edge's main file */
export function spawnLocalEdge(
  args: readonly string[],
  command: readonly [string, ...string[]] = [process.execPath, join(repository, "src", "local", "main.ts")],
): EdgeProcess {
  const [program, ...first] = command;
  const child = spawn(program, [...first, ...args], { cwd: repository, stdio: ["ignore", "pipe", "pipe"] });
  // Kindly: killed by force it could not end workerd.
  const killAtExit = () => child.kill("SIGTERM");
  process.once("exit", killAtExit);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const closed = once(child, "close").then(() => process.off("exit", killAtExit));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ended = async () => {
    await closed;
    return { exitCode: child.exitCode, stdout: stdout(), stderr: stderr() };
  };
  return {
    // Without a process id there is no process, and "close" follows: the error that says why is in `once`'s rejection.
    pid: child.pid ?? 0,
    stdout,
    stderr,
    hasEnded,
    ended,
    async stop() {
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), maxStopMs);
      const result = await ended();
      clearTimeout(kill);
      return result;
    },
  };
}

export function isReady(stdout: string): boolean {
  return stdout.split("\n").includes("octogate is ready");
}

/** @returns a port on loopback that nothing uses at this moment */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP listener has a port");
  server.close();
  await once(server, "close");
  return address.port;
}

/** Looks again and again until it is so; throws at the deadline. */
export async function until(look: () => boolean, maxMs: number, what: string): Promise<void> {
  const deadline = performance.now() + maxMs;
  while (!look()) {
    if (performance.now() > deadline) throw new Error(`not within ${maxMs} ms: ${what}`);
    await delay(pollIntervalMs);
  }
}

function decisionsIn(stdout: string): unknown[] {
  // The last piece may be a line that is still being written.
  const lines = stdout.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("{")).map((line): unknown => JSON.parse(line));
}

function givenPort(args: readonly string[]): number | null {
  const at = args.indexOf("--port");
  return at === -1 ? null : Number(args[at + 1]);
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
