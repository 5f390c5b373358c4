import { expect, it } from "vitest";
import { createShutdown } from "../../../src/local/shutdown.ts";

it("stops the part that was added last first, and goes on after a failure", async () => {
  const shutdown = createShutdown();
  const stopped: string[] = [];
  shutdown.add(async () => void stopped.push("first"));
  shutdown.add(async () => {
    throw new Error("does not stop");
  });
  shutdown.add(async () => void stopped.push("last"));
  await shutdown.stopAll(1000);
  expect(stopped).toEqual(["last", "first"]);
});

it("does not wait longer than it is told", async () => {
  const shutdown = createShutdown();
  shutdown.add(() => new Promise(() => {}));
  await expect(shutdown.stopAll(10)).resolves.toBeUndefined();
});

it("stops at once a part that is added after the end", async () => {
  const shutdown = createShutdown();
  await shutdown.stopAll(1000);
  let isStopped = false;
  shutdown.add(async () => {
    isStopped = true;
  });
  expect(isStopped).toBe(true);
});
