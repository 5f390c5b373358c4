// `npm start`: everything on one machine. Parses the command line, starts, and ends on a signal: with 0 then, 2 after a
// usage error, 1 after any other failure, and with nothing left running.

import { help, parseOptions } from "./options.ts";
import { createShutdown } from "./shutdown.ts";
import { start } from "./start.ts";
import { StartFailure } from "./start-failure.ts";

/** Ctrl-C has to work within 2 s; what has not ended by then ends with the process. */
const maxShutdownMs = 1500;

const shutdown = createShutdown();
let ending = false;

async function end(exitCode: number): Promise<void> {
  // A terminal's Ctrl-C comes twice: once directly and once by way of npm.
  if (ending) return;
  ending = true;
  await shutdown.stopAll(maxShutdownMs);
  process.exit(exitCode);
}

async function main(): Promise<void> {
  const parsed = parseOptions(process.argv.slice(2));
  switch (parsed.kind) {
    case "help":
      console.log(help);
      return;
    case "usage-error":
      console.error(`octogate: ${parsed.message}\nTry: npm start -- --help`);
      process.exitCode = 2;
      return;
    case "start":
      try {
        await start(parsed.options, shutdown, {
          out: (text) => console.log(text),
          error: (text) => console.error(text),
        });
      } catch (error) {
        if (!ending) console.error(`octogate: ${describe(error)}`);
        await end(1);
      }
  }
}

function describe(error: unknown): string {
  if (error instanceof StartFailure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
await main();
