// What checking a part of the configuration comes to: a value that the rest of the Worker can trust, or what is wrong with it.

/** One thing that is wrong: the setting as an operator finds it (`CLUSTER_PRODUCTION.allow[0]`), and what it has to be. */
export interface Problem {
  readonly setting: string;
  readonly message: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * One sentence for a log or an answer, bounded: a configuration with a thousand mistakes must not make a huge message.
 *
 * @returns `SETTING: message; SETTING: message; and 3 more`
 */
export function describeProblems(problems: readonly Problem[]): string {
  const shown = problems.slice(0, 5).map(({ setting, message }) => `${setting}: ${message}`);
  const hidden = problems.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join("; ");
}
