// The simulation's command line.
import { describe, expect, test } from "vitest";
import { parseSimulateOptions } from "../../simulate/options.ts";
import { studyNames, studyOf } from "../../simulate/studies/all.ts";
import { distinctJobs, findingsOf } from "../../simulate/studies/findings.ts";
import { settingsFor } from "../../simulate/world/settings.ts";

describe("the simulation's options", () => {
  test("are all studies, unless something else is said", () => {
    expect(parseSimulateOptions([])).toEqual({
      kind: "run",
      options: { threads: 2, what: { kind: "studies", names: studyNames, people: 300, seed: 1, isWritten: false } },
    });
  });

  test("choose studies, and whether they are written down", () => {
    const argv = ["--only", "grid", "--only=floods", "--people", "9", "--seed", "3", "--threads", "1", "--write"];
    expect(parseSimulateOptions(argv)).toEqual({
      kind: "run",
      options: {
        threads: 1,
        what: { kind: "studies", names: ["grid", "floods"], people: 9, seed: 3, isWritten: true },
      },
    });
  });

  test("describe a single setting", () => {
    const text =
      "--single --people 100000 --scenario day --ttl 30 --grace 0 --apiserver-cache 120 --plan free --apiservers 1 --clusters 7 --locations 5 --isolates 2 --seed 4";
    const parsed = parseSimulateOptions([...text.split(" "), "--write-rule", "half grace"]);
    expect(parsed).toEqual({
      kind: "run",
      options: {
        threads: 2,
        what: {
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
            writeRule: "half grace",
          },
        },
      },
    });
  });

  test("spread very many people over regions, unless something else is said", () => {
    const regions = (argv: string[]) => {
      const parsed = parseSimulateOptions(["--single", ...argv]);
      return parsed.kind === "run" && parsed.options.what.kind === "single" ? parsed.options.what.settings.regions : 0;
    };
    expect(regions(["--people", "5000"])).toBe(1);
    expect(regions(["--people", "10000"])).toBe(2);
    expect(regions(["--people", "100000"])).toBe(20);
    expect(regions(["--people", "10000", "--regions", "4"])).toBe(4);
  });

  test("refuse what makes no sense", () => {
    for (const [argv, message] of [
      [["--people", "0"], "--people: must be a whole number from 1 to 200000"],
      [["--ttl", "4"], "--ttl: must be a whole number from 5 to 600"],
      [["--only", "nonsense"], "--only: must be one of"],
      [["--scenario", "nonsense"], "--scenario: must be one of"],
      [["--write-rule", "nonsense"], "--write-rule: must be one of"],
      [["--plan", "nonsense"], "--plan: must be one of"],
      [["--single", "--write"], "--single: goes with neither"],
      [["--unknown"], "--unknown"],
      [["word"], "word"],
    ] as const) {
      const parsed = parseSimulateOptions(argv);
      expect(parsed.kind).toBe("usage-error");
      expect(parsed.kind === "usage-error" ? parsed.message : "").toContain(message);
    }
  });

  test("can ask for help", () => {
    expect(parseSimulateOptions(["--help"])).toEqual({ kind: "help" });
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
    const byGrace = [settings, other].map((it) => ({
      settings: { ...it, writeRule: "half grace" as const },
      scenario: day,
    }));
    expect(distinctJobs(byGrace)).toHaveLength(4);
  });

  test("that no study asked for are missed", () => {
    expect(() => findingsOf([], []).day(settings)).toThrow("did not say");
  });

  test("of every study are few enough to be done in minutes", () => {
    for (const name of studyNames) expect(distinctJobs(studyOf(name, 300, 1).needs).length).toBeLessThan(200);
  });
});
