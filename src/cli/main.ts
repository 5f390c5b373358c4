#!/usr/bin/env node
// The `octogate` command: the real terminal, files, time and network, handed to the program.
import { setTimeout } from "node:timers/promises";
import { fetchThroughProxy } from "../node/proxy.ts";
import { runProgram } from "./program.ts";
import { createTerminal } from "./terminal.ts";

const { argv, env, stdin, stdout, stderr } = process;

// A reader may close the pipe early (`octogate … | head`): no reason to end with a stack, or half way through a change.
for (const stream of [stdout, stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runProgram(argv.slice(2), {
  env,
  folder: process.cwd(),
  fetch: fetchThroughProxy(env),
  now: Date.now,
  sleep: async (milliseconds) => void (await setTimeout(milliseconds)),
  terminal: createTerminal({ stdin, stdout, stderr, env }),
});
