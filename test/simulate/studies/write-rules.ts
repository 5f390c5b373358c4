// When is a copy in KV worth writing anew?
import { costOf, freeADay } from "../report/money.ts";
import { decimal, dollars, markdownTable, percent, whole } from "../report/table.ts";
import { refusedShare } from "../scenarios/outage.ts";
import { addCounts } from "../world/counts.ts";
import { type Settings, settingsFor } from "../world/settings.ts";
import { meaningOf, writeRuleNames } from "../world/write-rules.ts";
import { costingCallsAnHour, waitingShare, waitingShareInWork } from "./figures.ts";
import { type Findings, needOfOutage, needsOfMonth } from "./findings.ts";
import type { Study } from "./study.ts";

const lifetimes = [
  { ttlSeconds: 120, graceSeconds: 600 },
  { ttlSeconds: 120, graceSeconds: 1_800 },
  { ttlSeconds: 600, graceSeconds: 1_800 },
];
const many = 10_000;

export function writeRulesStudy(people: number, seed: number): Study {
  const settingsOf = (changes: Partial<Settings>) => settingsFor(people, { seed, ...changes });
  const all = lifetimes.flatMap((lifetime) =>
    writeRuleNames.map((writeRule) => settingsOf({ ...lifetime, writeRule })),
  );

  function rowOf(settings: Settings, findings: Findings): string[] {
    const working = findings.day(settings).counts;
    const month = findings.month(settings);
    const { atWork } = findings.outage(settings);
    const writesEach = working.kvWrites / people;
    const ofMany = addCounts([{ counts: month, times: many / people }]);
    return [
      meaningOf(settings.writeRule),
      decimal(writesEach),
      writesEach === 0 ? "no limit" : whole(Math.floor(freeADay.kvWrites / writesEach)),
      dollars(costOf(ofMany, many).kvWrites),
      percent(waitingShare(month), 1),
      percent(waitingShareInWork(month), 1),
      decimal(costingCallsAnHour(month), 2),
      percent(refusedShare(atWork, 0, 10)),
      percent(refusedShare(atWork, 10, 20)),
      percent(refusedShare(atWork, 20, 30)),
    ];
  }

  return {
    name: "write-rules",
    needs: all.flatMap((settings) => [...needsOfMonth(settings), needOfOutage(settings)]),
    report(findings) {
      const tables = lifetimes.map((lifetime) =>
        [
          `TTL ${lifetime.ttlSeconds} s, grace ${whole(lifetime.graceSeconds)} s:`,
          markdownTable(
            [
              "an unchanged entry is written anew for",
              "writes a person and working day",
              `people on the free plan's ${whole(freeADay.kvWrites)} a day`,
              `writes of ${whole(many)} people a month`,
              "reviews that wait",
              "commands amid work that wait",
              "costing calls an hour and person",
              "outage: refused in minutes 1 to 10",
              "11 to 20",
              "21 to 30",
            ],
            writeRuleNames.map((writeRule) => rowOf(settingsOf({ ...lifetime, writeRule }), findings)),
          ),
        ].join("\n\n"),
      );
      return { markdown: [`${whole(people)} people, seed ${seed}.`, ...tables].join("\n\n"), pictures: [] };
    },
  };
}
