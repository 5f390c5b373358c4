// Denials that repeat. kube-apiserver does not cache a "denied", so one controller that retries in a loop would spend
// the account's requests of the day. After ten within a minute the answer is a plain no, which kube-apiserver caches.
import { BoundedMap } from "./bounded-map.ts";

export const maxDenials = 10;
export const windowMs = 60_000;
const maxEntries = 10_000;

interface Window {
  readonly since: number;
  readonly count: number;
}

export interface RepeatedDenials {
  /**
   * Counts one more denial.
   *
   * @param now milliseconds
   * @returns whether this credential was denied at this cluster ten times within the last minute already
   */
  add(cluster: string, credentialId: string, now: number): boolean;
}

export function createRepeatedDenials(): RepeatedDenials {
  const windows = new BoundedMap<Window>({ maxEntries, maxBytes: maxEntries, bytesOf: () => 1 });
  return {
    add(cluster, credentialId, now) {
      const key = `${cluster} ${credentialId}`;
      const window = windows.get(key);
      const isOver = window === undefined || now < window.since || now - window.since >= windowMs;
      const { since, count } = isOver ? { since: now, count: 0 } : window;
      windows.set(key, { since, count: count + 1 });
      return count >= maxDenials;
    },
  };
}
