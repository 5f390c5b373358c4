// What if Cloudflare's network is not as assumed? Each row changes one assumption that is documented nowhere, or only
// by its lower bound.
import { decimal, markdownTable, percent, whole } from "../report/table.ts";
import { describeHabits } from "../world/habits.ts";
import { type Settings, settingsFor } from "../world/settings.ts";
import { callsAnHour, costingCallsAnHour, waitingShare, waitingShareInWork } from "./figures.ts";
import { needsOfMonth } from "./findings.ts";
import type { Study } from "./study.ts";

const variants: readonly { readonly name: string; readonly changes: Partial<Settings> }[] = [
  { name: "as assumed everywhere else on this page", changes: {} },
  { name: "1 isolate to a location", changes: { isolatesPerLocation: 1 } },
  { name: "16 isolates to a location", changes: { isolatesPerLocation: 16 } },
  {
    name: "16 isolates, and each review meets another one",
    changes: { isolatesPerLocation: 16, connectionLifeMinutes: 0 },
  },
  { name: "an isolate lives for 10 minutes", changes: { isolateLifeMinutes: 10 } },
  { name: "an isolate lives for 10 hours", changes: { isolateLifeMinutes: 600 } },
  { name: "all clusters at 1 location", changes: { locations: 1 } },
  { name: "clusters at 5 locations", changes: { locations: 5, clusters: 5 } },
  { name: "KV takes 5 minutes to be seen elsewhere", changes: { kvLagSeconds: 300 } },
];

export function assumptionsStudy(people: number, seed: number): Study {
  const settingsOf = (changes: Partial<Settings>) => settingsFor(people, { seed, ...changes });
  return {
    name: "assumptions",
    needs: variants.flatMap(({ changes }) => needsOfMonth(settingsOf(changes))),
    report(findings) {
      const table = markdownTable(
        [
          "",
          "reviews from memory",
          "from KV",
          "that wait for GitHub",
          "commands at work that wait",
          "GitHub calls per person and hour",
          "costing quota",
          "KV reads per person and month",
          "KV writes",
        ],
        variants.map(({ name, changes }) => {
          const month = findings.month(settingsOf(changes));
          return [
            name,
            percent(month.fromMemory / month.reviews, 1),
            percent(month.fromKv / month.reviews, 1),
            percent(waitingShare(month), 1),
            percent(waitingShareInWork(month), 1),
            decimal(callsAnHour(month)),
            decimal(costingCallsAnHour(month), 2),
            whole(month.kvReads / people),
            whole(month.kvWrites / people),
          ];
        }),
      );
      const markdown = [
        describeHabits()
          .map((sentence) => `- ${sentence}`)
          .join("\n"),

        `What if Cloudflare's network is not as assumed? ${whole(people)} people, the defaults, seed ${seed}:`,
        table,
      ].join("\n\n");
      return { markdown, pictures: [] };
    },
  };
}
