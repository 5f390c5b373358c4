// `octogate pin`: GitHub's number behind every name in a policy.
import { Command, Option } from "commander";
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
import { applyEdits, type Edit } from "../../config-file/edits.ts";
import { type ConfigFile, errorAt, locationOf, openConfigFile, saveConfigFile } from "../../config-file/file.ts";
import { addOptions, askForConsent, type ChangeOptions, changeOptions, examples, readToken } from "../../options.ts";
import { createLookup } from "./lookup.ts";
import { namedEntriesIn, pinOf } from "./named-entries.ts";
import { type Answered, type Pin, planPins } from "./plan.ts";

interface PinOptions extends ChangeOptions {
  readonly tokenFromStdin: boolean;
  readonly tokenHost?: string;
}

export const pinCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("pin"),
    new Option(
      "--token-from-stdin",
      "read the token for GitHub from stdin; only teams and private repositories need one (default: GITHUB_TOKEN, or none)",
    ).default(false),
    new Option(
      "--token-host <host>",
      "sends the token to this host too: the one that GITHUB_API_URL names, if it is not api.github.com",
    ),
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
  const { token, warnings } = await readGitHubToken(options, api.value, context);

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

/** The one host that a token goes to without being told: another hand may have written the configuration. */
const tokenHost = "api.github.com";

/**
 * Reads the token for the command's own requests. It is never an argument: all users of the machine can see those.
 *
 * @param restUrl where GitHub is, as the configuration says it
 * @returns the token from stdin if that is asked for, or else GITHUB_TOKEN; null where there is none, or where the
 *   operator has not named the host that would get it
 * @throws CliError if it is none, or was handed over for a host that is not named
 */
async function readGitHubToken(
  { tokenFromStdin, tokenHost: named }: PinOptions,
  restUrl: string,
  { env, terminal }: Context,
): Promise<{ readonly token: string | null; readonly warnings: readonly Diagnostic[] }> {
  const source = tokenFromStdin ? "stdin" : "GITHUB_TOKEN";
  const text = tokenFromStdin ? ((await terminal.readInput()) ?? "") : (env.GITHUB_TOKEN ?? "");
  const token = readToken(source, text);
  if (token === null && tokenFromStdin) {
    throw cliError(source, "holds no token", "octogate pin --token-from-stdin < file");
  }
  const { host } = new URL(restUrl);
  if (token === null || host === tokenHost || host === named?.toLowerCase()) return { token, warnings: [] };
  const message = `is not sent to ${host}, which the configuration alone names`;
  const hint = `if it is your GitHub: octogate pin --token-host ${host}`;
  if (tokenFromStdin) throw cliError(source, message, hint);
  return { token: null, warnings: [warning(source, message, hint)] };
}
