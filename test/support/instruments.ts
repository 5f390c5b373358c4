// How a test steers instrumented-worker.ts. Not in that file: workerd takes every export of an entry point for a
// handler.

/** The entry point, as a path from the repository's root. */
export const instrumentedWorker = "test/support/instrumented-worker.ts";
/** Milliseconds by which this request and later ones see the clock ahead. */
export const clockAheadHeader = "x-test-clock-ahead-ms";
/** Makes the next line of the log fail once, with the header's value in the error's message. */
export const logFaultHeader = "x-test-log-fault";
/**
 * From this request on the Worker is as a new isolate of a new deployment: it remembers nothing, KV is the same, and
 * the variables in the header's value (JSON) replace the usual ones.
 */
export const newIsolateHeader = "x-test-new-isolate";
/** With a new isolate: how many never-seen tokens each cluster may have, in place of the limiter's minutes. */
export const neverSeenLimitHeader = "x-test-never-seen-limit";
/** GET it to see the meters. */
export const metersPath = "/test/meters";

/** What the Worker has done since it began. */
export interface Meters {
  readonly kvReads: number;
  readonly kvWrites: number;
  /** Work that goes on after an answer. */
  readonly underWay: number;
}
