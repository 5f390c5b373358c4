// Patience with Cloudflare: what was changed a moment ago can be missing from its lists for a while.
import type { Context } from "../command.ts";

/** Time, and the place where a wait is said. */
export type Clock = Pick<Context, "now" | "sleep"> & { readonly terminal: Pick<Context["terminal"], "note"> };

/**
 * How long a list may lag. Others have seen 75 s for hostname associations and a minute for client certificates: the
 * live tests of github.com/alchemy-run/alchemy poll for as long.
 */
export const maxLagMs = 90_000;
const firstPauseMs = 250;
const usualMaxPauseMs = 5_000;
const progressMs = 20_000;

export interface Look<T> {
  /** What was found so far. */
  readonly found: T;
  readonly look: () => Promise<T>;
  readonly isThere: (found: T) => boolean;
  /** Behind "waiting until". */
  readonly until: (found: T) => string;
  /**
   * When what is looked for was made at the latest, in milliseconds: the time that may pass counts from there. Left
   * out: just now.
   */
  readonly since?: number;
  readonly maxMs?: number;
  readonly maxPauseMs?: number;
}

/**
 * Looks again until it is there, or the time is up. Says at once that it waits, for how long at most, and from time to
 * time that it still does.
 *
 * @returns what was found last: there or not
 */
export async function lookAgain<T>(
  { now, sleep, terminal }: Clock,
  { found: first, look, isThere, until, since = now(), maxMs = maxLagMs, maxPauseMs = usualMaxPauseMs }: Look<T>,
): Promise<T> {
  const startedAt = now();
  const endsAt = Math.min(since, startedAt) + maxMs;
  let saidAt: number | null = null;
  let found = first;
  for (let pauseMs = firstPauseMs; !isThere(found); pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
    if (now() + pauseMs > endsAt) return found;
    if (saidAt === null) terminal.note(`  waiting until ${until(found)} (for ${seconds(endsAt - now())} at most)`);
    else if (now() - saidAt >= progressMs) terminal.note(`  still waiting, for ${seconds(now() - startedAt)} now`);
    if (saidAt === null || now() - saidAt >= progressMs) saidAt = now();
    await sleep(pauseMs);
    found = await look();
  }
  return found;
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
