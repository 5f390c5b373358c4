// How long a leaver is still let in: the whole Worker on virtual time, for everything that ends an access and
// everything that GitHub can be like from that moment on, by the webhook and by ID tokens. docs/caching.md promises the
// bounds.
import { afterAll, describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { isThorough } from "../../../support/thoroughness.ts";
import { newToken, seconds } from "./support.ts";
import { type Condition, conditions, events, type LeaverEvent, virtualGitHub } from "./virtual-github.ts";
import { virtualTime } from "./virtual-time.ts";
import { graceSeconds, startFleet, ttlSeconds, type VirtualWorker } from "./virtual-worker.ts";

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

/** How long the user has been at work when it happens, and how often they come. */
interface Rhythm {
  readonly phaseSeconds: number;
  readonly everySeconds: number;
}

/** The moment right after a call to GitHub is the worst one. */
const rhythms: readonly Rhythm[] = [
  { phaseSeconds: 0, everySeconds: 5 },
  { phaseSeconds: 59, everySeconds: 45 },
  { phaseSeconds: 61, everySeconds: 45 },
];
const moreRhythms: readonly Rhythm[] = [
  { phaseSeconds: 0, everySeconds: 45 },
  { phaseSeconds: 59, everySeconds: 5 },
  { phaseSeconds: 61, everySeconds: 5 },
];
/** A user who is out must stay out. */
const watchSecondsAfterBound = 90;

/** How a user shows who they are. */
interface Door {
  /** Default: the webhook's. */
  readonly idTokenSeconds?: number;
  readonly newToken: () => string;
  /** @returns until when the user is let in by this visit, or null */
  readonly visit: (worker: VirtualWorker, token: string) => Promise<number | null>;
  readonly bounds: Readonly<Record<Condition, number>>;
  readonly rhythms: readonly Rhythm[];
}

const webhook: Door = {
  newToken,
  visit: (worker, token) => worker.review(token),
  bounds,
  rhythms: isThorough ? [...rhythms, ...moreRhythms] : rhythms,
};

/** kube-apiserver takes a token that it has verified for so long without a look at its end. */
const apiserverCacheSeconds = 10;

/**
 * A leaver refreshes at every chance, shows the token that ends last, and shows it in its last moment.
 * @param life of an ID token, in seconds
 */
const byIdTokens = (life: number): Door => ({
  idTokenSeconds: life,
  newToken: () => makeToken("app"),
  async visit(worker, token) {
    const endsAt = await worker.refresh(token);
    return endsAt === null ? null : endsAt - 1 + seconds(apiserverCacheSeconds);
  },
  // Each refresh signs a token, which takes its time.
  rhythms: rhythms.filter(({ everySeconds }) => isThorough || everySeconds > 5),
  bounds: {
    "GitHub up": ttlSeconds + life + apiserverCacheSeconds,
    "5xx": ttlSeconds + Math.max(graceSeconds, life) + apiserverCacheSeconds,
    hang: ttlSeconds + Math.max(graceSeconds, life) + apiserverCacheSeconds,
    "own quota spent": ttlSeconds + life + apiserverCacheSeconds,
    "anonymous bucket spent": ttlSeconds + life + apiserverCacheSeconds,
    "own list of teams fails": ttlSeconds + life + apiserverCacheSeconds,
    "own list of teams fails, and each team": 2 * ttlSeconds + life + apiserverCacheSeconds,
  },
});

interface Course extends Rhythm {
  readonly door: Door;
  readonly event: LeaverEvent;
  readonly condition: Condition;
}

/** @returns for how many seconds after the event the user is let in */
async function secondsUntilOut({ door, event, condition, phaseSeconds, everySeconds }: Course): Promise<number> {
  const { idTokenSeconds, visit } = door;
  const time = virtualTime();
  const github = virtualGitHub(time);
  const fleet = startFleet({ time, github, kvLagMs: 0, ...(idTokenSeconds === undefined ? {} : { idTokenSeconds }) });
  const token = door.newToken();
  const startedAt = time.now();
  let letInUntil = 0;
  for (const worker of fleet) {
    const until = await visit(worker, token);
    expect(until).not.toBeNull();
    letInUntil = Math.max(letInUntil, until ?? 0);
  }
  while (time.now() - startedAt < seconds(phaseSeconds)) {
    time.advance(Math.min(seconds(everySeconds), startedAt + seconds(phaseSeconds) - time.now()));
    for (const worker of fleet) {
      const until = await visit(worker, token);
      expect(until).not.toBeNull();
      letInUntil = Math.max(letInUntil, until ?? 0);
      expect(await worker.review(github.colleague)).not.toBeNull();
    }
  }

  github.event = event;
  github.condition = condition;
  const leftAt = time.now();
  // No visit is answered with a yes after the webhook's bound, whatever the door.
  while (time.now() - leftAt < seconds(bounds[condition] + watchSecondsAfterBound)) {
    for (const worker of fleet) {
      letInUntil = Math.max(letInUntil, (await visit(worker, token)) ?? 0);
      await worker.review(github.colleague);
    }
    time.advance(seconds(everySeconds));
  }
  return (letInUntil - leftAt) / 1000;
}

const lives = [60, 3600];
const doors: readonly (readonly [string, Door])[] = [
  ["the webhook", webhook],
  ...lives.map((life) => [`ID tokens of ${life} s`, byIdTokens(life)] as const),
];

const longestOf = new Map<string, number>();

afterAll(() => {
  const courses = doors.flatMap(([, { rhythms }]) => rhythms).length * events.length * conditions.length;
  const lines = [...longestOf].map(([course, longest]) => `  ${course}: ${Math.ceil(longest)} s`);
  console.log([`leaver matrix: ${courses} courses; still let in after the event, at most for`, ...lines].join("\n"));
});

describe.each(doors)("by %s", (name, door) => {
  describe.each(conditions)("from the moment of %s", (condition) => {
    test.each(events)("a user %s is out in time", { timeout: 60_000 }, async (event) => {
      const measured: number[] = [];
      for (const rhythm of door.rhythms) measured.push(await secondsUntilOut({ door, event, condition, ...rhythm }));
      const longest = Math.max(...measured);
      longestOf.set(`${name}, ${condition}, ${event}`, longest);
      expect(longest).toBeLessThan(door.bounds[condition]);
    });
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
