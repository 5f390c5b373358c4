// Every fault by who can cause it × who looks × where memberships come from: no user gets in who may not, no user who
// may hears a no that kube-apiserver keeps, no person locks another one out, and grace is for what GitHub alone can be
// the cause of.
import { afterAll, describe, expect, test } from "vitest";
import { isThorough } from "../../../support/thoroughness.ts";
import { faults } from "./faults/all.ts";
import { type Cause, type CausedFault, causes, type Exception, mayBeLockedOut } from "./faults/fault.ts";
import { type Cluster, type Column, columnNames, columns, isEntitled, type Source, sources } from "./people.ts";
import { createWorld, type Review } from "./world.ts";

/** After the fault: the facts of before are stale, and the grace of an outage is over. */
const looksAfterSeconds = [131, 731];
const graceEndsAfterSeconds = 120 + 600;

interface Look {
  readonly fault: CausedFault;
  readonly source: Source;
  readonly column: Column;
  readonly cluster: Cluster;
  readonly afterSeconds: number;
  /** Whether the person was let in there before, or a colleague for a newcomer. */
  readonly wasIn: boolean;
}

const counts = new Map<Cause, { reviews: number; exceptions: number; grace: number }>();
const totals = { "wrong yes": 0, "cacheable no": 0, "locked out": 0, grace: 0 };
type Wrong = keyof typeof totals;

/** @returns what is wrong with a review */
function wrongsOf(look: Look, { verdict, isGrace, groups }: Review): Wrong[] {
  const { fault, column, cluster, afterSeconds, wasIn } = look;
  const mayEnter = isEntitled(column, cluster) && fault.endsAccessOf?.includes(column) !== true;
  const wrongs: Wrong[] = [];
  const isGitHubs = fault.cause === "GitHub";
  if (isGrace && !isGitHubs) wrongs.push("grace");
  if (verdict === "authenticated") {
    const isInTime = isGrace && isGitHubs && afterSeconds < graceEndsAfterSeconds;
    const hasAnothersGroups =
      column === "the partner's" && cluster === "partners" && groups.some((group) => group.startsWith("github:acme"));
    if ((!mayEnter && !isInTime && !(isGrace && !isGitHubs)) || hasAnothersGroups) wrongs.push("wrong yes");
    return wrongs;
  }
  if (!mayEnter || !wasIn) return wrongs;
  if (verdict === "unauthenticated") wrongs.push("cacheable no");
  if (!mayBeLockedOut(fault, column)) wrongs.push("locked out");
  return wrongs;
}

function exceptionFor({ fault, source, column, cluster }: Look, wrong: Wrong): Exception | undefined {
  return fault.exceptions?.find(
    ({ to, columns, clusters, sources: only = sources }) =>
      to === wrong && columns.includes(column) && clusters.includes(cluster) && only.includes(source),
  );
}

afterAll(() => {
  const lines = [...counts].map(
    ([cause, { reviews, exceptions, grace }]) =>
      `  ${cause}: ${reviews} reviews, ${grace} of them in grace, ${exceptions} by a named exception`,
  );
  const wrongs = Object.entries(totals).map(([wrong, count]) => `${count} ${wrong}`);
  console.log([`faults by cause: ${wrongs.join(", ")}`, ...lines].join("\n"));
});

describe.each(causes)("what %s can cause", (cause) => {
  const rows = faults.filter((fault) => fault.cause === cause);
  const all = rows.flatMap((fault) =>
    (fault.sources ?? sources).map((source) => ({ fault, source, name: fault.name })),
  );
  // Outside of CI a third of them, each source among them.
  const cases = all.filter((_, index) => isThorough || index % 3 === 0);

  test.each(cases)("$name ($source)", { timeout: 60_000 }, async ({ fault, source }) => {
    const world = await createWorld(source);
    const before = new Map<string, boolean>();
    for (const column of columnNames) {
      if (column === "newcomer") continue;
      for (const cluster of columns[column].asks) {
        const { verdict } = await world.review(world.tokenOf(column), cluster);
        before.set(`${column} ${cluster}`, verdict === "authenticated");
      }
    }
    const wasIn = (column: Column, cluster: Cluster) =>
      before.get(`${column === "newcomer" ? "bystander" : column} ${cluster}`) === true;
    expect(wasIn("bystander", "team")).toBe(true);

    world.leave();
    await fault.happen?.(world);
    const start = world.time.now();
    const count = counts.get(cause) ?? { reviews: 0, exceptions: 0, grace: 0 };
    counts.set(cause, count);
    const problems: string[] = [];
    const met = new Set<Exception>();
    let later = 0;
    for (const afterSeconds of looksAfterSeconds) {
      world.time.advance(Math.max(0, start + afterSeconds * 1000 + later - world.time.now()));
      await fault.goOn?.(world);
      for (const column of columnNames) {
        const token = world.tokenOf(column);
        for (const cluster of columns[column].asks) {
          const look = { fault, source, column, cluster, afterSeconds, wasIn: wasIn(column, cluster) };
          const review = await world.review(token, cluster);
          count.reviews += 1;
          if (review.isGrace) count.grace += 1;
          for (const wrong of wrongsOf(look, review)) {
            const exception = exceptionFor(look, wrong);
            if (exception === undefined) {
              totals[wrong] += 1;
              problems.push(
                `${wrong}: ${column} at ${cluster} after ${afterSeconds} s: ${review.verdict} (${review.reason})`,
              );
            } else {
              met.add(exception);
              count.exceptions += 1;
            }
          }
        }
      }
      later = Math.max(later, world.time.now() - start - afterSeconds * 1000);
    }
    expect(problems).toEqual([]);
    const outdated = (fault.exceptions ?? []).filter(
      (exception) => (exception.sources ?? sources).includes(source) && !met.has(exception),
    );
    expect(outdated, "exceptions that no longer occur").toEqual([]);
  });
});
