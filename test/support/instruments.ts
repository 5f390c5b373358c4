// How a test steers instrumented-worker.ts. Not in that file: workerd takes every export of an entry point for a handler.

/** The entry point, as a path from the repository's root. */
export const instrumentedWorker = "test/support/instrumented-worker.ts";
/** Milliseconds by which this request and later ones see the clock ahead. */
export const clockAheadHeader = "x-test-clock-ahead-ms";
/** Makes the next line of the log fail once, with the header's value in the error's message. */
export const logFaultHeader = "x-test-log-fault";
