// OUTAGE_GRACE_SECONDS against an outage of GitHub.
import { drawLines } from "../report/pictures.ts";
import { markdownTable, percent, whole } from "../report/table.ts";
import { outageMinutes, refusedShare } from "../scenarios/outage.ts";
import { settingsFor } from "../world/settings.ts";
import { needOfOutage } from "./findings.ts";
import type { Study } from "./study.ts";

const graces = [0, 300, 600, 1_800, 3_600];
const ttls = [120, 600];
const pictured = { ttl: 120, minutes: 5 };

export function outagesStudy(people: number, seed: number): Study {
  const settingsOf = (ttlSeconds: number, graceSeconds: number) =>
    settingsFor(people, { seed, ttlSeconds, graceSeconds });
  const all = ttls.flatMap((ttl) => graces.map((grace) => settingsOf(ttl, grace)));
  return {
    name: "outages",
    needs: all.map(needOfOutage),
    report(findings) {
      const table = markdownTable(
        [
          "TTL",
          "grace",
          "at work: refused in minutes 1 to 10",
          "11 to 20",
          "21 to 30",
          "all 30",
          "5 minutes after",
          "coming back: refused",
        ],
        all.map((settings) => {
          const { atWork, comingBack } = findings.outage(settings);
          return [
            `${settings.ttlSeconds} s`,
            `${whole(settings.graceSeconds)} s`,
            ...[
              [0, 10],
              [10, 20],
              [20, 30],
              [0, 30],
            ].map(([from, until]) => percent(refusedShare(atWork, from, until))),
            percent(refusedShare(atWork, outageMinutes, outageMinutes + 5)),
            percent(refusedShare(comingBack)),
          ];
        }),
      );
      const markdown = [
        `${whole(people)} people, GitHub answers 5xx for ${outageMinutes} minutes in the afternoon, seed ${seed}. "At work" are people who gave a command in the half hour before, "coming back" are all others. All of them were admitted before.`,
        table,
        "![Commands that are served during an outage](pictures/outage.svg)",
      ].join("\n\n");
      const { minutes } = pictured;
      const picture = drawLines({
        name: "outage",
        title: `People at work while GitHub is down for ${outageMinutes} minutes (TTL ${pictured.ttl} s)`,
        xLabel: "minutes since GitHub went down",
        yLabel: "% of commands served",
        yMax: 100,
        lines: graces.map((grace) => {
          const { atWork } = findings.outage(settingsOf(pictured.ttl, grace));
          return {
            name: `grace ${whole(grace)} s`,
            // Each point stands for the minutes before it.
            points: Array.from({ length: atWork.length / minutes + 1 }, (_, index): [number, number] => {
              const until = index * minutes;
              return [until, (1 - refusedShare(atWork, Math.max(0, until - minutes), until)) * 100];
            }),
          };
        }),
      });
      return { markdown, pictures: [picture] };
    },
  };
}
