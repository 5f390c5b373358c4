// Turns valibot's issues into problems. Only our own sentences leave: valibot's default messages quote the value that was
// received, which may be a secret.
import type * as v from "valibot";
import type { Problem } from "./checked.ts";

/**
 * @param setting name of the variable that was parsed
 * @param issues what valibot found; each schema carries its own message
 */
export function problemsOf(setting: string, issues: readonly v.BaseIssue<unknown>[]): Problem[] {
  return issues.map((issue) => ({ setting: setting + pathOf(issue), message: issue.message }));
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? [])
    .map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key).slice(0, 64)}`))
    .join("");
}
