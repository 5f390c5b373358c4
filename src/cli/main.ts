#!/usr/bin/env node
// The `octogate` command: the real terminal, files and network, handed to the program.
import { runProgram } from "./program.ts";
import { createTerminal } from "./terminal/terminal.ts";

const { argv, env, stdin, stdout, stderr } = process;

process.exitCode = await runProgram(argv.slice(2), {
  env,
  folder: process.cwd(),
  fetch,
  now: Date.now,
  terminal: createTerminal({ stdin, stdout, stderr, env }),
});
