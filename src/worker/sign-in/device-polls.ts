// What an isolate knows about device codes that are being polled: when GitHub may be asked next, and tokens that GitHub
// gave out once while nothing could be decided about them. Best effort, for another isolate may get the next poll.
import { BoundedMap } from "../bounded-map.ts";
import type { DeviceCode, GitHubUserToken } from "./sealed-values.ts";

export interface DevicePolls {
  /** Whether GitHub may be asked about this code now; if so, that counts as asked. */
  mayAsk(code: DeviceCode): boolean;
  /** GitHub wants to be asked less often from now on. */
  slowDown(code: DeviceCode): void;
  /** Keeps a token that GitHub gives out once, for the next poll. */
  keep(code: DeviceCode, token: GitHubUserToken): void;
  kept(code: DeviceCode): GitHubUserToken | null;
  /** From now on GitHub decides about this code again, and gives out no token twice. */
  forget(code: DeviceCode): void;
}

/** RFC 8628, 3.5. */
export const slowDownSeconds = 5;
/** GitHub counts the seconds by its own clock, and answers a poll that is too early with a longer interval. */
const marginMs = 1_000;
const maxCodes = 10_000;

interface Polled {
  /** Milliseconds since 1970. */
  readonly nextAt: number;
  readonly intervalSeconds: number;
  readonly token: GitHubUserToken | null;
}

/** @param now milliseconds since 1970 */
export function createDevicePolls(now: () => number): DevicePolls {
  const polled = new BoundedMap<Polled>({ maxEntries: maxCodes, maxBytes: maxCodes, bytesOf: () => 1 });
  const after = (time: number, seconds: number) => time + seconds * 1000 + marginMs;

  function get({ githubDeviceCode, startedAt, intervalSeconds }: DeviceCode): Polled {
    const first = { nextAt: after(startedAt * 1000, intervalSeconds), intervalSeconds, token: null };
    return polled.get(githubDeviceCode) ?? first;
  }
  const change = (code: DeviceCode, changes: Partial<Polled>) =>
    polled.set(code.githubDeviceCode, { ...get(code), ...changes });

  return {
    mayAsk(code) {
      const { nextAt, intervalSeconds } = get(code);
      if (now() < nextAt) return false;
      change(code, { nextAt: after(now(), intervalSeconds) });
      return true;
    },
    slowDown(code) {
      const intervalSeconds = get(code).intervalSeconds + slowDownSeconds;
      change(code, { intervalSeconds, nextAt: after(now(), intervalSeconds) });
    },
    keep: (code, token) => change(code, { token }),
    kept: (code) => get(code).token,
    forget: (code) => change(code, { token: null }),
  };
}
