// A wrangler.toml from a text, without a file.

import type { Diagnostic } from "../../../../src/cli/command.ts";
import { checkConfiguration } from "../../../../src/cli/config-file/check/check.ts";
import { type ConfigFile, parseConfigFile } from "../../../../src/cli/config-file/file.ts";

const place = { path: "wrangler.toml", absolutePath: "/nowhere/wrangler.toml" };

export function configFile(text: string): ConfigFile {
  const loaded = parseConfigFile(place, text);
  if (loaded.kind !== "loaded") throw new Error(loaded.diagnostic.message);
  return loaded.file;
}

/** @returns the diagnostics of one severity, in their order */
export function check(text: string, severity: Diagnostic["severity"], now?: number): readonly Diagnostic[] {
  const loaded = parseConfigFile(place, text);
  const diagnostics = loaded.kind === "loaded" ? checkConfiguration(loaded.file, now) : [loaded.diagnostic];
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity);
}
