// An ordinary day: what it costs, and who waits.
import { createAgents } from "../world/agents.ts";
import { addCounts, type Counts, countsSince, noCounts } from "../world/counts.ts";
import { type DayKind, hourMs } from "../world/habits.ts";
import { calendarOf, play, startOfDay } from "../world/play.ts";
import type { Settings } from "../world/settings.ts";

export interface Day {
  readonly counts: Counts;
  /** Of each hour of the day. */
  readonly hours: readonly Counts[];
  readonly mostCostingCallsInAnHour: number;
}

const hoursADay = 24;

export async function simulateDay(settings: Settings, day: DayKind, onProgress: (share: number) => void): Promise<Day> {
  const agents = createAgents(settings);
  const meter = { counts: noCounts() };
  // What was counted when an hour began; the first is that of midnight, and leaves out the evening before.
  const atStart: Counts[] = [];
  const mostCostingCallsInAnHour = await play({
    settings,
    agents,
    calendar: calendarOf(settings, agents, day),
    meter,
    beforeEach: ({ time }) => {
      while (time >= startOfDay + atStart.length * hourMs) atStart.push({ ...meter.counts });
    },
    onProgress,
  });
  while (atStart.length <= hoursADay) atStart.push({ ...meter.counts });
  const hours = atStart.slice(0, -1).map((start, hour) => countsSince(atStart[hour + 1] ?? meter.counts, start));
  return { counts: addCounts(hours.map((counts) => ({ counts, times: 1 }))), hours, mostCostingCallsInAnHour };
}

/** @returns the days of all regions as one */
export function addDays(days: readonly Day[]): Day {
  const sum = (parts: readonly Counts[]) => addCounts(parts.map((counts) => ({ counts, times: 1 })));
  return {
    counts: sum(days.map(({ counts }) => counts)),
    hours: Array.from({ length: hoursADay }, (_, hour) => sum(days.map(({ hours }) => hours[hour] ?? noCounts()))),
    mostCostingCallsInAnHour: Math.max(...days.map((day) => day.mostCostingCallsInAnHour)),
  };
}
