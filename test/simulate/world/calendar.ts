// Everything that is going to happen, in its order. What people do does not depend on how they are answered, so all of
// it is known before: one sorted array in place of a queue, each command one number.

/** One command of one person, at one apiserver. */
export interface Command {
  /** Milliseconds after the start. */
  readonly time: number;
  readonly agent: number;
  /** Which of the agent's own clusters. */
  readonly choice: number;
  readonly apiserver: number;
}

export const maxAgents = 2 ** 18;
export const maxChoices = 4;
export const maxApiservers = 8;
const slots = maxAgents * maxChoices * maxApiservers;

export class Calendar {
  #keys = new Float64Array(1024);
  #length = 0;

  add({ time, agent, choice, apiserver }: Command): void {
    if (this.#length === this.#keys.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#keys);
      this.#keys = larger;
    }
    // A double holds 53 bits exactly: 30 for the time, 18 + 2 + 3 for the rest.
    this.#keys[this.#length] = Math.round(time) * slots + (agent * maxChoices + choice) * maxApiservers + apiserver;
    this.#length += 1;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns all commands by their time; those of the same millisecond in an order that is always the same */
  *inOrder(): Generator<Command> {
    for (const key of this.#keys.subarray(0, this.#length).sort()) {
      const time = Math.floor(key / slots);
      const rest = key - time * slots;
      const who = Math.floor(rest / maxApiservers);
      yield {
        time,
        agent: Math.floor(who / maxChoices),
        choice: who % maxChoices,
        apiserver: rest % maxApiservers,
      };
    }
  }
}
