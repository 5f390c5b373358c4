// `octogate pin`: GitHub's number behind every name in a policy.
import { Command } from "commander";
import type { TomlPath } from "../../../node/toml.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import {
  CliError,
  type CommandMaker,
  type CommandResult,
  type Context,
  cliError,
  type Diagnostic,
  done,
  warning,
} from "../../command.ts";
import { githubApiUrlOf } from "../../config-file/check/check.ts";
import { type ConfigFile, errorAt, locationOf, openConfigFile, saveConfigFile } from "../../config-file/file.ts";
import { applyEdits, type Edit } from "../../config-file/toml-edits.ts";
import {
  addOptions,
  askForConsent,
  type ChangeOptions,
  changeOptions,
  examples,
  type GitHubTokenOptions,
  gitHubTokenOptions,
  readGitHubToken,
  unnamedHost,
} from "../../options.ts";
import { createLookup } from "./lookup.ts";
import { namedEntriesIn, pinOf } from "./named-entries.ts";
import { type Answered, type Pin, planPins } from "./plan.ts";

type PinOptions = ChangeOptions & GitHubTokenOptions;

export const pinCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("pin"),
    ...gitHubTokenOptions("only teams and private repositories need one (default: GITHUB_TOKEN, or none)"),
    ...changeOptions(),
  )
    .description(
      "writes GitHub's numbers behind the names in every policy, so that a new owner of a name does not get in",
    )
    .addHelpText("after", examples("pin --dry-run", "pin --token-from-stdin < ~/.kube/github-token"))
    .action((options: PinOptions) => run(() => pin(options, context)));

async function pin(options: PinOptions, context: Context): Promise<CommandResult> {
  const file = await openConfigFile(options.config, context);
  const api = githubApiUrlOf(file.settings.vars);
  if (!api.ok) {
    throw new CliError(...api.problems.map(({ setting, message }) => errorAt(file, ["vars", setting], message)));
  }
  const { token, warnings } = await tokenFor(options, api.value, context);

  const client = createGitHubClient({ fetch: context.fetch, timeoutMs });
  const lookup = createLookup({ client, restUrl: api.value, token });
  const answered: Answered[] = [];
  // What is not pinned comes first: GitHub may end its answers early.
  const entries = namedEntriesIn(file.settings).sort(
    (one, other) => Number(pinOf(one.named) !== null) - Number(pinOf(other.named) !== null),
  );
  for (const entry of entries) {
    answered.push({ entry, lookedUp: await lookup(entry.named) });
  }
  const locate = (path: TomlPath) => locationOf(file, path);
  const plan = planPins(answered, { locate, restUrl: api.value });
  const diagnostics = [...warnings, ...plan.diagnostics];
  const pins = plan.pins.map(({ entry, pin: numbers }) => ({
    ...locate(entry.path),
    from: entry.text,
    to: entry.text + numbers,
  }));

  const changes = pins.map(({ line, setting, from, to }) => `${file.path}:${line}: ${setting}: ${from} → ${to}`);
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") {
    const { ok, lines, json } = consent.result;
    const result = done(lines, { ...json, pins }, [...consent.result.diagnostics, ...diagnostics]);
    return { ...result, ok: result.ok && ok };
  }
  if (pins.length === 0) {
    const isComplete = diagnostics.every(({ severity }) => severity === "warning");
    return done(isComplete ? [`${file.path}: ${sumOf(answered.length)}`] : [], { changed: false, pins }, diagnostics);
  }
  await saveConfigFile(file, writePins(file, plan.pins));
  const lines = [
    ...pins.map(({ to }) => `pinned ${to}`),
    `The Worker has it once it is deployed: npx wrangler deploy --config ${file.path}`,
  ];
  return done(lines, { changed: true, pins }, diagnostics);
}

/** A person waits for it. */
const timeoutMs = 10_000;

function sumOf(count: number): string {
  return count === 0 ? "names no account" : `every name is pinned (${count})`;
}

/** @returns the text with the numbers behind the names; nothing else of it changes */
export function writePins(file: ConfigFile, pins: readonly Pin[]): string {
  const edits = pins.flatMap(({ entry, pin: numbers }): Edit[] => {
    const end = file.toml.find(entry.path)?.string?.end;
    return end === undefined ? [] : [{ start: end, end, text: numbers }];
  });
  return applyEdits(file, edits);
}

/**
 * @param restUrl where GitHub is, as the configuration says it
 * @returns null where there is no token, or where the operator has not named the host that would get it
 * @throws CliError if it is none, or was handed over for a host that is not named
 */
async function tokenFor(
  options: PinOptions,
  restUrl: string,
  context: Context,
): Promise<{ readonly token: string | null; readonly warnings: readonly Diagnostic[] }> {
  const { source, token } = await readGitHubToken(options, context, "pin");
  const unnamed = token === null ? null : unnamedHost(restUrl, options, "pin");
  if (unnamed === null) return { token, warnings: [] };
  const { message, hint } = unnamed;
  if (options.tokenFromStdin) throw cliError(source, message, hint);
  return { token: null, warnings: [warning(source, message, hint)] };
}
