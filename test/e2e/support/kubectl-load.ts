// People who use kubectl all the time, each one command after the other.
import { setTimeout as delay } from "node:timers/promises";
import type { Kubectl } from "./kubectl.ts";

/** Between two commands of one person, so that the load leaves something of the machine. */
const pauseMs = 200;

export interface KubectlLoad {
  commands(): number;
  /** What kubectl said where a command failed. */
  refusals(): readonly string[];
  stop(): Promise<void>;
}

/** @param args of the command, which succeeds for everybody who is known */
export function startKubectlLoad(people: readonly Kubectl[], args: readonly string[]): KubectlLoad {
  const refusals: string[] = [];
  let commands = 0;
  let isOver = false;
  const loops = people.map(async (kubectl) => {
    while (!isOver) {
      const { exitCode, stderr } = await kubectl(args);
      commands += 1;
      if (exitCode !== 0) refusals.push(stderr);
      await delay(pauseMs);
    }
  });
  return {
    commands: () => commands,
    refusals: () => refusals,
    async stop() {
      isOver = true;
      await Promise.all(loops);
    },
  };
}
