import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createTerminal } from "../../../src/cli/terminal.ts";

test("what others wrote moves no cursor and changes no title; line ends, tabs and our own colours get through", async () => {
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const terminal = createTerminal({ stdin: new PassThrough(), stdout, stderr, env: {} });
  terminal.print("one\ttwo\nthree\u001b[2J\u001b]0;title\u0007\r\u009b1A");
  terminal.note(terminal.style.bad("bad\u001b[8m"));
  stdout.end();
  stderr.end();
  expect(await text(stdout)).toBe("one\ttwo\nthree[2J]0;title1A\n");
  expect(await text(stderr)).toBe("\u001b[31mbad[8m\u001b[0m\n");
});
