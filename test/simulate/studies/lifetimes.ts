// CACHE_TTL_SECONDS against the apiserver's own cache: calls to GitHub, waiting, and how soon a leaver is out.
import { quantile } from "../../bench/quantiles.ts";
import { drawLines } from "../report/pictures.ts";
import { dollars, markdownTable, whole } from "../report/table.ts";
import { lagsOf } from "../scenarios/leavers.ts";
import { type Settings, settingsFor } from "../world/settings.ts";
import {
  callsAnHour,
  githubFigures,
  lagCells,
  monthlyFigures,
  waitingFigures,
  waitingShare,
  waitingShareInWork,
} from "./figures.ts";
import { type Findings, leavers, needOfLags, needsOfMonth } from "./findings.ts";
import type { Study } from "./study.ts";

const ttls = [10, 30, 60, 120, 300, 600];
const apiserverCaches = [10, 30, 120];

export function lifetimesStudy(people: number, seed: number): Study {
  const settingsOf = (ttlSeconds: number, apiserverCacheSeconds: number) =>
    settingsFor(people, { seed, ttlSeconds, apiserverCacheSeconds });
  const all = apiserverCaches.flatMap((cache) => ttls.map((ttl) => settingsOf(ttl, cache)));

  const rowOf = (settings: Settings, findings: Findings) => {
    const month = findings.month(settings);
    return [
      `${settings.ttlSeconds} s`,
      `${settings.apiserverCacheSeconds} s`,
      ...[...githubFigures, ...waitingFigures, ...monthlyFigures].map(({ of }) => of(month)),
      dollars(findings.cost(settings).total),
    ];
  };

  return {
    name: "lifetimes",
    needs: all.flatMap((settings) => [...needsOfMonth(settings), needOfLags(settings)]),
    report(findings) {
      const figures = [...githubFigures, ...waitingFigures, ...monthlyFigures].map(({ title }) => title);
      const costs = markdownTable(
        ["TTL", "apiserver cache", ...figures, "a month"],
        all.map((settings) => rowOf(settings, findings)),
      );
      const lags = markdownTable(
        [
          "TTL",
          "apiserver cache",
          "Worker: median",
          "p99",
          "max",
          "cluster: median",
          "p99",
          "max",
          "counted as anonymous, cluster: median",
          "p99",
          "max",
        ],
        all.map((settings) => {
          const told = lagsOf(findings.lags(settings), "told no");
          const anonymous = lagsOf(findings.lags(settings), "anonymous");
          const { ttlSeconds, apiserverCacheSeconds } = settings;
          return [
            `${ttlSeconds} s`,
            `${apiserverCacheSeconds} s`,
            ...[told.workerMs, told.clusterMs, anonymous.clusterMs].flatMap(lagCells),
          ];
        }),
      );
      const mostCalls = Math.max(...all.map((settings) => findings.day(settings).mostCostingCallsInAnHour));
      const markdown = [
        `${whole(people)} people, ${all[0]?.clusters} clusters with ${all[0]?.apiserversPerCluster} apiservers each, seed ${seed}:`,
        costs,
        `The highest number of calls that cost one person's quota in an hour is ${mostCalls}. GitHub allows 5,000.`,
        "![GitHub calls by TTL](pictures/github-calls.svg)",
        "![Who waits for GitHub by TTL](pictures/waiting.svg)",
        `Seconds from the end of the access to the last time that the leaver got in. ${leavers} people were at work, and try again every 2 s at all of their clusters. GitHub refuses two thirds of them: they were removed, or their token was revoked. For the others (last columns) GitHub counts the revoked token as anonymous, because the quota of the address is spent, as GitHub.com did until some time between 2024 and 2026:`,
        lags,
        "![Revocation lag by TTL](pictures/revocation.svg)",
      ].join("\n\n");
      return { markdown, pictures: pictures(findings) };
    },
  };

  function pictures(findings: Findings) {
    const overTtl = (cache: number, of: (settings: Settings) => number) =>
      ttls.map((ttl): [number, number] => [ttl, of(settingsOf(ttl, cache))]);
    const lagLine = (cache: number, share: number, name: string, isDashed: boolean) => ({
      name: `${name}, ${cache} s`,
      isDashed,
      points: overTtl(
        cache,
        (settings) => quantile(lagsOf(findings.lags(settings), "told no").clusterMs, share) / 1000,
      ),
    });
    const common = { xLabel: "CACHE_TTL_SECONDS", xTicks: ttls };
    return [
      drawLines({
        ...common,
        name: "github-calls",
        title: "Calls to GitHub, most of them answered 304 and free of quota",
        yLabel: "calls per person and hour at work",
        lines: apiserverCaches.map((cache) => ({
          name: `apiserver cache ${cache} s`,
          points: overTtl(cache, (settings) => callsAnHour(findings.month(settings))),
        })),
      }),
      drawLines({
        ...common,
        name: "waiting",
        title: "Who waits for GitHub, by the apiserver's cache",
        yLabel: "% that wait",
        lines: [10, 120].flatMap((cache) => [
          {
            name: `reviews, ${cache} s`,
            points: overTtl(cache, (settings) => waitingShare(findings.month(settings)) * 100),
          },
          {
            name: `commands at work, ${cache} s`,
            isDashed: true,
            points: overTtl(cache, (settings) => waitingShareInWork(findings.month(settings)) * 100),
          },
        ]),
      }),
      drawLines({
        ...common,
        name: "revocation",
        title: "From the end of access to the last time that a leaver got in, by the apiserver's cache",
        yLabel: "seconds",
        lines: [10, 120].flatMap((cache) => [lagLine(cache, 0.99, "p99", false), lagLine(cache, 0.5, "median", true)]),
      }),
    ];
  }
}
