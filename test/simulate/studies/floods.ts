// Made-up tokens by the ten thousand.
import { freeADay } from "../report/money.ts";
import { markdownTable, percent, whole } from "../report/table.ts";
import { type Flood, type FloodKind, floodKinds, floodMinutes, floodTokensPerSecond } from "../scenarios/flood.ts";
import { settingsFor } from "../world/settings.ts";
import { githubCalls, waitingShare } from "./figures.ts";
import { needOfFlood } from "./findings.ts";
import type { Study } from "./study.ts";

const meanings: Readonly<Record<FloodKind, string>> = {
  "no flood": "none",
  "wrong checksum": "different tokens with a wrong checksum",
  "right checksum": "different tokens with a right checksum",
  "one token": "one token with a right checksum",
};

export function floodsStudy(people: number, seed: number): Study {
  const settings = settingsFor(people, { seed });
  return {
    name: "floods",
    needs: floodKinds.map((kind) => needOfFlood(settings, kind)),
    report(findings) {
      const table = markdownTable(
        floodTitles,
        floodKinds.map((kind) => floodRow(kind, findings.flood(settings, kind))),
      );
      const caption = `${whole(floodTokensPerSecond)} tokens a second for ${floodMinutes} minutes at one cluster, while ${whole(people)} people work, seed ${seed}:`;
      return { markdown: `${caption}\n\n${table}`, pictures: [] };
    },
  };
}

export const floodTitles = [
  "flood",
  "Worker requests",
  "calls to GitHub",
  "KV reads",
  "of the free plan's day",
  "KV writes",
  "people's commands refused",
  "people's reviews that wait",
];

/** @returns a cell for each of the titles */
export function floodRow(kind: FloodKind, { flood, endedByShape, people }: Flood): string[] {
  return [
    meanings[kind],
    whole(flood.reviews + endedByShape),
    whole(githubCalls(flood)),
    whole(flood.kvReads),
    percent(flood.kvReads / freeADay.kvReads),
    whole(flood.kvWrites),
    `${whole(people.commandsRefused)} of ${whole(people.commands)}`,
    percent(waitingShare(people), 1),
  ];
}
