// What a command comes to. The same report is printed for people, or with --json for machines; the exit code follows from it.

/** Something that is wrong, and what to do about it. */
export interface Trouble {
  /** What it is about: a file with its line, a hostname, a setting. */
  readonly where: string;
  readonly message: string;
  /** What puts it right, where the message does not say so already. */
  readonly cure?: string;
  /** The same place taken apart, where it is one in a file: for machines. */
  readonly at?: PlaceInFile;
}

export interface PlaceInFile {
  readonly file: string;
  /** From 1; null for what is missing as a whole. */
  readonly line: number | null;
  readonly setting: string;
}

/** @returns something that is wrong in a file, shown as compilers do: `wrangler.toml:41: CLUSTER_PRODUCTION.allow[0]` */
export function troubleIn(at: PlaceInFile, message: string, cure?: string): Trouble {
  const where = `${at.file}${at.line === null ? "" : `:${at.line}`}: ${at.setting}`;
  return { where, message, ...(cure === undefined ? {} : { cure }), at };
}

export interface Report {
  /** Whether the command did what it is for; false ends with exit code 1. */
  readonly ok: boolean;
  /** For people, on stdout: one line each. */
  readonly lines: readonly string[];
  /** What went wrong, on stderr. */
  readonly troubles: readonly Trouble[];
  /** What is not wrong, but better looked at; on stderr, and it changes no exit code. */
  readonly warnings?: readonly Trouble[];
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
