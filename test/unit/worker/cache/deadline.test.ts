import { expect, test } from "vitest";
import { deadline } from "../../../../src/worker/cache/deadline.ts";

test("a deadline rejects, and not before its time", async () => {
  const startedAt = performance.now();
  await expect(deadline(20)).rejects.toThrow("too late");
  // Timers count whole milliseconds.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19);
});
