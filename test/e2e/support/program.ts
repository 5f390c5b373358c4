// Other people's programs: run to their end, or started and ended by their process id. What they print is kept, for assertions and
// for the message when something fails.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "./until.ts";

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  /** After this long the program is killed, and the test fails by what it did not print. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. Its exit code is part of the outcome: a refusal is what many tests look for. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const startedAtMs = performance.now();
  const child = spawn(command, args, {
    env: options.env ?? {},
    timeout: options.timeoutMs ?? 60_000,
    killSignal: "SIGKILL",
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A program that does not read its input (kubectl, when it fails early) is no error of the test's.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout: stdout(), stderr: stderr(), durationMs: performance.now() - startedAtMs };
}

export interface RunningProgram {
  /** Everything that it printed so far, both streams as they came. */
  output(): string;
  /** Whether it ended, wanted or not. */
  hasEnded(): boolean;
  /** Ends it: kindly, then by force. */
  stop(): Promise<void>;
}

/** Starts a program that goes on running. */
export function start(command: string, args: readonly string[]): RunningProgram {
  const child = spawn(command, args, { env: {}, stdio: ["ignore", "pipe", "pipe"] });
  let ended = false;
  let output = "";
  const keep = (chunk: string) => {
    output += chunk;
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  child.on("error", (error) => {
    ended = true;
    keep(`${error.message}\n`);
  });
  child.on("close", () => {
    ended = true;
  });
  // The test runner may end without its hooks (a crash): nothing is left behind then either.
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);

  const whenEnded = () => (ended ? true : undefined);
  return {
    output: () => output,
    hasEnded: () => ended,
    async stop() {
      process.off("exit", killAtExit);
      child.kill("SIGTERM");
      try {
        await until(`${command} ends`, 5_000, whenEnded);
      } catch {
        child.kill("SIGKILL");
        await until(`${command} ends by force`, 5_000, whenEnded);
      }
    },
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
