// What has been found about each setting. Several studies need the same, and some settings make no difference to some
// scenarios: nothing is simulated twice.
import type { Job, JobResult } from "../jobs.ts";
import { costOf, type MonthlyCost } from "../report/money.ts";
import { addDays, type Day } from "../scenarios/day.ts";
import { addDoorDays, type Door, type DoorDay } from "../scenarios/door.ts";
import type { Flood, FloodKind } from "../scenarios/flood.ts";
import type { Lags } from "../scenarios/leavers.ts";
import { addOutages, type Outage } from "../scenarios/outage.ts";
import { addCounts, type Counts } from "../world/counts.ts";
import { type DayKind, daysAMonth } from "../world/habits.ts";
import { defaults, regionOf, type Settings } from "../world/settings.ts";

/** Enough for a 99th percentile. */
export const leavers = 300;

export interface Findings {
  day(settings: Settings, day?: DayKind): Day;
  /** Working days and weekends together. */
  month(settings: Settings): Counts;
  cost(settings: Settings): MonthlyCost;
  lags(settings: Settings): Lags;
  outage(settings: Settings): Outage;
  flood(settings: Settings, kind: FloodKind): Flood;
  door(settings: Settings, door: Door): DoorDay;
}

export function needOfDay(settings: Settings, day: DayKind = "working"): Job {
  return { settings, scenario: { kind: "day", day } };
}

export function needsOfMonth(settings: Settings): Job[] {
  return [needOfDay(settings), needOfDay(settings, "weekend")];
}

export function needOfLags(settings: Settings): Job {
  return { settings, scenario: { kind: "leavers", leavers } };
}

export function needOfOutage(settings: Settings): Job {
  return { settings, scenario: { kind: "outage" } };
}

export function needOfFlood(settings: Settings, flood: FloodKind): Job {
  return { settings, scenario: { kind: "flood", flood } };
}

export function needOfDoor(settings: Settings, door: Door): Job {
  return { settings, scenario: { kind: "door", door } };
}

/** @returns each job once, cut into regions, the longest first: so that no thread is left alone with one of those */
export function distinctJobs(needs: readonly Job[]): Job[] {
  const byKey = new Map(needs.flatMap(regionsOf).map((job) => [keyOf(job), job]));
  return [...byKey.values()].sort((one, other) => effortOf(other) - effortOf(one));
}

/** @returns roughly how much there is to do, in people's days */
export function effortOf({ settings, scenario }: Job): number {
  switch (scenario.kind) {
    case "day":
      return settings.people * (scenario.day === "working" ? 1 : 0.15);
    case "leavers":
      return scenario.leavers * (1 + (settings.ttlSeconds + settings.apiserverCacheSeconds) / 300);
    case "outage":
      return settings.people * 0.5;
    case "flood":
      return 500 + settings.people * 0.3;
    case "door":
      return settings.people * (scenario.door === "webhook" ? 1 : 0.4);
  }
}

/** @param jobs as they were run */
export function findingsOf(jobs: readonly Job[], results: readonly JobResult[]): Findings {
  const byKey = new Map(jobs.map((job, index) => [keyOf(job), results[index]]));
  const of = (job: Job): JobResult[] =>
    regionsOf(job).map((part) => {
      const result = byKey.get(keyOf(part));
      if (result === undefined) throw new Error(`a study did not say that it needs ${keyOf(part)}`);
      return result;
    });

  const findings: Findings = {
    day: (settings, day = "working") =>
      addDays(of(needOfDay(settings, day)).flatMap((it) => (it.kind === "day" ? [it.day] : []))),
    month: (settings) =>
      addCounts([
        { counts: findings.day(settings, "working").counts, times: daysAMonth.working },
        { counts: findings.day(settings, "weekend").counts, times: daysAMonth.weekend },
      ]),
    cost: (settings) => costOf(findings.month(settings), settings.people),
    lags(settings) {
      const [first] = of(needOfLags(settings)).flatMap((it) => (it.kind === "leavers" ? [it.lags] : []));
      if (first === undefined) throw new Error("leavers came to something else");
      return first;
    },
    outage: (settings) =>
      addOutages(of(needOfOutage(settings)).flatMap((it) => (it.kind === "outage" ? [it.outage] : []))),
    flood(settings, kind) {
      const [first] = of(needOfFlood(settings, kind)).flatMap((it) => (it.kind === "flood" ? [it.flood] : []));
      if (first === undefined) throw new Error("a flood came to something else");
      return first;
    },
    door: (settings, door) =>
      addDoorDays(of(needOfDoor(settings, door)).flatMap((it) => (it.kind === "door" ? [it.day] : []))),
  };
  return findings;
}

function regionsOf({ settings, scenario }: Job): Job[] {
  // One apiserver is flooded, and leavers are the same few wherever they are.
  const regions = scenario.kind === "flood" || scenario.kind === "leavers" ? 1 : settings.regions;
  return Array.from({ length: regions }, (_, region) => ({
    settings: regionOf(settings, region),
    scenario,
  }));
}

/** Grace makes no difference while GitHub is up, nor does the number of people to leavers, who come without them. */
function keyOf({ settings, scenario }: Job): string {
  const isUp = ["day", "leavers", "door"].includes(scenario.kind);
  const relevant = {
    ...settings,
    graceSeconds: isUp ? defaults.graceSeconds : settings.graceSeconds,
    people: scenario.kind === "leavers" ? scenario.leavers : settings.people,
  };
  return JSON.stringify({ settings: relevant, scenario });
}
