// One job is one scenario with one region's settings; what it comes to is plain data. Jobs know nothing of each other,
// so they can run anywhere.
import { type Day, simulateDay } from "./scenarios/day.ts";
import { type Door, type DoorDay, simulateDoor } from "./scenarios/door.ts";
import { type Flood, type FloodKind, simulateFlood } from "./scenarios/flood.ts";
import { type Lags, simulateLeavers } from "./scenarios/leavers.ts";
import { type Outage, simulateOutage } from "./scenarios/outage.ts";
import type { DayKind } from "./world/habits.ts";
import type { Settings } from "./world/settings.ts";

export type Scenario =
  | { readonly kind: "day"; readonly day: DayKind }
  | { readonly kind: "leavers"; readonly leavers: number }
  | { readonly kind: "outage" }
  | { readonly kind: "flood"; readonly flood: FloodKind }
  | { readonly kind: "door"; readonly door: Door };

export interface Job {
  readonly settings: Settings;
  readonly scenario: Scenario;
}

export type JobResult =
  | { readonly kind: "day"; readonly day: Day }
  | { readonly kind: "leavers"; readonly lags: Lags }
  | { readonly kind: "outage"; readonly outage: Outage }
  | { readonly kind: "flood"; readonly flood: Flood }
  | { readonly kind: "door"; readonly day: DoorDay };

/** @param onProgress hears a share from 0 to 1 */
export async function runJob({ settings, scenario }: Job, onProgress: (share: number) => void): Promise<JobResult> {
  switch (scenario.kind) {
    case "day":
      return { kind: "day", day: await simulateDay(settings, scenario.day, onProgress) };
    case "leavers":
      return { kind: "leavers", lags: await simulateLeavers(settings, scenario.leavers, onProgress) };
    case "outage":
      return { kind: "outage", outage: await simulateOutage(settings, onProgress) };
    case "flood":
      return { kind: "flood", flood: await simulateFlood(settings, scenario.flood, onProgress) };
    case "door":
      return { kind: "door", day: await simulateDoor(settings, scenario.door, onProgress) };
  }
}
