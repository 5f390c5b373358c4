// One bar for everything that is to be done, on stderr, so that the tables on stdout can be piped away.
import { Presets, SingleBar } from "cli-progress";

export interface Progress {
  /** @param done in the units of the total */
  to(done: number): void;
  end(): void;
}

const withoutTerminalEveryMs = 10_000;

export function startProgress(total: number): Progress {
  const bar = new SingleBar(
    {
      format: "simulating {bar} {percentage} % | {duration_formatted} so far, {eta_formatted} to go",
      stream: process.stderr,
      // Without a terminal a line now and then.
      noTTYOutput: true,
      notTTYSchedule: withoutTerminalEveryMs,
      etaBuffer: 100,
    },
    Presets.shades_classic,
  );
  bar.start(Math.ceil(total), 0);
  return {
    to: (done) => bar.update(Math.floor(done)),
    end: () => bar.stop(),
  };
}
