// What a command comes to. The same report is printed for people, or with --json for machines; the exit code follows from it.

/** Something that is wrong, and what to do about it. */
export interface Trouble {
  /** What it is about: a file with its line, a hostname, a setting. */
  readonly where: string;
  readonly message: string;
  /** What puts it right, where the message does not say so already. */
  readonly cure?: string;
}

export interface Report {
  /** Whether the command did what it is for; false ends with exit code 1. */
  readonly ok: boolean;
  /** For people, on stdout: one line each. */
  readonly lines: readonly string[];
  /** What went wrong, on stderr. */
  readonly troubles: readonly Trouble[];
  /** For machines: everything that the lines and troubles say. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** @returns the report of a command that could not do what it is for */
export function failed(...troubles: readonly Trouble[]): Report {
  return { ok: false, lines: [], troubles, json: {} };
}

/** @returns the report of a command that did what it is for */
export function done(lines: readonly string[], json: Readonly<Record<string, unknown>>): Report {
  return { ok: true, lines, troubles: [], json };
}
