// How something that is wrong is shown to people: one line, and one for its cure.
import type { Trouble } from "../report.ts";
import type { Style } from "./terminal.ts";

/** @param level an error's place stands out by itself, a warning says that it is one */
export function troubleLines(level: "error" | "warning", { where, message, cure }: Trouble, style: Style): string[] {
  const first = level === "error" ? style.bad(where) : `${where}: ${style.warning("warning")}`;
  return [`${first}: ${message}`, ...(cure === undefined ? [] : [`  ${style.faint("→")} ${cure}`])];
}
