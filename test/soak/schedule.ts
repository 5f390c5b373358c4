// What happens when, in a run of some minutes: faults of GitHub and of KV, new deployments, rotations.
import type { Fault } from "../../src/local/github/faults.ts";
import { Random } from "../simulate/world/random.ts";
import type { Disturbance } from "./oracle.ts";
import type { KvFault } from "./store.ts";

export type Phase = { readonly seconds: number } & (
  | { readonly kind: "calm" }
  | {
      readonly kind: "github";
      readonly disturbance: Disturbance;
      readonly fault: Fault;
      /** How long the disturbance lasts once GitHub answers again. Default: 0. */
      readonly restSeconds?: number;
    }
  | { readonly kind: "kv"; readonly fault: KvFault }
  | { readonly kind: "restart" | "other policy" | "new client certificate" | "new signing key" | "new cache secret" }
);

export interface Times {
  readonly ttlSeconds: number;
  readonly graceSeconds: number;
}

/** What the stand-in's `Retry-After` says: so long the Worker does not ask for who was limited. */
const retryAfterSeconds = 60;

/** At least so long between two disturbances: the Worker is well again, and all facts are young. */
const calmSeconds = 12;

/** One of each, with the length that shows most. */
function cycle({ ttlSeconds, graceSeconds }: Times): Phase[] {
  const outage = (name: string, fault: Fault, seconds: number): Phase => ({
    kind: "github",
    disturbance: { name, excuses: true, hasGrace: true },
    fault,
    seconds,
  });
  const short = graceSeconds - ttlSeconds / 2;
  return [
    {
      kind: "github",
      disturbance: { name: "GitHub is slow", excuses: false, hasGrace: false },
      fault: { kind: "slow_head", delayMs: 1_500 },
      seconds: 10,
    },
    outage("GitHub answers 502", { kind: "server_error", status: 502, body: "unicorn_html" }, short),
    outage("GitHub resets connections", { kind: "reset" }, short),
    outage("GitHub hangs", { kind: "hang" }, short),
    {
      kind: "github",
      disturbance: { name: "GitHub limits all", excuses: true, hasGrace: false },
      fault: { kind: "secondary_limit", status: 403, headers: "retry_after" },
      seconds: 8,
      restSeconds: retryAfterSeconds,
    },
    outage("GitHub answers what cannot be", { kind: "body", status: 200, body: "{}" }, 8),
    outage("GitHub answers half", { kind: "truncated" }, 8),
    outage("a long outage", { kind: "server_error", status: 503, body: "json" }, ttlSeconds + graceSeconds + 10),
    { kind: "kv", fault: "fails", seconds: 8 },
    { kind: "kv", fault: "is slow", seconds: 8 },
    { kind: "kv", fault: "refuses writes", seconds: 8 },
    { kind: "kv", fault: "is corrupt", seconds: 8 },
    { kind: "restart", seconds: 4 },
    { kind: "other policy", seconds: 10 },
    { kind: "new client certificate", seconds: 4 },
    { kind: "new signing key", seconds: 4 },
    { kind: "new cache secret", seconds: 4 },
  ];
}

/** @returns phases for so many seconds, in an order that follows from the seed, with calm between them */
export function scheduleOf(seconds: number, seed: number, times: Times): Phase[] {
  const phases: Phase[] = [{ kind: "calm", seconds: calmSeconds }];
  let left = seconds - calmSeconds;
  for (let round = 0; left > 0; round += 1) {
    const random = new Random(seed, "schedule", round);
    const order = cycle(times).map((phase) => ({ phase, place: random.next() }));
    for (const { phase } of order.sort((one, other) => one.place - other.place)) {
      const seconds = secondsOf(phase) + calmSeconds;
      // A phase that would be cut off shows nothing.
      if (seconds > left) continue;
      phases.push(phase, { kind: "calm", seconds: calmSeconds });
      left -= seconds;
    }
    if (left < 2 * calmSeconds) break;
  }
  return phases;
}

/** @returns how long a phase lasts in all */
export function secondsOf(phase: Phase): number {
  return phase.seconds + (phase.kind === "github" ? (phase.restSeconds ?? 0) : 0);
}
