// The simulation's command line.
import { describe, expect, test } from "vitest";
import { createSimulateCommand, type SimulateOptions } from "../../simulate/options.ts";
import { studyNames, studyOf } from "../../simulate/studies/all.ts";
import { distinctJobs, findingsOf } from "../../simulate/studies/findings.ts";
import { settingsFor } from "../../simulate/world/settings.ts";

/** @returns what the command would run with. @throws commander's error where it does not run */
async function parse(...argv: string[]): Promise<SimulateOptions> {
  const parsed: SimulateOptions[] = [];
  const command = createSimulateCommand(async (options) => {
    parsed.push(options);
  });
  await command
    .exitOverride()
    .configureOutput({ writeOut, writeErr: () => {} })
    .parseAsync(argv, { from: "user" });
  const [options] = parsed;
  if (options === undefined) throw new Error("the command did not run");
  return options;
}

let printed = "";
const writeOut = (text: string) => {
  printed += text;
};

describe("the simulation's options", () => {
  test("are all studies, unless something else is said", async () => {
    const what = { kind: "studies", names: studyNames, people: 300, seed: 1, isWritten: false };
    expect(await parse()).toEqual({ threads: 2, what });
  });

  test("choose studies, and whether they are written down", async () => {
    const argv = ["--only", "grid", "--only=floods", "--people", "9", "--seed", "3", "--threads", "1", "--write"];
    const what = { kind: "studies", names: ["grid", "floods"], people: 9, seed: 3, isWritten: true };
    expect(await parse(...argv)).toEqual({ threads: 1, what });
  });

  test("describe a single setting", async () => {
    const text =
      "--single --people 100000 --scenario day --ttl 30 --grace 0 --apiserver-cache 120 --plan free --apiservers 1 --clusters 7 --locations 5 --isolates 2 --seed 4";
    expect((await parse(...text.split(" "))).what).toEqual({
      kind: "single",
      scenarios: ["day"],
      settings: {
        ...settingsFor(100_000),
        ttlSeconds: 30,
        graceSeconds: 0,
        apiserverCacheSeconds: 120,
        plan: "free",
        apiserversPerCluster: 1,
        clusters: 7,
        locations: 5,
        isolatesPerLocation: 2,
        seed: 4,
      },
    });
  });

  test("spread very many people over regions, unless something else is said", async () => {
    const regions = async (...argv: string[]) => {
      const { what } = await parse("--single", ...argv);
      return what.kind === "single" ? what.settings.regions : 0;
    };
    expect(await regions("--people", "5000")).toBe(1);
    expect(await regions("--people", "10000")).toBe(2);
    expect(await regions("--people", "100000")).toBe(20);
    expect(await regions("--people", "10000", "--regions", "4")).toBe(4);
  });

  test.each([
    ["--people 0", "It must be a whole number from 1 to 200000."],
    ["--ttl 4", "It must be a whole number from 5 to 600."],
    ["--only all", "Allowed choices are lifetimes, outages, floods, sources, sizes, sign-in, assumptions, grid."],
    ["--scenario all", "Allowed choices are day, month, leavers, outage, flood."],
    ["--plan cheap", "Allowed choices are free, paid."],
    ["--single --write", "'--single' cannot be used with option '--write'"],
    ["--single --only grid", "'--single' cannot be used with option '--only"],
    ["--unknown", "unknown option '--unknown'"],
    ["word", "too many arguments"],
  ])("refuse %s", async (argv, message) => {
    await expect(parse(...argv.split(" "))).rejects.toThrow(message);
  });

  test("are explained by --help", async () => {
    await expect(parse("--help")).rejects.toMatchObject({ exitCode: 0 });
    expect(printed).toContain("Usage: npm run simulate -- [options]");
    for (const option of ["--only", "--write", "--single", "--ttl"]) expect(printed).toContain(option);
  });
});

describe("jobs", () => {
  const settings = settingsFor(10_000);
  const day = { kind: "day", day: "working" } as const;

  test("are done once where a setting makes no difference", () => {
    const other = { ...settings, graceSeconds: 0 };
    const jobs = distinctJobs([settings, other].map((it) => ({ settings: it, scenario: day })));
    expect(jobs).toHaveLength(2);
    const outages = distinctJobs([settings, other].map((it) => ({ settings: it, scenario: { kind: "outage" } })));
    expect(outages).toHaveLength(4);
  });

  test("that no study asked for are missed", () => {
    expect(() => findingsOf([], []).day(settings)).toThrow("did not say");
  });

  test("of every study are few enough to be done in minutes", () => {
    for (const name of studyNames) expect(distinctJobs(studyOf(name, 300, 1).needs).length).toBeLessThan(200);
  });
});
