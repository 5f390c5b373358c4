// How long a leaver is still let in: the whole Worker on virtual time, for everything that ends an access and
// everything that GitHub can be like from that moment on. docs/caching.md promises the bounds.
import { afterAll, describe, expect, test } from "vitest";
import { isThorough } from "../../../support/thoroughness.ts";
import { newToken, seconds } from "./support.ts";
import { type Condition, conditions, events, type LeaverEvent, virtualGitHub } from "./virtual-github.ts";
import { virtualTime } from "./virtual-time.ts";
import { graceSeconds, startFleet, ttlSeconds } from "./virtual-worker.ts";

/** In seconds after the event; the same for all events. A colleague is at work in the same isolates. */
const bounds: Readonly<Record<Condition, number>> = {
  "GitHub up": ttlSeconds,
  "5xx": ttlSeconds + graceSeconds,
  hang: ttlSeconds + graceSeconds,
  "own quota spent": ttlSeconds,
  "anonymous bucket spent": ttlSeconds,
  "own list of teams fails": ttlSeconds,
  // Until a colleague at work has got a list, GitHub may be down.
  "own list of teams fails, and each team": 2 * ttlSeconds,
};

/**
 * How long the user has been at work when it happens, and how often a review comes, in seconds.
 * The moment right after a call to GitHub is the worst one.
 */
const rhythms = [
  { phaseSeconds: 0, everySeconds: 5 },
  { phaseSeconds: 59, everySeconds: 45 },
  { phaseSeconds: 61, everySeconds: 45 },
  ...(isThorough
    ? [
        { phaseSeconds: 0, everySeconds: 45 },
        { phaseSeconds: 59, everySeconds: 5 },
        { phaseSeconds: 61, everySeconds: 5 },
      ]
    : []),
];
/** A user who is out must stay out. */
const watchSecondsAfterBound = 90;

interface Course {
  readonly event: LeaverEvent;
  readonly condition: Condition;
  readonly phaseSeconds: number;
  readonly everySeconds: number;
}

/** @returns for how many seconds after the event there still was a yes */
async function secondsUntilOut({ event, condition, phaseSeconds, everySeconds }: Course): Promise<number> {
  const time = virtualTime();
  const github = virtualGitHub(time);
  const fleet = startFleet({ time, github, kvLagMs: 0 });
  const token = newToken();
  const startedAt = time.now();
  for (const worker of fleet) expect(await worker.review(token)).not.toBeNull();
  while (time.now() - startedAt < seconds(phaseSeconds)) {
    time.advance(Math.min(seconds(everySeconds), startedAt + seconds(phaseSeconds) - time.now()));
    for (const worker of fleet) {
      expect(await worker.review(token)).not.toBeNull();
      expect(await worker.review(github.colleague)).not.toBeNull();
    }
  }

  github.event = event;
  github.condition = condition;
  const leftAt = time.now();
  let lastYesAt = leftAt;
  while (time.now() - leftAt < seconds(bounds[condition] + watchSecondsAfterBound)) {
    for (const worker of fleet) {
      lastYesAt = (await worker.review(token)) ?? lastYesAt;
      await worker.review(github.colleague);
    }
    time.advance(seconds(everySeconds));
  }
  return (lastYesAt - leftAt) / 1000;
}

const longestOf = new Map<string, number>();

afterAll(() => {
  const courses = events.length * conditions.length * rhythms.length;
  const lines = [...longestOf].map(([course, longest]) => `  ${course}: ${longest} s`);
  console.log([`leaver matrix: ${courses} courses; still let in after the event, at most for`, ...lines].join("\n"));
});

describe.each(conditions)("from the moment of %s", (condition) => {
  test.each(events)("a user %s is out in time", { timeout: 60_000 }, async (event) => {
    const measured: number[] = [];
    for (const rhythm of rhythms) measured.push(await secondsUntilOut({ event, condition, ...rhythm }));
    const longest = Math.max(...measured);
    longestOf.set(`${condition}, ${event}`, longest);
    expect(longest).toBeLessThan(bounds[condition]);
  });
});

describe("a leaver of whom one isolate hears before GitHub goes down", () => {
  test.each(events)("%s is out everywhere once the TTL and KV's own delay are over", async (event) => {
    for (const kvLagSeconds of [0, 60]) {
      const time = virtualTime();
      const github = virtualGitHub(time);
      const [hearing, other] = startFleet({ time, github, kvLagMs: seconds(kvLagSeconds) });
      const token = newToken();
      await hearing.review(token);
      time.advance(seconds(61));
      expect(await other.review(token)).not.toBeNull();
      github.event = event;
      time.advance(seconds(59));
      expect(await hearing.review(token)).toBeNull();
      const heardAt = time.now();
      github.condition = "5xx";
      let lastYesAt = heardAt;
      for (let second = 0; second < ttlSeconds + graceSeconds; second += 5) {
        lastYesAt = (await other.review(token)) ?? lastYesAt;
        time.advance(seconds(5));
      }
      expect(lastYesAt - heardAt).toBeLessThan(seconds(ttlSeconds + kvLagSeconds));
    }
  });
});

test("a user at work costs conditional requests, which cost no quota", async () => {
  const time = virtualTime();
  const github = virtualGitHub(time);
  const [worker] = startFleet({ time, github, kvLagMs: 0 });
  const token = newToken();
  for (let second = 0; second < 3600; second += 10) {
    expect(await worker.review(token)).not.toBeNull();
    time.advance(seconds(10));
  }
  // The first three, and then GET /user every third minute: only its headers tell the scopes of a classic token.
  expect(github.counts.ok).toBe(3 + 19);
  expect(github.counts.notModified).toBe(3 * 60 - 3 - 19);
});
