// People who use kubectl all the time, each one command after the other.
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../support/until.ts";
import type { Kubectl } from "./kubectl.ts";

/** Between two commands of one person, so that the load leaves something of the machine. */
const pauseMs = 200;

export interface KubectlLoad {
  commands(): number;
  /** What kubectl said where a command failed, interruptions left out. */
  refusals(): readonly string[];
  /**
   * Does what interrupts the service, and waits until a command of each person has succeeded again.
   *
   * @returns what kubectl said until then where a command failed
   */
  interrupt(work: () => Promise<void>): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** After an interruption. */
const recoveryDeadlineMs = 60_000;

/** @param args of the command, which succeeds for everybody who is known */
export function startKubectlLoad(people: readonly Kubectl[], args: readonly string[]): KubectlLoad {
  const refusals: string[] = [];
  /** Those who have had no success since the interruption. */
  const interrupted = new Set<Kubectl>();
  let meanwhile: string[] = [];
  let interruptions = 0;
  let commands = 0;
  let isOver = false;
  const loops = people.map(async (kubectl) => {
    while (!isOver) {
      const begunIn = interruptions;
      const { exitCode, stderr } = await kubectl(args);
      commands += 1;
      if (exitCode !== 0) (interrupted.has(kubectl) ? meanwhile : refusals).push(stderr);
      else if (begunIn === interruptions) interrupted.delete(kubectl);
      await delay(pauseMs);
    }
  });
  return {
    commands: () => commands,
    refusals: () => refusals,
    async interrupt(work) {
      meanwhile = [];
      for (const kubectl of people) interrupted.add(kubectl);
      interruptions += 1;
      await work();
      // A command that was begun before may have succeeded on what is gone now.
      for (const kubectl of people) interrupted.add(kubectl);
      interruptions += 1;
      await until(() => interrupted.size === 0, recoveryDeadlineMs, "all people are let in again");
      return meanwhile;
    },
    async stop() {
      isOver = true;
      await Promise.all(loops);
    },
  };
}
