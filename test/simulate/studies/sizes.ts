// Sizes from a team to a company: what a month costs, and where the free plan ends.

import { drawLines, type Picture } from "../report/pictures.ts";
import { dollars, markdownTable, percent, whole } from "../report/table.ts";
import type { Counts } from "../world/counts.ts";
import { type Settings, settingsFor } from "../world/settings.ts";
import { freePlanLimits, githubCalls, peopleWithin, waitingShare, waitingShareInWork } from "./figures.ts";
import { type Findings, needOfDay, needsOfMonth } from "./findings.ts";
import type { Study } from "./study.ts";

const sizes = [30, 100, 300, 1_000, 3_000, 10_000];
const sizesOnFreePlan = [30, 100, 300];
const pictured = 1_000;
const shapes = [1, 3].flatMap((apiserversPerCluster) =>
  [10, 30, 120].flatMap((apiserverCacheSeconds) =>
    [120, 600].map((ttlSeconds) => ({ apiserversPerCluster, apiserverCacheSeconds, ttlSeconds })),
  ),
);

export function sizesStudy(people: number, seed: number): Study {
  const bySize = sizes.map((size) => settingsFor(size, { seed }));
  const byShape = shapes.map((shape) => settingsFor(people, { seed, ...shape }));
  const onFreePlan = sizesOnFreePlan.map((size) => settingsFor(size, { seed, plan: "free" }));
  return {
    name: "sizes",
    needs: [
      ...bySize.flatMap(needsOfMonth),
      ...byShape.map((settings) => needOfDay(settings)),
      ...onFreePlan.map((settings) => needOfDay(settings)),
    ],
    report(findings) {
      const markdown = [
        `With the defaults (TTL 120 s, grace 600 s), an apiserver cache of 10 s, 3 apiservers to a cluster and a cluster to 100 people, seed ${seed}. The days are working days:`,
        sizesTable(bySize, findings),
        "![How much of the free plan so many people use](pictures/free-plan.svg)",
        "The day of 1,000 people by its hours:",
        "![Requests and calls by the hour](pictures/day.svg)",
        `How many people stay within each daily limit of the free plan, from a working day of ${whole(people)}. The smallest number counts:`,
        shapesTable(byShape, findings, people),
        "With more people than the free plan's KV can take, KV refuses the writes beyond its limit, and more reviews wait for GitHub. This locks no user out. " +
          "(Beyond the limit on Worker requests, Cloudflare refuses reviews.)",
        freePlanTable(onFreePlan, findings),
      ].join("\n\n");
      return { markdown, pictures: [freePlanPicture(findings), dayPicture(findings)] };
    },
  };

  function freePlanPicture(findings: Findings): Picture {
    return drawLines({
      name: "free-plan",
      title: "How much of the free plan's daily limits a working day takes",
      xLabel: "people",
      yLabel: "% of the limit",
      xTicks: sizes,
      yScale: "log",
      lines: [
        ...freePlanLimits.map(({ name, perDay, of }) => ({
          name,
          points: bySize.map((settings): [number, number] => [
            settings.people,
            (of(findings.day(settings).counts) / perDay) * 100,
          ]),
        })),
        { name: "the limit", isDashed: true, points: sizes.map((size): [number, number] => [size, 100]) },
      ],
    });
  }

  function dayPicture(findings: Findings): Picture {
    const { hours } = findings.day(settingsFor(pictured, { seed }));
    const line = (name: string, of: (counts: Counts) => number) => ({
      name,
      points: hours.map((counts, hour): [number, number] => [hour, of(counts)]),
    });
    return drawLines({
      name: "day",
      title: `A working day of ${whole(pictured)} people and their bots`,
      xLabel: "hour of the day",
      yLabel: "per hour",
      lines: [
        line("commands", ({ commands }) => commands),
        line("requests to the Worker", ({ reviews }) => reviews),
        line("calls to GitHub", githubCalls),
        line("KV reads", ({ kvReads }) => kvReads),
        line("KV writes", ({ kvWrites }) => kvWrites),
      ],
    });
  }
}

function sizesTable(all: readonly Settings[], findings: Findings): string {
  return markdownTable(
    [
      "people",
      "clusters",
      "Worker requests a day",
      "KV reads a day",
      "KV writes a day",
      "within the free plan",
      "paid plan a month",
      "of it requests and CPU",
      "KV",
      "logs",
    ],
    all.map((settings) => {
      const { counts } = findings.day(settings);
      const { total, requests, cpu, kvReads, kvWrites, kvStorage, logs } = findings.cost(settings);
      const exceeded = freePlanLimits.filter(({ perDay, of }) => of(counts) > perDay).map(({ name }) => name);
      return [
        whole(settings.people),
        whole(settings.clusters),
        ...freePlanLimits.map(({ of }) => whole(of(counts))),
        exceeded.length === 0 ? "yes" : `no: ${exceeded.join(", ")}`,
        dollars(total),
        dollars(requests + cpu),
        dollars(kvReads + kvWrites + kvStorage),
        dollars(logs),
      ];
    }),
  );
}

function shapesTable(all: readonly Settings[], findings: Findings, people: number): string {
  return markdownTable(
    ["apiservers to a cluster", "apiserver cache", "TTL", ...freePlanLimits.map(({ name }) => name), "people"],
    all.map((settings) => {
      const { counts } = findings.day(settings);
      const fitting = peopleWithin(counts, people);
      return [
        whole(settings.apiserversPerCluster),
        `${settings.apiserverCacheSeconds} s`,
        `${settings.ttlSeconds} s`,
        ...fitting.map(whole),
        whole(Math.min(...fitting)),
      ];
    }),
  );
}

function freePlanTable(all: readonly Settings[], findings: Findings): string {
  return markdownTable(
    [
      "people",
      "KV writes taken",
      "refused",
      "reviews that wait for GitHub",
      "commands at work that wait",
      "commands refused",
    ],
    all.map((settings) => {
      const { counts } = findings.day(settings);
      return [
        whole(settings.people),
        whole(counts.kvWrites),
        whole(counts.kvWritesRefused),
        percent(waitingShare(counts), 1),
        percent(waitingShareInWork(counts), 1),
        whole(counts.commandsRefused),
      ];
    }),
  );
}
