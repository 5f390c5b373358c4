// `npm start`: everything on one machine. It ends on a signal, with nothing left running. Its exit code is 0 then, 2
// after a usage error and 1 after any other failure.
import { readableLine } from "./decision-line.ts";
import { createStartCommand, type Options } from "./options.ts";
import { createShutdown } from "./shutdown.ts";
import { start } from "./start.ts";
import { StartError } from "./worker-variables.ts";

/** Ctrl-C has to work within 2 s; what has not ended by then ends with the process. */
const maxShutdownMs = 1500;

const shutdown = createShutdown();
const { stdout, env } = process;
const isColoured = !env.NO_COLOR && env.TERM !== "dumb";

/** A person gets a line that can be read, and a program the JSON as it is. */
function out(text: string): void {
  console.log(stdout.isTTY ? readableLine(text, isColoured) : text);
}

let ending = false;

async function end(exitCode: number): Promise<void> {
  // A terminal's Ctrl-C comes twice: once directly and once by way of npm.
  if (ending) return;
  ending = true;
  await shutdown.stopAll(maxShutdownMs);
  process.exit(exitCode);
}

async function run(options: Options): Promise<void> {
  try {
    await start(options, shutdown, { out, error: (text) => console.error(text) });
  } catch (error) {
    if (!ending) console.error(`octogate: ${describe(error)}`);
    await end(1);
  }
}

function describe(error: unknown): string {
  if (error instanceof StartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
await createStartCommand(run)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parseAsync();
