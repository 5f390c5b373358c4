// Shutdown of what the local edge has started, whether it runs, is still starting or failed half way.
import { setTimeout as delay } from "node:timers/promises";

type Stop = () => Promise<void>;

export interface Shutdown {
  /** Takes the way to stop a part, before or right after the part starts. After `stopAll` the part stops at once. */
  add(stop: Stop): void;
  /** Stops all parts, the last one first, within the time. A part that fails to stop does not hold up the others. */
  stopAll(maxMs: number): Promise<void>;
}

export function createShutdown(): Shutdown {
  const stops: Stop[] = [];
  let hasBegun = false;
  return {
    add(stop) {
      if (hasBegun) void stop().catch(() => {});
      else stops.push(stop);
    },
    async stopAll(maxMs) {
      hasBegun = true;
      const all = async () => {
        for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop().catch(() => {});
      };
      await Promise.race([all(), delay(maxMs)]);
    },
  };
}
