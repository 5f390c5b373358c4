// Which subjects of role bindings a run of a workflow could be. What the policy does not say is left open: a binding
// that a run can meet must not be called one that none does.
import type { WorkflowAccess } from "./report.ts";

/** In names, where an entry pins no number. */
export const openNumber = "<NUMBER>";

/**
 * Names are compared without case, for a cluster has GitHub's spelling and the policy may have another. A run that an
 * environment admits can be of any file, and one of a file can be in any environment.
 *
 * @param subject such as `Group github:actions:acme/shop`
 */
export function canBe({ entry, username, groups }: WorkflowAccess, subject: string): boolean {
  if (username === null) return false;
  const text = subject.toLowerCase();
  const names = [`User ${username}`, ...groups.map((group) => `Group ${group}`)];
  if (names.some((name) => restBehind(name, text) === "")) return true;
  const [repository = ""] = groups;
  const rest = restBehind(`Group ${repository}/${entry.startsWith("workflow:") ? "environments" : "workflows"}/`, text);
  return rest !== null && rest !== "";
}

/** @returns what follows a name in a text of lower case; null where the text begins in another way */
function restBehind(name: string, text: string): string | null {
  const [start = "", end] = name.toLowerCase().split(openNumber.toLowerCase());
  if (!text.startsWith(start)) return null;
  const behind = text.slice(start.length);
  if (end === undefined) return behind;
  const [, rest = null] = /^[1-9]\d*(.*)$/s.exec(behind) ?? [];
  return rest?.startsWith(end) ? rest.slice(end.length) : null;
}
