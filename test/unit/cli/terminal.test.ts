import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createTerminal } from "../../../src/cli/terminal.ts";

/** What a terminal gets: of the result, and of the notes. */
async function written(
  use: (terminal: ReturnType<typeof createTerminal>) => void,
  columns?: number,
): Promise<[string, string]> {
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY: true, ...(columns === undefined ? {} : { columns }) });
  use(createTerminal({ stdin: new PassThrough(), stdout, stderr, env: {} }));
  stdout.end();
  stderr.end();
  return [await text(stdout), await text(stderr)];
}

test.each([
  ["a line end", "x\nsecond line", "x\\u000asecond line"],
  ["a carriage return", "x\rover", "x\\u000dover"],
  ["a cursor's way", "\u001b[2J\u001b[1A", "\\u001b[2J\\u001b[1A"],
  ["a colour, one of ours too", "\u001b[31mred\u001b[0m", "\\u001b[31mred\\u001b[0m"],
  ["a title", "\u001b]0;owned\u0007", "\\u001b]0;owned\\u0007"],
  ["the eight-bit form of an escape", "\u009b2J", "\\u009b2J"],
  ["a text that runs backwards", "\u202eevil\u2066\u2069", "\\u202eevil\\u2066\\u2069"],
  ["marks of direction", "\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"],
  ["what has no width", "a\u200bb\ufeffc\u00ad", "a\\u200bb\\ufeffc\\u00ad"],
  ["line ends of Unicode", "a\u2028b\u2029c\u0085d", "a\\u2028b\\u2029c\\u0085d"],
  ["tags beyond 16 bits", "a\u{e0041}b", "a\\udb40\\udc41b"],
  ["half a character", "a\ud800b", "a\\ud800b"],
  ["a NUL and a backspace", "a\u0000b\u0008c\u007f", "a\\u0000b\\u0008c\\u007f"],
])("what others wrote reaches no terminal as %s", async (_what, outside, shown) => {
  const [stdout, stderr] = await written((terminal) => {
    terminal.print(outside);
    terminal.note(terminal.style.bad(outside));
  });
  expect(stdout).toBe(`${shown}\n`);
  expect(stderr).toBe(`\u001b[31m${shown}\u001b[0m\n`);
});

test("tabs, letters of every language and our own colours get through", async () => {
  const [stdout, stderr] = await written((terminal) => {
    terminal.print("one\ttwo ü 開発 “✓” →");
    terminal.note(`${terminal.style.good("✓")} done, ${terminal.style.faint("later")}`);
  });
  expect(stdout).toBe("one\ttwo ü 開発 “✓” →\n");
  expect(stderr).toBe("\u001b[32m✓\u001b[0m done, \u001b[2mlater\u001b[0m\n");
});

test.each([
  [
    "a step",
    "  - make a key in .clusters and have it signed",
    "  - make a key in\n    .clusters and\n    have it signed",
  ],
  ["a wait", "  waiting until it is shown", "  waiting until it is\n  shown"],
  ["a line that fits", "as wide as the window", "as wide as the window"],
  ["a command, to be copied", "Then: octogate certificate rotate", "Then: octogate certificate rotate"],
  ["an address", "see https://www.cloudflarestatus.com", "see https://www.cloudflarestatus.com"],
  ["a word that is wider", `of ${"a".repeat(64)} days`, `of\n${"a".repeat(64)}\ndays`],
  ["a line end of others", "one two three four\nfive", "one two three\nfour\\u000afive"],
])("in a window of 21 columns, notes break at words: %s", async (_what, line, shown) => {
  const [, stderr] = await written((terminal) => terminal.note(line), 21);
  expect(stderr).toBe(`${shown}\n`);
});

test("our own colours take no room", async () => {
  const [, stderr] = await written((terminal) => terminal.note(`${terminal.style.good("✓")} nineteen more here`), 21);
  expect(stderr).toBe("\u001b[32m✓\u001b[0m nineteen more here\n");
});

test("a JSON document means the same when its characters are escaped", async () => {
  const value = { name: "x\u009b\u202e\n\u{e0041} ü" };
  const [stdout] = await written((terminal) => terminal.print(JSON.stringify(value)));
  expect(JSON.parse(stdout)).toEqual(value);
  expect(stdout).not.toMatch(/[\u009b\u202e]/);
});
