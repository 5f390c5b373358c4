// Runs the command in this process, with what it prints kept: where a test has many cases, and a process for each would
// take too long.
import { tmpdir } from "node:os";
import type { Context } from "../../../../src/cli/command.ts";
import { runProgram } from "../../../../src/cli/program.ts";
import { createStyle } from "../../../../src/cli/terminal.ts";

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly output: string;
}

/**
 * @param args as they are typed behind `octogate`
 * @param changes to a context in which no person can be asked
 */
export async function runCommand(
  args: readonly string[],
  { stdin = "", ...changes }: Partial<Context> & { readonly stdin?: string } = {},
): Promise<CommandOutcome> {
  const printed = { stdout: "", stderr: "", output: "" };
  const keep = (stream: "stdout" | "stderr") => (line: string) => {
    printed[stream] += `${line}\n`;
    printed.output += `${line}\n`;
  };
  const context = { ...contextOf({ print: keep("stdout"), note: keep("stderr"), stdin }), ...changes };
  return { exitCode: await runProgram(args, context), ...printed };
}

interface TestTerminal {
  readonly print?: (line: string) => void;
  readonly note: (line: string) => void;
  readonly stdin?: string;
}

/** A context in which no person can be asked, for what a command is made of. */
export function contextOf({ print = () => {}, note, stdin = "" }: TestTerminal): Context {
  return {
    env: {},
    folder: tmpdir(),
    fetch,
    now: Date.now,
    sleep: async () => {
      throw new Error("this command has nothing to wait for");
    },
    terminal: {
      print,
      note,
      readInput: () => Promise.resolve(stdin),
      ask: () => Promise.resolve(null),
      askSecret: () => Promise.resolve(null),
      style: createStyle(null),
      printStyle: createStyle(null),
    },
  };
}
