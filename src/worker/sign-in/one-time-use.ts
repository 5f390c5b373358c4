// Which codes and transactions were used: best effort, for each isolate knows of its own. Where there are too many, the
// oldest are forgotten first.
import { BoundedMap } from "../bounded-map.ts";

export interface OneTimeUse {
  /**
   * Marks an id as used, in the same synchronous step: of eight requests at once one gets through.
   *
   * @param id random, of a sealed value
   * @returns false where it was used before
   */
  use(id: string): boolean;
  /** Takes the mark back, where nothing was given out. */
  release(id: string): void;
}

const maxIds = 20_000;

export function createOneTimeUse(): OneTimeUse {
  const used = new BoundedMap<true>({ maxEntries: maxIds, maxBytes: maxIds, bytesOf: () => 1 });
  return {
    use(id) {
      if (used.get(id) === true) return false;
      used.set(id, true);
      return true;
    },
    release: (id) => used.delete(id),
  };
}
