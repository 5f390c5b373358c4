import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withTimeout } from "../../../src/worker/with-timeout.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("work that ends in time keeps its result, and leaves no timer behind", async () => {
  expect(await withTimeout(Promise.resolve("done"), 1_000)).toBe("done");
  await expect(withTimeout(Promise.reject(new Error("broken")), 1_000)).rejects.toThrow("broken");
  expect(vi.getTimerCount()).toBe(0);
});

test("waiting for work that hangs ends at the limit, and not before", async () => {
  let outcome = "waiting";
  const waiting = withTimeout(new Promise(() => {}), 1_000).catch(({ message }: Error) => {
    outcome = message;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(outcome).toBe("waiting");
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(outcome).toBe("not done within 1000 ms");
});
