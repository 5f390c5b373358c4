// One setting, everything about it.

import type { Job } from "../jobs.ts";
import { decimal, dollars, markdownTable, percent, whole } from "../report/table.ts";
import { floodKinds } from "../scenarios/flood.ts";
import { refusedShare } from "../scenarios/outage.ts";
import type { Settings } from "../world/settings.ts";
import { githubFigures, lagCells, monthlyFigures, waitingFigures } from "./figures.ts";
import { type Findings, needOfDay, needOfFlood, needOfLags, needOfOutage, needsOfMonth } from "./findings.ts";
import { floodRow, floodTitles } from "./floods.ts";
import type { Study } from "./study.ts";

export const scenarioNames = ["day", "month", "leavers", "outage", "flood"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export function singleStudy(settings: Settings, scenarios: readonly ScenarioName[]): Study {
  return {
    name: "single",
    needs: scenarios.flatMap((scenario) => needsOf(scenario, settings)),
    report: (findings) => ({
      markdown: [
        markdownTable(
          ["setting", "value"],
          Object.entries(settings).map(([name, value]) => [name, String(value)]),
        ),
        ...scenarios.map((scenario) => sectionOf(scenario, settings, findings)),
      ].join("\n\n"),
      pictures: [],
    }),
  };
}

function needsOf(scenario: ScenarioName, settings: Settings): Job[] {
  switch (scenario) {
    case "day":
      return [needOfDay(settings)];
    case "month":
      return needsOfMonth(settings);
    case "leavers":
      return [needOfLags(settings)];
    case "outage":
      return [needOfOutage(settings)];
    case "flood":
      return floodKinds.map((kind) => needOfFlood(settings, kind));
  }
}

function sectionOf(scenario: ScenarioName, settings: Settings, findings: Findings): string {
  switch (scenario) {
    case "day":
      return dayTables(settings, findings);
    case "month":
      return monthTable(settings, findings);
    case "leavers": {
      const { workerMs, clusterMs } = findings.lags(settings);
      return markdownTable(
        ["leavers get in for so many seconds", "median", "p99", "max"],
        [
          ["at the Worker", ...lagCells(workerMs)],
          ["at the cluster", ...lagCells(clusterMs)],
        ],
      );
    }
    case "outage": {
      const { atWork, comingBack } = findings.outage(settings);
      return markdownTable(
        ["refused in an outage of 30 minutes", "in minutes 1 to 10", "11 to 20", "21 to 30", "all"],
        Object.entries({ "at work": atWork, "coming back": comingBack }).map(([name, series]) => [
          name,
          percent(refusedShare(series, 0, 10)),
          percent(refusedShare(series, 10, 20)),
          percent(refusedShare(series, 20, 30)),
          percent(refusedShare(series)),
        ]),
      );
    }
    case "flood":
      return markdownTable(
        floodTitles,
        floodKinds.map((kind) => floodRow(kind, findings.flood(settings, kind))),
      );
  }
}

function dayTables(settings: Settings, findings: Findings): string {
  const { counts, mostCostingCallsInAnHour } = findings.day(settings);
  return [
    markdownTable(
      ["a working day", "value"],
      [
        ...[...githubFigures, ...waitingFigures].map(({ title, of }) => [title, of(counts)]),
        ["most calls costing quota of one person in an hour", whole(mostCostingCallsInAnHour)],
        ["reviews for each person", decimal(counts.reviews / settings.people)],
        ["reviews answered from memory", percent(counts.fromMemory / counts.reviews, 1)],
        ["from KV", percent(counts.fromKv / counts.reviews, 1)],
      ],
    ),
    markdownTable(
      ["counted", "value"],
      Object.entries(counts).map(([name, count]) => [name, whole(count)]),
    ),
  ].join("\n\n");
}

function monthTable(settings: Settings, findings: Findings): string {
  const month = findings.month(settings);
  const { total, ...parts } = findings.cost(settings);
  return markdownTable(
    ["a month", "value"],
    [
      ...[...githubFigures, ...waitingFigures, ...monthlyFigures].map(({ title, of }) => [title, of(month)]),
      ...Object.entries(parts).map(([part, cost]) => [`cost: ${part}`, dollars(cost)]),
      ["cost", dollars(total)],
    ],
  );
}
