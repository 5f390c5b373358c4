// Where facts come from: what costs a quota that all people share, and how many people that carries.
import { decimal, markdownTable, whole } from "../report/table.ts";
import { callsAnHour } from "../world/hourly-quota.ts";
import { type Settings, type Source, settingsFor } from "../world/settings.ts";
import { sharedCalls } from "./figures.ts";
import { type Findings, needOfDay, needOfFlood } from "./findings.ts";
import type { Study } from "./study.ts";

export const sourceNames: Readonly<Record<Source, string>> = {
  own_token: "people's own tokens",
  client_secret: "own tokens of an app, with its client secret",
  installed_app: "an installed app, no team counts",
  installed_app_with_teams: "an installed app, teams count",
};

interface Variant {
  readonly source: Source;
  readonly changes: Partial<Settings>;
}

const oneIsolate = { locations: 1, isolatesPerLocation: 1 } as const;
const variants: readonly Variant[] = [
  { source: "own_token", changes: {} },
  { source: "client_secret", changes: {} },
  { source: "installed_app", changes: {} },
  { source: "installed_app", changes: oneIsolate },
  ...[120, 300, 600].map((ttlSeconds): Variant => ({ source: "installed_app_with_teams", changes: { ttlSeconds } })),
];

export const sourceTitles = [
  "asked with",
  "TTL",
  "isolates",
  "calls on a shared quota per person and hour",
  "the most in an hour",
  "people at work in one hour",
  "people in all",
] as const;

export function sourcesStudy(people: number, seed: number): Study {
  const settingsOf = ({ source, changes }: Variant) => settingsFor(people, { seed, source, ...changes });
  return {
    name: "sources",
    needs: [
      ...variants.map((variant) => needOfDay(settingsOf(variant))),
      ...floodedSources.map((source) => needOfFlood(settingsFor(people, { seed, source }), "right checksum")),
    ],
    report(findings) {
      const markdown = [
        `A working day of ${whole(people)} people, an apiserver cache of 10 s, seed ${seed}. The last two columns say how many people ${whole(callsAnHour)} calls an hour carry: by those who gave a command in the same hour, and by all, of whom some work in the busiest hour:`,
        markdownTable(
          [...sourceTitles],
          variants.map((variant) => rowOf(settingsOf(variant), findings, people)),
        ),
        "The same flood of made-up tokens with a right checksum as under [Floods](#floods), by what GitHub is asked with:",
        markdownTable(
          ["asked with", "calls on a shared quota", "refused by the Worker's own watch", "people's commands refused"],
          floodedSources.map((source) => {
            const { flood, people: others } = findings.flood(settingsFor(people, { seed, source }), "right checksum");
            return [
              sourceNames[source],
              whole(flood.githubShared),
              whole(flood.githubSharedRefused),
              `${whole(others.commandsRefused)} of ${whole(others.commands)}`,
            ];
          }),
        ),
      ].join("\n\n");
      return { markdown, pictures: [] };
    },
  };
}

const floodedSources: readonly Source[] = ["own_token", "client_secret", "installed_app"];

function rowOf(settings: Settings, findings: Findings, people: number): string[] {
  const { source, ttlSeconds, locations, isolatesPerLocation } = settings;
  const { counts, hours } = findings.day(settings);
  const perHour = sharedCalls(counts) / counts.hoursAtWork;
  const most = Math.max(...hours.map(sharedCalls));
  const carried = (each: number) => (each === 0 ? "no limit" : whole(Math.floor(callsAnHour / each)));
  return [
    sourceNames[source],
    `${ttlSeconds} s`,
    whole(locations * isolatesPerLocation),
    decimal(perHour, 2),
    whole(most),
    carried(perHour),
    carried(most / people),
  ];
}
