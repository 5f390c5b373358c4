// Which behaviour meets which request: by token, by path, or for everyone.
import type { Behaviour } from "./behaviour.ts";
import type { Call } from "./call.ts";

export interface BehaviourLimits {
  /** Only these requests: it is matched with the path, and with the path and its query. */
  readonly path?: RegExp;
}

interface Setting extends BehaviourLimits {
  readonly target: string;
  readonly behaviour: Behaviour;
}

export class Behaviours {
  #settings: readonly Setting[] = [];

  /** @param behaviour null takes back what was set for this target: for this path, or for all without one */
  set(target: string, behaviour: Behaviour | null, { path }: BehaviourLimits = {}): void {
    const takesAllBack = behaviour === null && path === undefined;
    this.#settings = this.#settings.filter(
      (setting) => setting.target !== target || !(takesAllBack || String(setting.path) === String(path)),
    );
    if (behaviour === null) return;
    this.#settings = [...this.#settings, { target, behaviour, ...(path === undefined ? {} : { path }) }];
  }

  /** What is set for the token wins over what is set for everyone, and what is set for a path over what is set for all. */
  of({ token, path, query }: Call): Behaviour | null {
    const addresses = [path, `${path}?${query}`];
    const fits = (setting: Setting, target: string) =>
      setting.target === target && addresses.some((address) => setting.path?.test(address));
    for (const target of token === null ? ["everyone"] : [token, "everyone"]) {
      const found =
        this.#settings.find((setting) => fits(setting, target)) ??
        this.#settings.find((setting) => setting.target === target && setting.path === undefined);
      if (found !== undefined) return found.behaviour;
    }
    return null;
  }
}
