// What a command works with. Everything from outside comes in here, so that tests can hand in their own.
import type { Command } from "commander";
import type { CommandResult } from "./diagnostics.ts";
import type { Terminal } from "./terminal.ts";

export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths count from. */
  readonly folder: string;
  readonly fetch: typeof fetch;
  /** The current time in milliseconds. */
  readonly now: () => number;
  /** Waits for so many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly terminal: Terminal;
}

/** Makes a command: its place in the command line, and what it does. */
export type CommandMaker = (context: Context, run: Run) => Command;

/** Does a command's work and keeps its result. An action ends with it. */
export type Run = (work: () => Promise<CommandResult>) => Promise<void>;
