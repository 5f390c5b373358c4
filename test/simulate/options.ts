// The command line of `npm run simulate` → options, or what is wrong with it.
import { parseArgs } from "node:util";
import { usageProblem } from "../../src/local/options.ts";
import { type StudyName, studyNames } from "./studies/all.ts";
import { type ScenarioName, scenarioNames } from "./studies/single.ts";
import { type Settings, settingsFor } from "./world/settings.ts";
import { writeRuleNames } from "./world/write-rules.ts";

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

export type ParsedSimulateOptions =
  | { readonly kind: "run"; readonly options: SimulateOptions }
  | { readonly kind: "help" }
  | { readonly kind: "usage-error"; readonly message: string };

const limits = {
  people: [1, 200_000],
  seed: [0, 1_000_000],
  threads: [1, 64],
  ttl: [5, 600],
  grace: [0, 3_600],
  "apiserver-cache": [0, 3_600],
  apiservers: [1, 8],
  clusters: [1, 10_000],
  regions: [1, 100],
  locations: [1, 100],
  isolates: [1, 1_000],
} as const;

type NumberName = keyof typeof limits;

const defaultPeople = 300;

export const help = `Simulates a planet of clusters and people on the product's own cache, on a virtual clock.

Usage: npm run simulate -- [options]

  --only STUDY         one of ${studyNames.join(", ")}; repeatable (default: all)
  --people N           of the studies that do not compare sizes (default ${defaultPeople})
  --seed N             the same seed gives the same figures (default 1)
  --threads N          how many worker threads (default 2)
  --write              writes the tables into docs/caching.md and the pictures beside it
  --help               this text

  --single             one setting in place of the studies; then these count, too:
  --scenario NAME      one of ${scenarioNames.join(", ")}; repeatable (default: all)
  --ttl S  --grace S   CACHE_TTL_SECONDS and OUTAGE_GRACE_SECONDS (default 120 and 600)
  --apiserver-cache S  --authentication-token-webhook-cache-ttl (default 10)
  --write-rule NAME    one of ${writeRuleNames.map((name) => JSON.stringify(name)).join(", ")}
  --plan NAME          free or paid: whether KV's daily limits apply (default paid)
  --apiservers N       of each cluster (default 3)
  --clusters N  --regions N  --locations N  --isolates N
                       defaults: a cluster to 100 people, a region to 5,000, 2 locations to
                       a region and 4 isolates to a location, more for many people

Tables go to stdout as Markdown, progress to stderr. Exits with 2 after a usage error and with 1 after any other failure.`;

/** @param argv without the names of node and of the script */
export function parseSimulateOptions(argv: readonly string[]): ParsedSimulateOptions {
  const values = parseCommandLine(argv);
  if (typeof values === "string") return { kind: "usage-error", message: values };
  if (values.help) return { kind: "help" };
  const problems: string[] = [];

  const numberOf = (name: NumberName, otherwise: number): number => {
    const text = values[name];
    if (text === undefined) return otherwise;
    const [min, max] = limits[name];
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max)) problems.push(`--${name}: must be a whole number from ${min} to ${max}`);
    return number;
  };

  function oneOf<Name extends string>(option: string, names: readonly Name[], text: string): Name[] {
    const found = names.filter((name) => name === text);
    if (found.length === 0) problems.push(`--${option}: must be one of ${names.join(", ")}`);
    return found;
  }

  const people = numberOf("people", defaultPeople);
  const seed = numberOf("seed", 1);
  const threads = numberOf("threads", 2);
  const names = (values.only ?? []).flatMap((text) => oneOf("only", studyNames, text));
  const scenarios = (values.scenario ?? []).flatMap((text) => oneOf("scenario", scenarioNames, text));
  const [writeRule] = oneOf("write-rule", writeRuleNames, values["write-rule"]);
  const [plan] = oneOf("plan", ["free", "paid"], values.plan);
  const regions = values.regions === undefined ? {} : { regions: numberOf("regions", 1) };
  const base = settingsFor(people, regions);
  const settings: Settings = {
    ...settingsFor(people, { ...regions, locations: numberOf("locations", base.locations) }),
    seed,
    ttlSeconds: numberOf("ttl", base.ttlSeconds),
    graceSeconds: numberOf("grace", base.graceSeconds),
    apiserverCacheSeconds: numberOf("apiserver-cache", base.apiserverCacheSeconds),
    apiserversPerCluster: numberOf("apiservers", base.apiserversPerCluster),
    clusters: numberOf("clusters", base.clusters),
    isolatesPerLocation: numberOf("isolates", base.isolatesPerLocation),
    writeRule: writeRule ?? base.writeRule,
    plan: plan ?? base.plan,
  };
  if (values.single && (values.write || names.length > 0))
    problems.push("--single: goes with neither --write nor --only");
  const [problem] = problems;
  if (problem !== undefined) return { kind: "usage-error", message: problem };
  if (values.single) {
    const what = { kind: "single", settings, scenarios: scenarios.length > 0 ? scenarios : scenarioNames } as const;
    return { kind: "run", options: { threads, what } };
  }
  const chosen = names.length > 0 ? names : studyNames;
  return {
    kind: "run",
    options: { threads, what: { kind: "studies", names: chosen, people, seed, isWritten: values.write } },
  };
}

function parseCommandLine(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        only: { type: "string", multiple: true },
        people: { type: "string" },
        seed: { type: "string" },
        threads: { type: "string" },
        write: { type: "boolean", default: false },
        single: { type: "boolean", default: false },
        scenario: { type: "string", multiple: true },
        ttl: { type: "string" },
        grace: { type: "string" },
        "apiserver-cache": { type: "string" },
        "write-rule": { type: "string", default: "believable" },
        plan: { type: "string", default: "paid" },
        apiservers: { type: "string" },
        clusters: { type: "string" },
        regions: { type: "string" },
        locations: { type: "string" },
        isolates: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return usageProblem(error);
  }
}
