// The command line of `npm run simulate`.
import { Command, Option } from "commander";
import { wholeNumber } from "../support/whole-number.ts";
import { type StudyName, studyNames } from "./studies/all.ts";
import { type ScenarioName, scenarioNames } from "./studies/single.ts";
import { defaults, type Settings, settingsFor, sources } from "./world/settings.ts";

export interface SimulateOptions {
  readonly threads: number;
  readonly what:
    | {
        readonly kind: "studies";
        readonly names: readonly StudyName[];
        readonly people: number;
        readonly seed: number;
        /** Whether the page and its pictures are written. */
        readonly isWritten: boolean;
      }
    | { readonly kind: "single"; readonly settings: Settings; readonly scenarios: readonly ScenarioName[] };
}

/** As commander hands it over: each value is parsed by its option. */
interface CommandLine {
  readonly only?: readonly StudyName[];
  readonly people: number;
  readonly seed: number;
  readonly threads: number;
  readonly write?: true;
  readonly single?: true;
  readonly scenario?: readonly ScenarioName[];
  readonly ttl: number;
  readonly grace: number;
  readonly apiserverCache: number;
  readonly plan: Settings["plan"];
  readonly source: Settings["source"];
  readonly apiservers: number;
  readonly clusters?: number;
  readonly regions?: number;
  readonly locations: number;
  readonly isolates?: number;
}

/** @param run what the command does */
export function createSimulateCommand(run: (options: SimulateOptions) => Promise<void>): Command {
  return new Command("npm run simulate --")
    .description("Simulates clusters and people around the product's own cache, on a virtual clock.")
    .helpOption("--help", "this text")
    .addOption(new Option("--only <study...>", "these studies alone").choices(studyNames))
    .addOption(wholeNumber("people", "of the studies that do not compare sizes", 200_000).default(defaults.people))
    .addOption(wholeNumber("seed", "the same seed gives the same figures", 1_000_000, 0).default(defaults.seed))
    .addOption(wholeNumber("threads", "how many worker threads", 64).default(2))
    .option("--write", "write the tables into docs/simulation.md, and the pictures beside it")
    .addOption(new Option("--single", "one setting in place of the studies").conflicts(["only", "write"]))
    .optionsGroup("With --single:")
    .addOption(new Option("--scenario <name...>", "these scenarios alone").choices(scenarioNames))
    .addOption(wholeNumber("ttl", "CACHE_TTL_SECONDS", 600, 5).default(defaults.ttlSeconds))
    .addOption(wholeNumber("grace", "OUTAGE_GRACE_SECONDS", 3_600, 0).default(defaults.graceSeconds))
    .addOption(
      wholeNumber("apiserver-cache", "--authentication-token-webhook-cache-ttl in seconds", 3_600, 0).default(
        defaults.apiserverCacheSeconds,
      ),
    )
    .addOption(
      new Option("--plan <name>", "whether KV's daily limits apply").choices(["free", "paid"]).default(defaults.plan),
    )
    .addOption(new Option("--source <name>", "with what GitHub is asked").choices(sources).default(defaults.source))
    .addOption(wholeNumber("apiservers", "of each cluster", 8).default(defaults.apiserversPerCluster))
    .addOption(wholeNumber("clusters", "default: a cluster to 100 people", 10_000))
    .addOption(wholeNumber("regions", "default: a region to 5,000 people", 100))
    .addOption(wholeNumber("locations", "in each region", 100).default(defaults.locations))
    .addOption(wholeNumber("isolates", "of each location; default: 4, more for many people", 1_000))
    .addHelpText(
      "after",
      `
Tables go to stdout as Markdown, progress to stderr.
Exits with 2 after a usage error and with 1 after any other failure.`,
    )
    .action((line: CommandLine) => run(optionsOf(line)));
}

function optionsOf(line: CommandLine): SimulateOptions {
  const { threads, people, seed } = line;
  if (line.single === undefined) {
    const names = line.only ?? studyNames;
    return { threads, what: { kind: "studies", names, people, seed, isWritten: line.write === true } };
  }
  const settings = settingsFor(people, {
    seed,
    locations: line.locations,
    ttlSeconds: line.ttl,
    graceSeconds: line.grace,
    apiserverCacheSeconds: line.apiserverCache,
    plan: line.plan,
    source: line.source,
    apiserversPerCluster: line.apiservers,
    ...(line.regions === undefined ? {} : { regions: line.regions }),
    ...(line.clusters === undefined ? {} : { clusters: line.clusters }),
    ...(line.isolates === undefined ? {} : { isolatesPerLocation: line.isolates }),
  });
  return { threads, what: { kind: "single", settings, scenarios: line.scenario ?? scenarioNames } };
}
