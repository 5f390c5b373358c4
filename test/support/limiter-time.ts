// Miniflare's rate limiter counts by minutes of the wall clock: a test that comes near the end of one would see its
// count begin anew.
import { until } from "./until.ts";

const periodMs = 60_000;
const maxTestMs = 15_000;

/** Waits, if it has to, until what follows fits into one minute of the limiter. */
export async function limiterHasTime(): Promise<void> {
  await until(() => Date.now() % periodMs < periodMs - maxTestMs, 2 * maxTestMs, "a new minute of the limiter");
}
