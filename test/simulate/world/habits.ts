// Habits: what people do with a cluster on a day, and when. These are assumptions, stated in docs/simulation.md.
import type { Random } from "./random.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export type DayKind = "working" | "weekend";

/** On average over a year. */
export const daysAMonth: Readonly<Record<DayKind, number>> = { working: 261 / 12, weekend: 104.25 / 12 };

interface PersonsHabit {
  /** Of all people. */
  readonly share: number;
  /** The chance to work with a cluster at all on a working day. */
  readonly comes: number;
  readonly sessionsADay: number;
  readonly sessionMinutes: number;
  readonly pace: "by hand" | "dashboard";
}

const habits = {
  /** kubectl, a few times a day. */
  engineer: { share: 0.6, comes: 0.85, sessionsADay: 4, sessionMinutes: 15, pace: "by hand" },
  /** A dashboard on a screen (k9s, Lens), for hours. */
  operator: { share: 0.15, comes: 0.85, sessionsADay: 2, sessionMinutes: 90, pace: "dashboard" },
  occasional: { share: 0.25, comes: 0.4, sessionsADay: 1, sessionMinutes: 5, pace: "by hand" },
} as const satisfies Record<string, PersonsHabit>;

export type Habit = keyof typeof habits | "bot";

const personsHabits = Object.keys(habits).filter((name): name is keyof typeof habits => name in habits);

const atWork = { fromHour: 9, untilHour: 17.5, lunchFromHour: 12, lunchUntilHour: 13 };
const weekendShare = 0.05;
const peoplePerBot = 100;
const bot = { jobEveryMinutes: 10, commandsAJob: 12, commandEverySeconds: 5 };
const byHand = { commandsABurst: 4, commandEverySeconds: 6, pauseSeconds: 75 };
const dashboard = { commandEverySeconds: 15 };

/** A session's commands all go to one cluster. */
export interface Session {
  readonly times: readonly number[];
  /** A dashboard keeps its connection to one apiserver; a command makes one of its own. */
  readonly keepsConnection: boolean;
}

/** @returns what is assumed here, in sentences */
export function describeHabits(): string[] {
  const percent = (share: number) => `${share * 100} %`;
  const { engineer, operator, occasional } = habits;
  return [
    `${percent(engineer.share)} of the people come on ${percent(engineer.comes)} of the working days and use kubectl in ${engineer.sessionsADay} sessions of ${engineer.sessionMinutes} minutes; ` +
      `${percent(occasional.share)} come on ${percent(occasional.comes)} of them for ${occasional.sessionsADay} session of ${occasional.sessionMinutes} minutes. Commands come in bursts of ${byHand.commandsABurst}, ` +
      `${byHand.commandEverySeconds} s apart, with pauses of ${byHand.pauseSeconds} s.`,
    `${percent(operator.share)} have a dashboard such as k9s on their screen, in ${operator.sessionsADay} sessions of ${operator.sessionMinutes} minutes, which asks every ${dashboard.commandEverySeconds} s.`,
    `They work between ${atWork.fromHour}:00 and ${Math.floor(atWork.untilHour)}:30 (the last sessions end later), with a lunch break, and on weekends with ${percent(weekendShare)} of the people. Numbers are means; ` +
      `lengths and pauses are spread exponentially.`,
    `One bot to ${peoplePerBot} people works day and night, with a machine user's token: a job every ${bot.jobEveryMinutes} minutes, of ${bot.commandsAJob} commands ${bot.commandEverySeconds} s apart.`,
  ];
}

/** @returns how many bots work beside so many people: pipelines with a machine user's token */
export function botsFor(people: number): number {
  return Math.ceil(people / peoplePerBot);
}

export function drawHabit(random: Random): Habit {
  let left = random.next();
  for (const name of personsHabits) {
    left -= habits[name].share;
    if (left < 0) return name;
  }
  return "occasional";
}

/**
 * @param random the person's own
 * @returns the sessions of one day in milliseconds after midnight, in no order
 */
export function sessionsOf(habit: Habit, day: DayKind, random: Random): Session[] {
  if (habit === "bot") return jobs(random);
  const { comes, sessionsADay, sessionMinutes, pace } = habits[habit];
  const isThere = random.isWithin(comes) && (day === "working" || random.isWithin(weekendShare));
  if (!isThere) return [];
  return Array.from({ length: Math.max(1, random.poisson(sessionsADay)) }, () => {
    const start = startOfSession(random);
    const end = start + random.exponential(sessionMinutes * minuteMs);
    return {
      times: pace === "dashboard" ? dashboardTimes(start, end, random) : commandTimes(start, end, random),
      keepsConnection: pace === "dashboard",
    };
  });
}

function startOfSession(random: Random): number {
  const hour = random.between(atWork.fromHour, atWork.untilHour - (atWork.lunchUntilHour - atWork.lunchFromHour));
  return (hour < atWork.lunchFromHour ? hour : hour + atWork.lunchUntilHour - atWork.lunchFromHour) * hourMs;
}

/** Bursts: look, look closer, change, look again. */
function commandTimes(start: number, end: number, random: Random): number[] {
  const times: number[] = [];
  for (let time = start; time < end || times.length === 0; ) {
    const commands = 1 + random.poisson(byHand.commandsABurst - 1);
    for (let command = 0; command < commands; command += 1) {
      times.push(time);
      time += random.exponential(byHand.commandEverySeconds * 1000);
    }
    time += random.exponential(byHand.pauseSeconds * 1000);
  }
  return times;
}

function dashboardTimes(start: number, end: number, random: Random): number[] {
  const times: number[] = [];
  for (let time = start; time < end; time += random.exponential(dashboard.commandEverySeconds * 1000)) times.push(time);
  return times;
}

function jobs(random: Random): Session[] {
  const offset = random.between(0, bot.jobEveryMinutes * minuteMs);
  const count = dayMs / (bot.jobEveryMinutes * minuteMs);
  return Array.from({ length: count }, (_, job) => ({
    times: Array.from(
      { length: bot.commandsAJob },
      (_, command) => offset + job * bot.jobEveryMinutes * minuteMs + command * bot.commandEverySeconds * 1000,
    ),
    keepsConnection: false,
  }));
}
