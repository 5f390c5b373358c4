// The figures that several studies print, each in one place: what is divided by what.
import { quantile } from "../../bench/quantiles.ts";
import { freeADay } from "../report/money.ts";
import { decimal, percent, whole } from "../report/table.ts";
import type { Counts } from "../world/counts.ts";

export function githubCalls(counts: Counts): number {
  const { githubCosting, githubNotModified, githubShared, githubSharedGraphql, githubUnknown, githubFailed } = counts;
  return githubCosting + githubNotModified + githubShared + githubSharedGraphql + githubUnknown + githubFailed;
}

/** @returns how often GitHub is called in an hour at work, for each person */
export function callsAnHour(counts: Counts): number {
  return githubCalls(counts) / counts.hoursAtWork;
}

export function costingCallsAnHour({ githubCosting, hoursAtWork }: Counts): number {
  return githubCosting / hoursAtWork;
}

/** @returns the calls on the quota that all people share, of which there are two: the one that is used more */
export function sharedCalls({ githubShared, githubSharedGraphql }: Counts): number {
  return Math.max(githubShared, githubSharedGraphql);
}

/** @returns the share of reviews that wait for GitHub */
export function waitingShare({ fromGitHub, reviews }: Counts): number {
  return fromGitHub / reviews;
}

/** @returns the share of commands that wait for it, of people who had given another one within the last two minutes */
export function waitingShareInWork({ waitsInWork, commandsInWork }: Counts): number {
  return waitsInWork / commandsInWork;
}

export interface Figure {
  readonly title: string;
  readonly of: (counts: Counts) => string;
}

export const githubFigures: readonly Figure[] = [
  { title: "GitHub calls per person and hour", of: (counts) => decimal(callsAnHour(counts)) },
  { title: "costing quota", of: (counts) => decimal(costingCallsAnHour(counts), 2) },
];

export const waitingFigures: readonly Figure[] = [
  { title: "reviews that wait for GitHub", of: (counts) => percent(waitingShare(counts), 1) },
  { title: "commands at work that wait", of: (counts) => percent(waitingShareInWork(counts), 1) },
];

export const monthlyFigures: readonly Figure[] = [
  { title: "Worker requests a month", of: ({ reviews }) => whole(reviews) },
  { title: "KV reads", of: ({ kvReads }) => whole(kvReads) },
  { title: "KV writes", of: ({ kvWrites }) => whole(kvWrites) },
];

/** @returns median, 99th percentile and maximum, in whole seconds */
export function lagCells(lagsMs: readonly number[]): string[] {
  return [quantile(lagsMs, 0.5), quantile(lagsMs, 0.99), Math.max(...lagsMs)].map((ms) => whole(ms / 1000));
}

export const freePlanLimits = [
  { name: "Worker requests", perDay: freeADay.reviews, of: ({ reviews }: Counts) => reviews },
  { name: "KV reads", perDay: freeADay.kvReads, of: ({ kvReads }: Counts) => kvReads },
  { name: "KV writes", perDay: freeADay.kvWrites, of: ({ kvWrites }: Counts) => kvWrites },
];

/** @returns how many people each daily limit of the free plan serves, by what a day of so many people comes to */
export function peopleWithin(day: Counts, people: number): number[] {
  return freePlanLimits.map(({ perDay, of }) => Math.floor((perDay / of(day)) * people));
}
