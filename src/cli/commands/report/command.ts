// `octogate report`: everybody who could get in, to read and to sign.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { apiAddressOf } from "../../../worker/github/api-address.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import { version } from "../../../worker/version.ts";
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
import { hostnameOf, signInHostnameOf } from "../../config-file/clusters.ts";
import { type ConfigFile, errorAt, openConfigFile } from "../../config-file/file.ts";
import { timeText } from "../../config-file/signing-keys.ts";
import { addOptions, configOption, examples, type GitHubTokenOptions, gitHubTokenOptions } from "../../options.ts";
import { accessTo } from "./access.ts";
import { type RoleBinding, readBindings } from "./bindings.ts";
import { changesSince, parseEarlierReport } from "./changes.ts";
import { ownerSource, readApp } from "./credentials.ts";
import { type Comparison, compareWithDeployed, notCompared } from "./deployed.ts";
import { grantsIn } from "./grants.ts";
import { readNamedAccounts } from "./named-accounts.ts";
import { createPatientCalls } from "./patient-calls.ts";
import { digestOf, policiesIn, type ReportedPolicy, sharedVariables } from "./policies.ts";
import { csvLines } from "./present/csv.ts";
import { htmlPage } from "./present/html.ts";
import { tableLines } from "./present/table.ts";
import type { OrganisationPeople } from "./read-organisation.ts";
import { readOrganisations } from "./read-organisations.ts";
import { type AccessReport, reportSchemaName } from "./report.ts";
import { openApp } from "./source.ts";
import { tokenDemands } from "./tokens.ts";

interface ReportOptions extends GitHubTokenOptions {
  readonly config: string;
  readonly cluster: readonly string[];
  readonly format: keyof typeof formats;
  readonly bindings: readonly string[];
  readonly since?: string;
  readonly from?: string;
  readonly deployed: boolean;
  /** In minutes. */
  readonly wait: number;
}

const formats = {
  table: tableLines,
  csv: csvLines,
  json: (report: AccessReport) => JSON.stringify(report, null, 2).split("\n"),
  html: (report: AccessReport) => htmlPage(report).split("\n"),
} as const satisfies Readonly<Record<string, (report: AccessReport) => string[]>>;

const collect = (value: string, earlier: readonly string[]) => [...earlier, value];

export const reportCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("report"),
    new Option("-c, --cluster <name>", "a cluster or a client of the report; may be repeated (default: all)")
      .argParser(collect)
      .default([], ""),
    new Option("--format <form>", "how it is printed").choices(Object.keys(formats)).default("table"),
    new Option(
      "--bindings <[cluster=]file>",
      "what kubectl get rolebindings,clusterrolebindings -A -o json printed: adds what each may do; may be repeated",
    )
      .argParser(collect)
      .default([], ""),
    new Option("--since <file>", "an earlier report in JSON: adds who came, who went and what changed"),
    new Option("--from <file>", "a report in JSON, to print in another form: GitHub is not asked").conflicts([
      "bindings",
      "cluster",
      "deployed",
      "tokenFromStdin",
    ]),
    new Option("--deployed", "compare the policy with what Cloudflare runs; needs CLOUDFLARE_API_TOKEN").default(false),
    new Option("--wait <minutes>", "how long to wait for GitHub's limits, all together")
      .argParser(parseMinutes)
      .default(10),
    ...gitHubTokenOptions("an organisation owner's (default: the installed App, or else GITHUB_TOKEN)"),
    configOption(),
  )
    .description("lists everybody who could get in, as what and by which entries, for an access review")
    .addHelpText(
      "after",
      examples(
        "report --cluster production",
        "report --format json --deployed --bindings production=bindings.json --since 2026-08.json > 2026-11.json",
        "report --from 2026-11.json --format html > 2026-11.html   # to read, print and sign",
      ),
    )
    .addHelpText(
      "after",
      "\nWith GITHUB_APP_ID in the configuration, GITHUB_APP_PRIVATE_KEY is read from the environment.\nWhere GitHub does not show everything, there is no report.",
    )
    .action((options: ReportOptions) => run(() => report(options, context)));

async function report(options: ReportOptions, context: Context): Promise<CommandResult> {
  const readReport = async (path: string) =>
    parseEarlierReport(path, await readFile(resolve(context.folder, path), "utf8"));
  const { since, from } = options;
  const earlier = since === undefined ? null : { file: since, report: await readReport(since) };
  const { made, diagnostics } =
    from === undefined ? await makeReport(options, context) : { made: await readReport(from), diagnostics: [] };
  const whole = earlier === null ? made : { ...made, changes: changesSince(earlier.report, earlier.file, made) };
  return done(formats[options.format](whole), { ...whole }, diagnostics);
}

interface Made {
  readonly made: AccessReport;
  readonly diagnostics: readonly Diagnostic[];
}

async function makeReport(options: ReportOptions, context: Context): Promise<Made> {
  const { folder, terminal, now, sleep } = context;
  const file = await openConfigFile(options.config, context);
  const restUrl = apiUrlIn(file);
  const policies = policiesIn(file, options.cluster);
  const bindings = await readAllBindings(options.bindings, policies, folder);
  const comparison = options.deployed ? await compareWithDeployed(file, policies, context) : notCompared;

  const startedAt = timeText(now());
  const api = apiAddressOf(restUrl);
  const app = readApp(file, options, context);
  const calls = createPatientCalls({
    client: createGitHubClient({ fetch: context.fetch, timeoutMs }),
    api,
    now,
    sleep,
    maxWaitMs: options.wait * 60_000,
    reserveOf: (authorization) => (app !== null && authorization !== null ? reservedShare : 0),
    say: terminal.note,
  });
  const source = app === null ? await ownerSource(options, restUrl, context, calls) : openApp(app, calls, now);
  const organisations = await readOrganisations(policies, source, calls, context);
  const named = await readNamedAccounts(policies, [...organisations.values()], calls, source);

  const readsByApp = "GITHUB_APP_ID" in file.settings.vars;
  const clusters = policies.map((policy) => {
    const access = accessTo(policy, organisations, named, { host: api.host, readsByApp });
    const given = bindings.get(policy.name);
    return {
      name: policy.name,
      kind: policy.kind,
      variable: policy.variable,
      digest: digestOf(policy.table),
      deployed: comparison.of(policy),
      tokens: tokenDemands(policy, readsByApp),
      bindings: null,
      ...access,
      ...(given === undefined ? {} : grantsIn(given.bindings, given.file, policy, access, organisations)),
    };
  });
  const made: AccessReport = {
    schema: reportSchemaName,
    octogate: version,
    startedAt,
    endedAt: timeText(now()),
    configuration: file.path,
    deployment: { hostname: hostnameOf(file.settings), signInHostname: signInHostnameOf(file.settings) },
    github: { apiUrl: restUrl, host: api.host, source: source.name, calls: calls.count() },
    policyDigest: digestOf({
      ...Object.fromEntries(sharedVariables.map((name) => [name, file.settings.vars[name] ?? null])),
      GITHUB_API_URL: restUrl,
      ...Object.fromEntries(policies.map(({ variable, table }) => [variable, table])),
    }),
    deployed: comparison.deployed,
    organisations: [...new Set(organisations.values())].map(countsOf),
    clusters,
    changes: null,
  };
  return { made, diagnostics: warningsAbout(made, comparison) };
}

/** A person waits for it. */
const timeoutMs = 10_000;
/** The App's quota is that of all reviews, too: a report must not lock people out. */
const reservedShare = 1 / 2;

function apiUrlIn(file: ConfigFile): string {
  const api = githubApiUrlOf(file.settings.vars);
  if (api.ok) return api.value;
  throw new CliError(...api.problems.map(({ setting, message }) => errorAt(file, ["vars", setting], message)));
}

function countsOf({
  login,
  id,
  members,
  teams,
  invitations,
}: OrganisationPeople): AccessReport["organisations"][number] {
  return {
    login,
    id,
    members: members.size,
    owners: [...members.values()].filter(({ role }) => role === "admin").length,
    teams: teams.length,
    invitations: invitations?.length ?? null,
  };
}

interface GivenBindings {
  readonly file: string;
  readonly bindings: readonly RoleBinding[];
}

/** @returns by the cluster's name */
async function readAllBindings(
  given: readonly string[],
  policies: readonly ReportedPolicy[],
  folder: string,
): Promise<Map<string, GivenBindings>> {
  const names = policies.flatMap(({ name, kind }) => (kind === "cluster" ? [name] : []));
  const read = new Map<string, GivenBindings>();
  for (const text of given) {
    const [, named, file = text] = /^([a-z][a-z0-9-]*)=(.+)$/s.exec(text) ?? [];
    const [only, ...others] = names;
    const name = named ?? (others.length === 0 ? only : undefined);
    if (name === undefined) {
      throw cliError(
        "--bindings",
        `${file} is of which cluster?`,
        `--bindings ${only ?? "NAME"}=${file}, or --cluster`,
      );
    }
    if (!names.includes(name)) throw cliError("--bindings", `there is no cluster ${name} in this report`);
    if (read.has(name)) throw cliError("--bindings", `${name} has two files`);
    read.set(name, { file, bindings: await readBindings(file, folder) });
  }
  return read;
}

function warningsAbout({ clusters }: AccessReport, { different, unknown }: Comparison): Diagnostic[] {
  return [
    ...clusters.flatMap(({ variable, nameWarnings }) => nameWarnings.map((message) => warning(variable, message))),
    ...clusters.flatMap(({ variable, deployed: state }) => {
      if (state === "same" || state === "not compared") return [];
      return [warning(variable, state === "missing" ? "is not deployed" : "is not what Cloudflare runs")];
    }),
    ...unknown.map((variable) =>
      warning(variable, "is deployed, and not in this file: this report knows nothing of it"),
    ),
    ...different.map((variable) => warning(variable, "is not what Cloudflare runs")),
  ];
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (!/^\d{1,4}$/.test(text) || minutes > 1440)
    throw new InvalidArgumentError("must be a number of minutes, 0 to 1440");
  return minutes;
}
