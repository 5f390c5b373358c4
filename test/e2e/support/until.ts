// Waiting for something that another process does in its own time: look often, give up at a deadline.
import { setTimeout as delay } from "node:timers/promises";

const pollIntervalMs = 100;

/**
 * Looks until there is something to see.
 * @param what what is waited for, for the error message
 * @param look gives undefined while there is nothing yet
 * @throws at the deadline
 */
export async function until<T>(what: string, deadlineMs: number, look: () => T | undefined | Promise<T | undefined>) {
  const startedAtMs = performance.now();
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() - startedAtMs > deadlineMs) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await delay(pollIntervalMs);
  }
}
