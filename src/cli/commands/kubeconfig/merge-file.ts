// The merge into a person's own kubeconfig, as a file: written whole or not at all, beside a copy of what it was.
import { readFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { createPrivately, hasCode, readIfThere, writePrivately } from "../../../node/files.ts";
import { CliError, type CommandResult, type Context, cliError, type Diagnostic, done, error } from "../../command.ts";
import type { PeopleEntry } from "./entries.ts";
import { type Merged, mergeKubeconfig } from "./merge.ts";

/**
 * @param path as it was given; made where there is none
 * @param diagnostics to hand on
 * @throws CliError where a name is taken, or the file is no kubeconfig: it stays as it is then
 */
export async function mergeIntoFile(
  path: string,
  entries: readonly PeopleEntry[],
  diagnostics: readonly Diagnostic[],
  { folder, now }: Context,
): Promise<CommandResult> {
  const target = await targetOf(resolve(folder, path));
  const before = await readIfThere(target);
  const text = textOf(mergeKubeconfig(before ?? "", entries), path);
  const contexts = entries.map(({ context }) => context.name);
  const hint = `kubectl config use-context ${contexts[0]}, or kubectl --context ${contexts[0]}`;
  if (text === null)
    return done([`${path} has everything already.`], { file: path, contexts, copy: null }, diagnostics);

  const suffix = new Date(now()).toISOString().replaceAll(/[-:.]/g, "");
  const copy = before === null ? null : `${target}.${suffix}.bak`;
  if (copy !== null && before !== null) await createPrivately(copy, before);
  // kubectl or a second command may have written it in the meantime.
  if (!(await writePrivately(target, text, () => textThere(target) === before))) {
    throw cliError(path, "was changed while this command ran", "run the command again");
  }
  const lines = [
    `${path} has ${contexts.length === 1 ? "the context" : "the contexts"} ${contexts.join(", ")}.`,
    ...(copy === null ? [] : [`What it was before is in ${copy}.`]),
    hint,
  ];
  return done(lines, { file: path, contexts, copy }, diagnostics);
}

/** A link stays one: the file may lie in a repository of a person's own. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (failure) {
    if (hasCode(failure, "ENOENT")) return path;
    throw failure;
  }
}

function textThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (failure) {
    if (hasCode(failure, "ENOENT")) return null;
    throw failure;
  }
}

/** @returns null where nothing is missing */
function textOf(merged: Merged, path: string): string | null {
  switch (merged.kind) {
    case "merged":
      return merged.text;
    case "unreadable":
      throw cliError(path, merged.why, "nothing was changed: put it right, or write a file of its own with --output");
    case "taken": {
      const renames = "nothing was changed: rename it there, or write a file of its own with --output";
      throw new CliError(
        ...merged.names.map(({ kind, name }) => {
          const rename = `kubectl config rename-context ${name} OTHER-NAME`;
          const hint = kind === "context" ? `nothing was changed: ${rename}` : renames;
          return error(path, `has another ${kind} called ${name}`, hint);
        }),
      );
    }
  }
}
