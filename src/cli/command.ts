// A command from its beginning to its end: what it works with, what it says is wrong, and what it results in.
// Everything from outside comes in with the context, so that tests can hand in their own.
import type { Command } from "commander";
import type { Style, Terminal } from "./terminal.ts";

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

export interface Diagnostic {
  /** An error keeps the command from its end, and gives exit code 1. A warning changes no exit code. */
  readonly severity: "error" | "warning";
  /** The file with its line, the hostname or the setting that it is about. */
  readonly subject: string;
  readonly message: string;
  /** What to do about it, where the message does not say so already. */
  readonly hint?: string;
  /** The subject in parts, where it is a setting of a file: for machines. */
  readonly location?: Location;
}

export interface Location {
  readonly file: string;
  /** From 1; null for a setting that is missing, where no table would hold it either. */
  readonly line: number | null;
  readonly setting: string;
}

export function error(subject: string, message: string, hint?: string): Diagnostic {
  return { severity: "error", subject, message, ...(hint === undefined ? {} : { hint }) };
}

export function warning(subject: string, message: string, hint?: string): Diagnostic {
  return { ...error(subject, message, hint), severity: "warning" };
}

/** @returns the diagnostic with its subject as compilers print it: `wrangler.toml:41: CLUSTER_PRODUCTION.allow[0]` */
export function locate(
  location: Location,
  severity: Diagnostic["severity"],
  message: string,
  hint?: string,
): Diagnostic {
  const { file, line, setting } = location;
  const subject = `${file}${line === null ? "" : `:${line}`}: ${setting}`;
  return { ...error(subject, message, hint), severity, location };
}

/**
 * Ends the command from wherever it is thrown: Cloudflare says no, wrangler fails, a file is missing. What was done
 * before stays, and the command goes on from there when it is run again. `runProgram` catches it.
 */
export class CliError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ subject, message }) => `${subject}: ${message}`).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** @returns the exception of a command that cannot go on, with one error */
export function cliError(subject: string, message: string, hint?: string): CliError {
  return new CliError(error(subject, message, hint));
}

export interface CommandResult {
  /** Whether the command did what it is for; false ends with exit code 1. */
  readonly ok: boolean;
  /** For people, on stdout: one line each. */
  readonly lines: readonly string[];
  /** On stderr, unless they are the result. */
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the diagnostics are what the command was asked for, and so belong on stdout, before the lines. */
  readonly diagnosticsAreResult?: true;
  /** For machines: everything that the lines say. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** @returns the result of a command that did what it is for, unless there is an error among the diagnostics */
export function done(
  lines: readonly string[],
  json: Readonly<Record<string, unknown>>,
  diagnostics: readonly Diagnostic[] = [],
): CommandResult {
  return { ok: diagnostics.every(({ severity }) => severity === "warning"), lines, diagnostics, json };
}

/** @returns errors first, then warnings: one line each, and one for the hint */
export function diagnosticLines(diagnostics: readonly Diagnostic[], style: Style): string[] {
  return linesBySeverity(diagnostics, style, "");
}

/** @returns the same, with the word "error" at each error: among a result's lines, colour alone does not say it */
export function resultDiagnosticLines(diagnostics: readonly Diagnostic[], style: Style): string[] {
  return linesBySeverity(diagnostics, style, `: ${style.bad("error")}`);
}

function linesBySeverity(diagnostics: readonly Diagnostic[], style: Style, errorMark: string): string[] {
  const of = (wanted: Diagnostic["severity"]) => diagnostics.filter(({ severity }) => severity === wanted);
  return [...of("error"), ...of("warning")].flatMap(({ severity, subject, message, hint }) => {
    const first =
      severity === "error" ? `${style.bad(subject)}${errorMark}` : `${subject}: ${style.warning("warning")}`;
    // What another program printed has lines of its own: none of them may look like one of ours.
    const [start = "", ...more] = message.split("\n");
    return [
      `${first}: ${start}`,
      ...more.map((line) => `  | ${line}`),
      ...(hint === undefined ? [] : [`  ${style.faint("→")} ${hint}`]),
    ];
  });
}
