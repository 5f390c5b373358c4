// Time that passes only when a test says so, also for what waits for a deadline: AbortSignal.timeout follows it.
import { onTestFinished, vi } from "vitest";
import { startOfTests } from "./support.ts";

export interface VirtualTime {
  readonly now: () => number;
  advance(ms: number): void;
  /** Moves on until a deadline is over, for something that waits for nothing else. */
  passUntil(signal: AbortSignal): void;
}

interface Timer {
  readonly at: number;
  readonly controller: AbortController;
}

/** Takes the place of AbortSignal.timeout until the test is over. */
export function virtualTime(): VirtualTime {
  let time = startOfTests;
  let timers: Timer[] = [];

  function moveTo(target: number): void {
    time = Math.max(time, target);
    const due = timers.filter(({ at }) => at <= time);
    timers = timers.filter(({ at }) => at > time);
    for (const { controller } of due) controller.abort(new DOMException("too late", "TimeoutError"));
  }

  const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const controller = new AbortController();
    timers.push({ at: time + ms, controller });
    return controller.signal;
  });
  onTestFinished(() => timeout.mockRestore());

  return {
    now: () => time,
    advance: (ms) => moveTo(time + ms),
    passUntil(signal) {
      while (!signal.aborted) moveTo(Math.min(...timers.map(({ at }) => at)));
    },
  };
}
