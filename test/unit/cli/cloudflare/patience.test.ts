// Waiting for what Cloudflare shows late: with a clock that jumps, so that no test waits.
import { expect, test } from "vitest";
import { type Clock, lookAgain } from "../../../../src/cli/cloudflare/patience.ts";

function clockWithNotes() {
  let at = 0;
  const notes: string[] = [];
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => at,
    sleep: async (milliseconds) => {
      pauses.push(milliseconds);
      at += milliseconds;
    },
    terminal: { note: (line) => void notes.push(line) },
  };
  return { clock, notes, pauses, now: () => at };
}

const until = () => "it is there";

test("what is there at once is neither waited for nor looked up again, and nothing is said", async () => {
  const { clock, notes } = clockWithNotes();
  const look = () => Promise.reject(new Error("looked again"));
  expect(await lookAgain(clock, { found: 1, look, isThere: () => true, until })).toBe(1);
  expect(notes).toEqual([]);
});

test("what comes later is returned as soon as it is seen", async () => {
  const { clock, notes, now } = clockWithNotes();
  const look = async () => now();
  expect(await lookAgain(clock, { found: 0, look, isThere: (at) => at > 1_000, until })).toBe(1_750);
  expect(notes).toEqual(["  waiting until it is there (for 90 s at most)"]);
});

test("what never comes ends in time, with the wait said at once and every 20 s", async () => {
  const { clock, notes, now } = clockWithNotes();
  const look = async () => null;
  expect(await lookAgain(clock, { found: null, look, isThere: () => false, until })).toBeNull();
  expect(now()).toBeGreaterThan(80_000);
  expect(now()).toBeLessThanOrEqual(90_000);
  expect(notes).toHaveLength(5);
  for (const note of notes.slice(1)) expect(note).toMatch(/^ {2}still waiting, for \d+ s now$/);
});

test("no time to wait means one look, and no word", async () => {
  const { clock, notes, pauses } = clockWithNotes();
  await lookAgain(clock, { found: null, look: async () => null, isThere: () => false, until, maxMs: 0 });
  expect([notes, pauses]).toEqual([[], []]);
});

test("what was made some time ago is waited for that much shorter, and what is old not at all", async () => {
  const { clock, notes, pauses, now } = clockWithNotes();
  await clock.sleep(100_000);
  const wait = { found: null, look: async () => null, isThere: () => false, until };
  await lookAgain(clock, { ...wait, since: 60_000 });
  expect(now()).toBeGreaterThan(140_000);
  expect(now()).toBeLessThanOrEqual(150_000);
  expect(notes[0]).toBe("  waiting until it is there (for 50 s at most)");
  const before = pauses.length;
  await lookAgain(clock, { ...wait, since: 50_000 });
  expect(pauses).toHaveLength(before);
});

test("a time to come, from a clock that goes wrong, makes no wait longer", async () => {
  const { clock, now } = clockWithNotes();
  await lookAgain(clock, { found: null, look: async () => null, isThere: () => false, until, since: 1e12 });
  expect(now()).toBeLessThanOrEqual(90_000);
});
