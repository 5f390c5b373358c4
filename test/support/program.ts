// Programs as processes of their own: run to their end, or started and ended by their process id. What they print is
// kept, for assertions and for the message when something fails.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const maxStopMs = 5_000;
/**
 * Node keeps there what it has compiled: our own programs, which tests start hundreds of times, start in half of the
 * time.
 */
const compileCache = fileURLToPath(new URL("../../node_modules/.cache/node-compile", import.meta.url));

export interface Ended {
  /** Null: by a signal. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  /** 0: it could not be started, and stderr says why. */
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Everything that it printed so far, both streams as they came. */
  output(): string;
  /** Whether it ended, wanted or not. */
  hasEnded(): boolean;
  /** Waits for its end, and for the last of what it printed. */
  ended(): Promise<Ended>;
  /** Ends it: kindly, then by force. */
  stop(): Promise<Ended>;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** In place of this machine's own, of which a program gets nothing. */
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  /** After this long the program is killed. */
  readonly timeoutMs?: number;
}

/** Starts a program. */
export function start(command: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const { cwd, env = {}, stdin = "", timeoutMs = 0 } = options;
  const child = spawn(command, args, {
    cwd,
    env: { NODE_COMPILE_CACHE: compileCache, ...env },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const printed = { stdout: "", stderr: "", output: "" };
  const keep = (stream: "stdout" | "stderr") => (chunk: string) => {
    printed[stream] += chunk;
    printed.output += chunk;
  };
  child.stdout.setEncoding("utf8").on("data", keep("stdout"));
  child.stderr.setEncoding("utf8").on("data", keep("stderr"));
  // "close" follows, as after any end.
  child.on("error", ({ message }) => keep("stderr")(`${message}\n`));
  // A program that does not read its input (kubectl, when it fails early) is no error of the test's.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);

  // The test runner may end without its hooks (a crash): nothing is left behind then either. Kindly: killed by force, a
  // program could not end what it has started itself.
  const endAtExit = () => child.kill("SIGTERM");
  process.once("exit", endAtExit);
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => {
      process.off("exit", endAtExit);
      resolve();
    });
  });
  const ended = async () => {
    await closed;
    return { exitCode: child.exitCode, stdout: printed.stdout, stderr: printed.stderr };
  };
  return {
    pid: child.pid ?? 0,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    output: () => printed.output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
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

export interface Outcome extends Ended {
  readonly durationMs: number;
}

/** Runs a program to its end. Its exit code is part of the outcome: a refusal is what many tests look for. */
export async function run(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  const startedAtMs = performance.now();
  const result = await start(command, args, { timeoutMs: 60_000, ...options }).ended();
  return { ...result, durationMs: performance.now() - startedAtMs };
}
