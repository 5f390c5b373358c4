// Waiting for something that happens elsewhere in its own time: look often, give up at a deadline.
import { setTimeout as delay } from "node:timers/promises";

const pollIntervalMs = 20;

type NotYet = false | undefined;

/**
 * Looks again and again until there is something to see.
 *
 * @param look gives false or undefined while there is nothing yet
 * @param what is waited for, for the error message
 * @returns what was seen
 * @throws at the deadline
 */
export async function until<T>(look: () => T | NotYet | Promise<T | NotYet>, maxMs: number, what: string) {
  const deadline = performance.now() + maxMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${maxMs} ms: ${what}`);
    await delay(pollIntervalMs);
  }
}
