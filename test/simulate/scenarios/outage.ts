// GitHub is down for half an hour in the afternoon: who still gets in?
import { createAgents } from "../world/agents.ts";
import { hourMs, minuteMs } from "../world/habits.ts";
import { calendarOf, play, startOfDay } from "../world/play.ts";
import type { Settings } from "../world/settings.ts";

export interface Outage {
  /** Of people who gave a command in the half hour before; by the minute since GitHub went down. */
  readonly atWork: readonly Commands[];
  /** Of all others: they were seen earlier on the day, or on the day before. */
  readonly comingBack: readonly Commands[];
}

export interface Commands {
  given: number;
  refused: number;
}

const window = { from: 13 * hourMs, until: 16.25 * hourMs };
export const outageMinutes = 30;
const minutesAfter = 5;
const downFrom = startOfDay + 15.5 * hourMs;
const atWorkSince = downFrom - 30 * minuteMs;

export async function simulateOutage(settings: Settings, onProgress: (share: number) => void): Promise<Outage> {
  const agents = createAgents(settings);
  const workedAt = new Float64Array(agents.length);
  const series = () => Array.from({ length: outageMinutes + minutesAfter }, (): Commands => ({ given: 0, refused: 0 }));
  const atWork = series();
  const comingBack = series();
  await play({
    settings,
    agents,
    calendar: calendarOf(settings, agents, "working", window),
    outage: { from: downFrom, until: downFrom + outageMinutes * minuteMs },
    afterEach: ({ command: { agent, time }, isAdmitted }) => {
      if (time < downFrom) workedAt[agent] = time;
      const wasAtWork = (workedAt[agent] ?? 0) >= atWorkSince;
      const minute = (wasAtWork ? atWork : comingBack)[Math.floor((time - downFrom) / minuteMs)];
      if (minute === undefined) return;
      minute.given += 1;
      if (!isAdmitted) minute.refused += 1;
    },
    onProgress,
  });
  return { atWork, comingBack };
}

/** @returns the outages of all regions as one */
export function addOutages(outages: readonly Outage[]): Outage {
  const sum = (all: readonly (readonly Commands[])[]) =>
    (all[0] ?? []).map((_, minute) =>
      all.reduce(
        ({ given, refused }, series) => ({
          given: given + (series[minute]?.given ?? 0),
          refused: refused + (series[minute]?.refused ?? 0),
        }),
        { given: 0, refused: 0 },
      ),
    );
  return { atWork: sum(outages.map((it) => it.atWork)), comingBack: sum(outages.map((it) => it.comingBack)) };
}

/**
 * @param from minutes since GitHub went down
 * @returns the share that was refused
 */
export function refusedShare(series: readonly Commands[], from = 0, until = outageMinutes): number {
  const minutes = series.slice(from, until);
  const given = minutes.reduce((sum, minute) => sum + minute.given, 0);
  return given === 0 ? 0 : minutes.reduce((sum, minute) => sum + minute.refused, 0) / given;
}
