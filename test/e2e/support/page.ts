// A page of the docs as somebody follows it: its blocks of commands, and a shell that goes on from one to the next.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, type ProgramOptions, run } from "../../support/program.ts";

export interface Block {
  /** The heading that it stands under. */
  readonly heading: string;
  /** `sh`: commands; `console`: commands behind `$ `, each followed by what it prints. */
  readonly language: string;
  readonly text: string;
}

/** One command of a `console` block. */
export interface Example {
  readonly command: string;
  readonly output: string;
}

/** @param name inside docs/ */
export function readBlocks(name: string): Block[] {
  const page = readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
  return page.split(/^## /m).flatMap((section) => {
    const heading = section.slice(0, section.indexOf("\n"));
    return [...section.matchAll(/^```(sh|console)\n([\s\S]*?)\n```$/gm)].map(([, language = "", text = ""]) => ({
      heading,
      language,
      text,
    }));
  });
}

/** @param block a `console` block */
export function examplesOf({ text }: Block): Example[] {
  return [...text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n?)*)/gm)].map(([, command = "", output = ""]) => ({
    command,
    output: output.trim(),
  }));
}

/** A terminal: what one call sets, the next one finds. */
export type Shell = (commands: string, options?: Pick<ProgramOptions, "stdin">) => Promise<Outcome>;

/** @param folder where it stands, and keeps its variables in a file */
export function openShell(folder: string, env: Readonly<Record<string, string>>): Shell {
  const variables = join(folder, "shell-variables.sh");
  return (commands, options = {}) => {
    const before = existsSync(variables) ? `. ${variables}\n` : "";
    return run("bash", ["-c", `set -ea\n${before}${commands}\nexport -p > ${variables}`], {
      ...options,
      cwd: folder,
      env,
    });
  };
}
