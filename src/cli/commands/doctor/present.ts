// The checks as a result: one line each, and below what to do.
import { columns } from "../../../node/columns.ts";
import { type CommandResult, done, error, warning } from "../../command.ts";
import { type Check, checkTitles } from "./check.ts";

const marks: Readonly<Record<Check["state"], string>> = { ok: "✓", warning: "!", broken: "✗", skipped: "–" };

/** @param about for machines, before the checks */
export function resultOf(checks: readonly Check[], about: Readonly<Record<string, unknown>>): CommandResult {
  const diagnostics = checks.flatMap(({ name, state, seen, hint }) => {
    if (state === "broken") return [error(checkTitles[name], seen, hint)];
    return state === "warning" ? [warning(checkTitles[name], seen, hint)] : [];
  });
  const rows = checks.map(({ name, state, seen }) => [`${marks[state]} ${checkTitles[name]}`, seen]);
  return done(columns(rows, ""), { ...about, checks }, diagnostics);
}
