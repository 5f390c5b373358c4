// Which part of the Worker's code ran: what no target missed.
import type { FuzzReport, Range } from "../support/any-input.ts";

type Coverage = FuzzReport["coverage"];

/** @returns for each folder of src/worker, and for all, how much of the code some target ran, in percent */
export function reachedByFolder(coverages: readonly Coverage[]): { readonly name: string; readonly percent: number }[] {
  const folders = new Map<string, { length: number; missed: number }>();
  const files = new Set(coverages.flatMap((coverage) => Object.keys(coverage)));
  for (const file of files) {
    const ran = coverages.flatMap((coverage) => coverage[file] ?? []);
    const length = Math.max(...ran.map((one) => one.length));
    const missed = missedByAll(
      length,
      ran.map((one) => one.missed),
    );
    const name = file.includes("/") ? `${file.slice(0, file.indexOf("/"))}/` : file;
    for (const key of [name, "all"]) {
      const sum = folders.get(key) ?? { length: 0, missed: 0 };
      folders.set(key, { length: sum.length + length, missed: sum.missed + missed });
    }
  }
  return [...folders]
    .sort(([one], [other]) => Number(one === "all") - Number(other === "all") || one.localeCompare(other))
    .map(([name, { length, missed }]) => ({ name, percent: (100 * (length - missed)) / length }));
}

/** @returns how many characters every one of the runs missed */
function missedByAll(length: number, runs: readonly (readonly Range[])[]): number {
  const times = new Uint16Array(length);
  for (const ranges of runs) {
    const isMissed = new Uint8Array(length);
    for (const [from, to] of ranges) isMissed.fill(1, from, to);
    for (const [index, one] of isMissed.entries()) times[index] = (times[index] ?? 0) + one;
  }
  return times.reduce((sum, one) => sum + (one === runs.length ? 1 : 0), 0);
}
