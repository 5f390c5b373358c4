import { expect, it } from "vitest";
import { createClosing } from "../../../src/local/shutdown.ts";

it("ends what was started last first, and goes on after a failure", async () => {
  const closing = createClosing();
  const ended: string[] = [];
  closing.add(async () => void ended.push("first"));
  closing.add(async () => {
    throw new Error("does not end");
  });
  closing.add(async () => void ended.push("last"));
  await closing.closeAll(1000);
  expect(ended).toEqual(["last", "first"]);
});

it("does not wait longer than it is told", async () => {
  const closing = createClosing();
  closing.add(() => new Promise(() => {}));
  await expect(closing.closeAll(10)).resolves.toBeUndefined();
});

it("ends at once what is started after the end", async () => {
  const closing = createClosing();
  await closing.closeAll(1000);
  let ended = false;
  closing.add(async () => {
    ended = true;
  });
  expect(ended).toBe(true);
});
