// A terminal as a user types into it: one shell, which keeps its variables and its background jobs.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { until } from "../../support/until.ts";

export interface Terminal {
  /**
   * Types a command and waits for its end.
   *
   * @param stdin what is typed into the command, in whole lines
   * @returns what it printed, both streams as they came
   */
  type(command: string, stdin?: string): Promise<{ readonly exitCode: number; readonly output: string }>;
  /** Ends the shell and its background jobs. */
  close(): Promise<void>;
}

/**
 * @param folder where it stands
 * @param maxMs after this long without an end a command fails
 */
export function openTerminal(folder: string, env: NodeJS.ProcessEnv, maxMs: number): Terminal {
  const shell = spawn("bash", ["--noprofile", "--norc"], { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
    });
  }
  shell.stdin.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    shell.once("close", () => resolve());
  });
  const killAtExit = () => shell.kill("SIGTERM");
  process.once("exit", killAtExit);
  // Job control, as in a user's terminal. The shell takes its jobs along, also when it is killed.
  const endJobs = "kill -KILL $(jobs -p) 2> /dev/null; wait";
  shell.stdin.write(`set -m; trap '${endJobs}' EXIT; trap exit TERM; exec 2>&1\n`);

  return {
    async type(command, stdin = "") {
      const mark = `end ${randomBytes(8).toString("hex")} `;
      const end = new RegExp(`${mark}(\\d+)\n$`);
      printed = "";
      // The shell reads from this pipe itself, so a command gets an input of its own.
      shell.stdin.write(`{ ${command}\n} <<'INPUT'\n${stdin}INPUT\necho "${mark}$?"\n`);
      const exitCode = await until(() => end.exec(printed)?.[1] ?? false, maxMs, `the end of ${command}`);
      return { exitCode: Number(exitCode), output: printed.replace(end, "") };
    },
    async close() {
      process.off("exit", killAtExit);
      shell.stdin.end();
      await closed;
    },
  };
}
