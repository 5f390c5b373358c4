// What a command works with: everything from outside comes in here, so that tests can hand in their own.
import type { Terminal } from "./terminal/terminal.ts";

export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths count from. */
  readonly folder: string;
  readonly fetch: typeof fetch;
  /** Milliseconds. */
  readonly now: () => number;
  readonly terminal: Terminal;
}
