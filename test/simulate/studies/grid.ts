// All settings against each other.
import { dollars, markdownTable, percent, whole } from "../report/table.ts";
import { refusedShare } from "../scenarios/outage.ts";
import { type Settings, settingsFor } from "../world/settings.ts";
import { githubFigures, lagCells, monthlyFigures, waitingFigures } from "./figures.ts";
import { type Findings, needOfLags, needOfOutage, needsOfMonth } from "./findings.ts";
import type { Study } from "./study.ts";

const ttls = [30, 120, 600];
const graces = [0, 600, 3_600];
const apiserverCaches = [10, 120];

export function gridStudy(people: number, seed: number): Study {
  const all = ttls.flatMap((ttlSeconds) =>
    graces.flatMap((graceSeconds) =>
      apiserverCaches.map((apiserverCacheSeconds) =>
        settingsFor(people, { seed, ttlSeconds, graceSeconds, apiserverCacheSeconds }),
      ),
    ),
  );
  return {
    name: "grid",
    needs: all.flatMap((settings) => [...needsOfMonth(settings), needOfLags(settings), needOfOutage(settings)]),
    report(findings) {
      const figures = [...githubFigures, ...waitingFigures, ...monthlyFigures];
      const table = markdownTable(
        [
          "TTL",
          "grace",
          "apiserver cache",
          ...figures.map(({ title }) => title),
          "a month",
          "out after: median",
          "p99",
          "max",
          "outage: refused at work",
          "coming back",
        ],
        all.map((settings) => rowOf(settings, findings)),
      );
      return {
        markdown: `${whole(people)} people, seed ${seed}. "Out" counts all leavers at the cluster, "refused" the commands in the 30 minutes of an outage:\n\n${table}`,
        pictures: [],
      };
    },
  };
}

function rowOf(settings: Settings, findings: Findings): string[] {
  const month = findings.month(settings);
  const { atWork, comingBack } = findings.outage(settings);
  return [
    `${settings.ttlSeconds} s`,
    `${whole(settings.graceSeconds)} s`,
    `${settings.apiserverCacheSeconds} s`,
    ...[...githubFigures, ...waitingFigures, ...monthlyFigures].map(({ of }) => of(month)),
    dollars(findings.cost(settings).total),
    ...lagCells(findings.lags(settings).clusterMs).map((cell) => `${cell} s`),
    percent(refusedShare(atWork)),
    percent(refusedShare(comingBack)),
  ];
}
