// The limit on failures of an address at all endpoints where a client shows its secret: each is counted after it
// happened, by a limiter that all isolates of a location share, and once over it this isolate refuses the address for
// the rest of the minute.
import { BoundedMap } from "../bounded-map.ts";

export interface FailureLimit {
  isOver(address: string): boolean;
  /** Never rejects. */
  add(address: string): Promise<void>;
}

const minuteMs = 60_000;
const maxAddresses = 10_000;

/**
 * @param isWithin tells of one more failure, and whether it is within the limit
 * @param now milliseconds
 */
export function createFailureLimit(isWithin: (address: string) => Promise<boolean>, now: () => number): FailureLimit {
  /** The minute in which an address went over. */
  const overIn = new BoundedMap<number>({ maxEntries: maxAddresses, maxBytes: maxAddresses, bytesOf: () => 1 });
  const minute = () => Math.floor(now() / minuteMs);
  return {
    isOver: (address) => overIn.get(address) === minute(),
    async add(address) {
      if (!(await isWithin(address))) overIn.set(address, minute());
    },
  };
}
