import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createStyle, createTerminal, Interruption } from "../../../src/cli/terminal.ts";
import { runCommand } from "./support/command.ts";

const plain = createStyle(null);
const tty = () => Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {}, columns: 80, rows: 24 });

test.each(["ask", "askSecret"] as const)("Ctrl-C at a question is no answer: %s", async (way) => {
  const stdin = tty();
  const terminal = createTerminal({ stdin, stdout: new PassThrough(), stderr: tty(), env: {} });
  const asked = terminal[way]("Go on?");
  stdin.write("\u0003");
  await expect(asked).rejects.toBeInstanceOf(Interruption);
});

test("a command that Ctrl-C ends has the exit code 130", async () => {
  const { exitCode, stdout } = await runCommand(["doctor", "--token-from-stdin"], {
    terminal: {
      print: () => {},
      note: () => {},
      readInput: () => Promise.reject(new Interruption()),
      ask: () => Promise.reject(new Interruption()),
      askSecret: () => Promise.reject(new Interruption()),
      style: plain,
      printStyle: plain,
    },
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: "" });
});
