// Plays a calendar of commands, and tells an observer about each.
import type { Agent } from "./agents.ts";
import { Calendar, type Command, maxChoices } from "./calendar.ts";
import { type Meter, noCounts } from "./counts.ts";
import type { GitHubOptions } from "./github.ts";
import { type DayKind, dayMs, hourMs, minuteMs, sessionsOf } from "./habits.ts";
import { createPlanet, type Planet, type Presented } from "./planet.ts";
import type { Settings } from "./settings.ts";

/** A midnight; the simulated day begins a day later, after an evening on which each person was seen once. */
export const startOfTime = Date.UTC(2026, 0, 5);
export const startOfDay = dayMs;

const evening = { fromMs: 16 * hourMs, untilMs: 18 * hourMs };

const inWorkMs = 2 * minuteMs;

export interface Watched {
  readonly command: Command;
  readonly agent: Agent | null;
  readonly isAdmitted: boolean;
  /** Whether the Worker was asked, not the apiserver's memory. */
  readonly wasAsked: boolean;
}

export interface PlayOptions {
  readonly settings: Settings;
  readonly agents: readonly Agent[];
  readonly calendar: Calendar;
  /** Milliseconds after the start. */
  readonly outage?: GitHubOptions["outage"];
  /** What an attacker presents, who is not in the list and does not use kubectl. */
  readonly attackersToken?: () => string;
  /** How people's commands come to the Worker; by default the apiserver asks with their own token. */
  readonly present?: (planet: Planet, agent: Agent, command: Command) => Promise<Presented>;
  readonly meter?: Meter;
  /** Before each command. */
  readonly beforeEach?: (command: Command, meter: Meter) => void;
  readonly afterEach?: (watched: Watched) => void;
  /** @param share 0 to 1 */
  readonly onProgress: (share: number) => void;
}

/** @returns the most calls costing quota in an hour, of one person */
export async function play(options: PlayOptions): Promise<number> {
  const {
    settings,
    agents,
    calendar,
    outage = null,
    attackersToken = () => "",
    present = presentOwnToken,
    beforeEach,
    afterEach,
    onProgress,
  } = options;
  const meter = options.meter ?? { counts: noCounts() };
  let time = 0;
  const workedAt = new Float64Array(agents.length).fill(Number.NEGATIVE_INFINITY);
  const planet = createPlanet({
    settings,
    agents,
    meter,
    now: () => startOfTime + time,
    outage: outage === null ? null : { from: startOfTime + outage.from, until: startOfTime + outage.until },
  });
  const stepsOfProgress = Math.ceil(calendar.length / 100);
  let done = 0;
  for (const command of calendar.inOrder()) {
    time = command.time;
    const agent = agents[command.agent] ?? null;
    beforeEach?.(command, meter);
    const waitsBefore = meter.counts.fromGitHub;
    const { isAdmitted, wasAsked } =
      agent === null
        ? await planet.present(attackersToken(), 0, command.apiserver, 1)
        : await present(planet, agent, command);
    const { counts } = meter;
    counts.commands += 1;
    if (!isAdmitted) counts.commandsRefused += 1;
    if (agent !== null) {
      const last = workedAt[command.agent] ?? Number.NEGATIVE_INFINITY;
      workedAt[command.agent] = time;
      if (Math.floor(last / hourMs) !== Math.floor(time / hourMs)) counts.hoursAtWork += 1;
      if (time - last <= inWorkMs) {
        counts.commandsInWork += 1;
        if (counts.fromGitHub > waitsBefore) counts.waitsInWork += 1;
      }
    }
    afterEach?.({ command, agent, isAdmitted, wasAsked });
    done += 1;
    if (done % stepsOfProgress === 0) onProgress(done / calendar.length);
  }
  return planet.github.mostCostingCallsInAnHour;
}

function presentOwnToken(planet: Planet, agent: Agent, { choice, apiserver }: Command): Promise<Presented> {
  return planet.present(agent.token, clusterOf(agent, choice), apiserver);
}

/** @returns the number of the cluster */
export function clusterOf({ clusters }: Agent, choice: number): number {
  return clusters[choice] ?? 0;
}

/**
 * @param until milliseconds after midnight; nothing happens on the day outside of this and `from`
 * @returns what all of them do: one command on the evening before, so that each is known, and then a day
 */
export function calendarOf(
  settings: Settings,
  agents: readonly Agent[],
  day: DayKind,
  { from, until }: { readonly from: number; readonly until: number } = { from: 0, until: dayMs },
): Calendar {
  const calendar = new Calendar();
  for (const [agent, { habit, clusters, random }] of agents.entries()) {
    const anyApiserver = () => random.below(settings.apiserversPerCluster);
    calendar.add({
      time: random.between(evening.fromMs, evening.untilMs),
      agent,
      choice: 0,
      apiserver: anyApiserver(),
    });
    for (const { times, keepsConnection } of sessionsOf(habit, day, random)) {
      const choice = random.isWithin(usualShare) ? 0 : random.below(Math.min(clusters.length, maxChoices));
      const kept = anyApiserver();
      for (const time of times) {
        const apiserver = keepsConnection ? kept : anyApiserver();
        if (time >= from && time < until) calendar.add({ time: startOfDay + time, agent, choice, apiserver });
      }
    }
  }
  return calendar;
}

/** Share of the sessions at a person's usual cluster; the others are spread over all clusters of that person. */
const usualShare = 0.5;
