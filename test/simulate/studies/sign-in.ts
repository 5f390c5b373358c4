// Signing in with kubelogin beside the webhook: what a person and day cost, and how many people the free plan serves.
import { idTokenSeconds } from "../../../src/worker/config/client-table.ts";
import { sessionSeconds } from "../../../src/worker/sign-in/github-sign-in.ts";
import { freeADay } from "../report/money.ts";
import { decimal, markdownTable, percent, whole } from "../report/table.ts";
import { type Door, doors, requestsOf } from "../scenarios/door.ts";
import { addCounts, type Counts } from "../world/counts.ts";
import { botsFor } from "../world/habits.ts";
import { type Settings, settingsFor } from "../world/settings.ts";
import { freePlanLimits, peopleWithin } from "./figures.ts";
import { type Findings, needOfDoor } from "./findings.ts";
import type { Study } from "./study.ts";

const clusterCounts = [1, 3] as const;
const lifetimesSeconds = [120, 600] as const;

export const doorTitles = [
  "door",
  "clusters",
  "TTL",
  "Worker requests a person and day",
  "KV writes",
  "decisions that wait for GitHub",
  ...freePlanLimits.map(({ name }) => `people by ${name}`),
  "people",
];

const tokensADay = sessionSeconds / idTokenSeconds.default;

export function signInStudy(people: number, seed: number): Study {
  const settingsOf = (clusters: number, ttlSeconds: number) => settingsFor(people, { seed, clusters, ttlSeconds });
  const variants = doors.flatMap((door) =>
    clusterCounts.flatMap((clusters) =>
      lifetimesSeconds.map((ttlSeconds) => ({
        door,
        settings: settingsOf(clusters, ttlSeconds),
      })),
    ),
  );
  return {
    name: "sign-in",
    needs: variants.map(({ door, settings }) => needOfDoor(settings, door)),
    report: (findings) => ({
      markdown: [
        `A working day of ${whole(people)} people, ID tokens of ${idTokenSeconds.default} s, an apiserver cache of 10 s, 3 apiservers to a cluster, seed ${seed}. ` +
          `"Clusters" is how many a person works with at most. Requests, writes and waiting are those of people alone. ` +
          "The last columns say how many people stay within each daily limit of the free plan, with their bots at the webhook, and the smallest number again:",
        markdownTable(
          doorTitles,
          variants.map(({ door, settings }) => rowOf(door, settings, findings)),
        ),
        botSentence(findings.door(settingsOf(3, 120), "webhook").bots, botsFor(people)),
        `A program that asks all day long gets ${tokensADay} ID tokens for each of its clusters in the ${sessionSeconds / 3600} hours of one sign-in. ` +
          "By arithmetic, for a person whose programs do so at all of their clusters, with a TTL no longer than an ID token:",
        allDayTable(),
      ].join("\n\n"),
      pictures: [],
    }),
  };
}

function rowOf(door: Door, settings: Settings, findings: Findings): string[] {
  const { people, clusters, ttlSeconds } = settings;
  const day = findings.door(settings, door);
  const { reviews, kvWrites, fromMemory, fromKv, fromGitHub } = day.people;
  const all = addCounts(Object.values(day).map((counts) => ({ counts, times: 1 })));
  const fitting = peopleWithin(all, people);
  return [
    door,
    whole(clusters),
    `${ttlSeconds} s`,
    decimal(reviews / people),
    decimal(kvWrites / people),
    percent(fromGitHub / (fromMemory + fromKv + fromGitHub)),
    ...fitting.map(whole),
    whole(Math.min(...fitting)),
  ];
}

function botSentence({ reviews, kvWrites }: Counts, bots: number): string {
  return `A bot is ${whole(reviews / bots)} Worker requests and ${whole(kvWrites / bots)} KV writes a day.`;
}

/** Every ID token needs facts anew, and so a write, unless another cluster's did within the TTL. */
function allDayTable(): string {
  const { signIn, furtherCluster, refresh, endedRefresh } = requestsOf;
  return markdownTable(
    ["clusters", "Worker requests a day", "KV writes at least", "at most", "people on the free plan at least"],
    clusterCounts.map((clusters) => {
      const begun = signIn.length + (clusters - 1) * furtherCluster.length + clusters * endedRefresh.length;
      const requests = begun + clusters * (tokensADay - 1) * refresh.length;
      const mostWrites = clusters * tokensADay;
      const people = Math.min(freeADay.reviews / requests, freeADay.kvWrites / mostWrites);
      return [clusters, requests, tokensADay, mostWrites, Math.floor(people)].map(whole);
    }),
  );
}
