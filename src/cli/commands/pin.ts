// `octogate pin`: looks up the numbers of the names in all policies, and writes them behind the names.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { createGitHubClient } from "../../worker/github/client.ts";
import { githubApiUrlOf } from "../configuration-check/worker-rules.ts";
import { askForConsent, type ChangeOptions } from "../consent.ts";
import type { Context } from "../context.ts";
import { readGitHubToken } from "../pin/github-token.ts";
import { createLookup } from "../pin/lookup.ts";
import { type NamedEntry, namedEntriesIn } from "../pin/named-entries.ts";
import { type Answered, type Plan, planPins } from "../pin/plan.ts";
import { writePins } from "../pin/write-pins.ts";
import { failed, type PlaceInFile, type Report, troubleIn } from "../report.ts";
import { parseWranglerToml } from "../wrangler-toml/document.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";
import { mapToml, settingOf } from "../wrangler-toml/source-map.ts";
import type { CommandMaker } from "./command.ts";
import { configOption, dryRunOption, examples, yesOption } from "./options.ts";

interface PinOptions extends ChangeOptions {
  readonly config: string;
  readonly tokenFromStdin: boolean;
}

export const pinCommand: CommandMaker = (context, run) =>
  new Command("pin")
    .description(
      "writes GitHub's numbers behind the names in every policy, so that whoever takes over a name does not get in",
    )
    .addOption(configOption())
    .addOption(
      new Option(
        "--token-from-stdin",
        "read the token for GitHub from stdin; only teams need one (default: GITHUB_TOKEN, or none)",
      ).default(false),
    )
    .addOption(yesOption())
    .addOption(dryRunOption())
    .addHelpText("after", examples("pin --dry-run", "pin --token-from-stdin < ~/.kube/github-token"))
    .action((options: PinOptions) => run(() => pin(options, context)));

async function pin(options: PinOptions, context: Context): Promise<Report> {
  const file = await readWranglerToml(options.config, context);
  if (file.kind === "unreadable") return failed(file.trouble);
  const parsed = parseWranglerToml(file.path, file.text);
  if (parsed.kind === "wrong") return failed(parsed.trouble);
  const sourceMap = mapToml(file.text);
  if (sourceMap === null) return failed({ where: file.path, message: "its lines can't be told apart" });
  const placeOf = (path: NamedEntry["path"]): PlaceInFile => ({
    file: file.path,
    line: sourceMap.lineOf(path),
    setting: settingOf(path.slice(1)),
  });
  const api = githubApiUrlOf(parsed.document.vars);
  if (!api.ok) {
    return failed(...api.problems.map(({ setting, message }) => troubleIn(placeOf(["vars", setting]), message)));
  }
  const token = await readGitHubToken(options.tokenFromStdin, context);
  if (token.kind === "wrong") return failed(token.trouble);

  const client = createGitHubClient({ fetch: context.fetch, timeoutMs });
  const lookup = createLookup({ client, restUrl: api.value, token: token.token });
  const answered: Answered[] = [];
  // What is not pinned comes first: GitHub may end its answers early.
  const entries = namedEntriesIn(parsed.document).sort(
    (one, other) => Number(one.named.id !== null) - Number(other.named.id !== null),
  );
  for (const entry of entries) {
    answered.push({ entry, lookedUp: await lookup(entry.named) });
  }
  const plan = planPins(answered, { placeOf: ({ path }) => placeOf(path), restUrl: api.value });
  const pins = plan.pins.map((one) => ({ ...placeOf(one.entry.path), from: one.entry.text, to: pinned(one) }));

  const changes = pins.map(({ line, setting, from, to }) => `${file.path}:${line}: ${setting}: ${from} → ${to}`);
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return withFindings(consent.report, plan, { pins });
  if (pins.length === 0) {
    const isComplete = plan.troubles.length === 0;
    return withFindings(answer(isComplete ? [`${file.path}: ${sumOf(answered.length)}`] : []), plan, {
      changed: false,
      pins,
    });
  }
  // Whoever was asked may have taken their time, and changed the file meanwhile.
  const current = await readWranglerToml(options.config, context);
  if (current.kind === "unreadable" || current.text !== file.text) {
    return failed({
      where: file.path,
      message: "was changed meanwhile, so nothing was written",
      cure: "run this again",
    });
  }
  await writeFile(resolve(context.folder, file.path), writePins(file.text, sourceMap, plan.pins));
  return withFindings(
    answer([...pins.map(({ to }) => `pinned ${to}`), "The Worker has it once it is deployed: npx wrangler deploy"]),
    plan,
    { changed: true, pins },
  );
}

/** Nobody waits for it but the person who called. */
const timeoutMs = 10_000;

function pinned({ entry, id }: Plan["pins"][number]): string {
  return `${entry.text}#${id}`;
}

function sumOf(count: number): string {
  return count === 0 ? "names nobody" : `every name is pinned (${count})`;
}

const answer = (lines: readonly string[]): Report => ({ ok: true, lines, troubles: [], json: {} });

function withFindings(report: Report, { troubles, warnings }: Plan, json: Report["json"]): Report {
  return {
    ok: report.ok && troubles.length === 0,
    lines: report.lines,
    troubles: [...report.troubles, ...troubles],
    warnings,
    json: { ...report.json, ...json },
  };
}
