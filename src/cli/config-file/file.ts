// The deployment's wrangler.toml: opened and parsed once, and written back whole.
import { readFileSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { writeWhole } from "../../node/files.ts";
import { parseToml, type Toml, type TomlPath } from "../../node/toml.ts";
import { CliError, type Context, cliError, type Diagnostic, error, type Location, locate } from "../command.ts";

const routeSchema = v.union([
  v.string(),
  v.looseObject({
    pattern: v.string(),
    custom_domain: v.optional(v.boolean(), false),
    enabled: v.optional(v.boolean()),
    previews_enabled: v.optional(v.boolean()),
  }),
]);

/** The parts that the command reads, in the form that wrangler documents. */
const settingsSchema = v.looseObject({
  name: v.optional(v.string()),
  vars: v.optional(v.record(v.string(), v.unknown()), {}),
  routes: v.optional(v.array(routeSchema), []),
  kv_namespaces: v.optional(v.array(v.looseObject({ binding: v.string(), id: v.optional(v.string()) })), []),
  ratelimits: v.optional(
    v.array(
      v.looseObject({
        name: v.string(),
        simple: v.optional(v.looseObject({ period: v.optional(v.number()) })),
      }),
    ),
    [],
  ),
  build: v.optional(v.looseObject({ command: v.optional(v.string()) })),
  secrets: v.optional(v.looseObject({ required: v.optional(v.array(v.string()), []) }), { required: [] }),
  compatibility_flags: v.optional(v.array(v.string()), []),
  workers_dev: v.optional(v.boolean()),
  preview_urls: v.optional(v.boolean()),
  observability: v.optional(
    v.looseObject({
      enabled: v.optional(v.boolean(), false),
      logs: v.optional(
        v.looseObject({ enabled: v.optional(v.boolean()), invocation_logs: v.optional(v.boolean(), true) }),
      ),
      traces: v.optional(v.looseObject({ enabled: v.optional(v.boolean(), false) })),
    }),
  ),
  env: v.optional(v.record(v.string(), v.unknown())),
});

export type Settings = v.InferOutput<typeof settingsSchema>;

export interface ConfigFile {
  /** As it was given. */
  readonly path: string;
  readonly absolutePath: string;
  /** Of the file: the clone's. */
  readonly folder: string;
  /** As it was read, with its own line ends. */
  readonly text: string;
  readonly settings: Settings;
  readonly toml: Toml;
}

type LoadedConfigFile =
  | { readonly kind: "loaded"; readonly file: ConfigFile }
  | { readonly kind: "missing"; readonly diagnostic: Diagnostic }
  | { readonly kind: "invalid"; readonly diagnostic: Diagnostic };

/** Reads and parses the file, for a caller that goes on without it. @param path relative to the context's folder */
export async function loadConfigFile(path: string, { folder }: Context): Promise<LoadedConfigFile> {
  const absolutePath = resolve(folder, path);
  let text: string;
  try {
    text = await readFile(absolutePath, "utf8");
  } catch (failure) {
    if (!(failure instanceof Error && "code" in failure)) throw failure;
    const message = failure.code === "ENOENT" ? "there is no such file" : `cannot be read (${failure.code})`;
    const hint = "run this in the folder of your deployment, or name its file with --config";
    return { kind: "missing", diagnostic: error(path, message, hint) };
  }
  return parseConfigFile({ path, absolutePath }, text);
}

/** @throws CliError if it cannot be read, or is not what wrangler documents */
export async function openConfigFile(path: string, context: Context): Promise<ConfigFile> {
  return orThrow(await loadConfigFile(path, context));
}

/** What a value has to be, by the type that is expected. */
const forms: Readonly<Record<string, string>> = {
  boolean: "must be true or false, without quotes",
  number: "must be a number, without quotes",
  string: "must be a text in quotes",
  Array: "must be a list in brackets",
};

/** Parses a text in the file's place. */
export function parseConfigFile(
  { path, absolutePath }: Pick<ConfigFile, "path" | "absolutePath">,
  text: string,
): LoadedConfigFile {
  const toml = parseToml(text);
  if (toml.kind === "invalid") {
    return { kind: "invalid", diagnostic: error(`${path}:${toml.line}`, `is no TOML: ${toml.message}`) };
  }
  const parsed = v.safeParse(settingsSchema, toml.values);
  if (parsed.success) {
    const file = { path, absolutePath, folder: dirname(absolutePath), text, settings: parsed.output, toml };
    return { kind: "loaded", file };
  }
  const [outer] = parsed.issues;
  // Where a setting has two forms, what is wrong with the form that was chosen stands one level deeper.
  const inner = outer.issues?.find((issue) => issue.path !== undefined);
  const keys = [...(outer.path ?? []), ...(inner?.path ?? [])].map(({ key }) => key);
  const wrong = keys.map((key) => (typeof key === "number" ? key : String(key)));
  const location = { file: path, line: toml.lineOf(wrong), setting: settingOf(wrong) };
  const message = forms[(inner ?? outer).expected ?? ""] ?? "must have the form that wrangler documents";
  return { kind: "invalid", diagnostic: locate(location, "error", message) };
}

/**
 * Writes a changed text, whole or not at all.
 *
 * @throws CliError if the file was changed since it was opened: that change would be lost, and with the next deployment
 *   the cluster that it added
 */
export async function saveConfigFile(file: ConfigFile, text: string): Promise<ConfigFile> {
  const changed = orThrow(parseConfigFile(file, text));
  // A link stays one: the file may lie in a repository of its own.
  const target = await realpath(file.absolutePath);
  const isUnchanged = () => readFileSync(target, "utf8") === file.text;
  const isSame = text === file.text;
  const { mode } = await stat(target);
  const isKept = isSame ? isUnchanged() : await writeWhole(target, text, mode & 0o777, isUnchanged);
  if (isKept) return isSame ? file : changed;
  const hint = "run the command again: it goes on from where it stopped";
  throw cliError(file.path, "was changed while this command ran", hint);
}

/** @returns in milliseconds: what a file names was made before that */
export async function changedAt({ absolutePath }: ConfigFile): Promise<number> {
  return (await stat(absolutePath)).mtimeMs;
}

function orThrow(loaded: LoadedConfigFile): ConfigFile {
  if (loaded.kind === "loaded") return loaded.file;
  throw new CliError(loaded.diagnostic);
}

/** @returns the place of a setting; variables are called by their names alone, as the Worker's own messages do */
export function locationOf({ path, toml }: ConfigFile, setting: TomlPath): Location {
  const shown = setting[0] === "vars" && setting.length > 1 ? setting.slice(1) : setting;
  return { file: path, line: toml.lineOf(setting), setting: settingOf(shown) };
}

export function errorAt(file: ConfigFile, setting: TomlPath, message: string, hint?: string): Diagnostic {
  return locate(locationOf(file, setting), "error", message, hint);
}

export function warningAt(file: ConfigFile, setting: TomlPath, message: string, hint?: string): Diagnostic {
  return locate(locationOf(file, setting), "warning", message, hint);
}

/** @returns a path as the configuration's own messages write it: `CLUSTER_PRODUCTION.allow[0]` */
export function settingOf(path: TomlPath): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);
}

/**
 * @returns the path of a setting; a key that holds dots or brackets itself is taken apart, and then found by the table
 *   that holds it
 */
export function pathOf(setting: string): TomlPath {
  const parts = setting.match(/\[\d+\]|[^.[\]]+/g) ?? [];
  return parts.map((part) => (part.startsWith("[") ? Number(part.slice(1, -1)) : part));
}
