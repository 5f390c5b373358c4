// The outcome of checking a part of the configuration: a value that the rest of the Worker can trust, or its problems.
import type * as v from "valibot";

/**
 * One thing that is wrong: the setting as an operator finds it (`CLUSTER_PRODUCTION.allow[0]`), and what it has to
 * be.
 */
export interface Problem {
  readonly setting: string;
  readonly message: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * One sentence for a log or a response. It is bounded, so that a configuration with a thousand mistakes does not make a
 * huge message.
 *
 * @returns `SETTING: message; SETTING: message; and 3 more`
 */
export function describeProblems(problems: readonly Problem[]): string {
  const shown = problems.slice(0, 5).map(({ setting, message }) => `${setting}: ${message}`);
  const hidden = problems.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join("; ");
}

/**
 * Turns valibot's issues into problems. Each schema here carries its own message, for valibot's default messages
 * quote the value that was received, which may be a secret.
 *
 * @param setting name of the variable that was parsed, or "" for the environment as a whole
 */
export function problemsOf(setting: string, issues: readonly v.BaseIssue<unknown>[]): Problem[] {
  return issues.map(({ path = [], message }) => {
    const keys = path
      .map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key).slice(0, 64)}`))
      .join("");
    return { setting: setting === "" ? keys.slice(1) : setting + keys, message };
  });
}
