// People whose access ends in the middle of their work, and who go on trying every two seconds at all of their
// clusters: how long does it let them in?
import { type Agent, createAgent, type Leaving } from "../world/agents.ts";
import { Calendar } from "../world/calendar.ts";
import { hourMs, minuteMs } from "../world/habits.ts";
import { play, startOfDay, startOfTime } from "../world/play.ts";
import { Random } from "../world/random.ts";
import type { Settings } from "../world/settings.ts";

/** From the end of the access to the last time that the leaver got in; milliseconds, one for each leaver. */
export interface Lags {
  readonly ways: readonly Leaving[];
  /** As the Worker answered. */
  readonly workerMs: readonly number[];
  /** At the cluster, whose apiservers have a memory of their own. */
  readonly clusterMs: readonly number[];
}

const ways: readonly Leaving[] = [
  "removed from the organisation",
  "token revoked",
  "token revoked, and GitHub counts it as anonymous",
];
const leaveBetween = { fromMs: 10 * hourMs, untilMs: 16 * hourMs };
const atWorkBeforeMs = 20 * minuteMs;
const commandEveryMsBefore = 10_000;
const attemptEveryMs = 2_000;
/** Longer than anybody can get in. */
const marginMs = 60_000;
const fixedApiserverCacheMs = 10_000;

/** @returns those of the leavers to whom GitHub says no, or those whose token it only counts as anonymous */
export function lagsOf({ ways, workerMs, clusterMs }: Lags, kind: "told no" | "anonymous"): Omit<Lags, "ways"> {
  const isChosen = (_: number, index: number) =>
    (ways[index] === "token revoked, and GitHub counts it as anonymous") === (kind === "anonymous");
  return { workerMs: workerMs.filter(isChosen), clusterMs: clusterMs.filter(isChosen) };
}

export async function simulateLeavers(
  settings: Settings,
  leavers: number,
  onProgress: (share: number) => void,
): Promise<Lags> {
  const { seed, ttlSeconds, apiserverCacheSeconds, apiserversPerCluster } = settings;
  const calendar = new Calendar();
  const agents: Agent[] = [];
  const leftAt: number[] = [];
  const waysTaken: Leaving[] = [];
  for (let index = 0; index < leavers; index += 1) {
    const random = new Random(seed, "leaver", index);
    const at = startOfDay + Math.round(random.between(leaveBetween.fromMs, leaveBetween.untilMs));
    const how = ways[index % ways.length] ?? "token revoked";
    const agent = createAgent(settings, index, "engineer", random, { at: startOfTime + at, how });
    const add = (time: number) =>
      calendar.add({
        time,
        agent: index,
        choice: random.below(agent.clusters.length),
        apiserver: random.below(apiserversPerCluster),
      });
    for (let time = at - atWorkBeforeMs; time < at; time += random.exponential(commandEveryMsBefore)) add(time);
    const end = at + (ttlSeconds + apiserverCacheSeconds) * 1000 + fixedApiserverCacheMs + marginMs;
    for (let time = at; time < end; time += attemptEveryMs) add(time);
    agents.push(agent);
    leftAt.push(at);
    waysTaken.push(how);
  }
  const workerMs = leftAt.map(() => 0);
  const clusterMs = leftAt.map(() => 0);
  await play({
    settings,
    agents,
    calendar,
    afterEach: ({ command: { agent, time }, isAdmitted, wasAsked }) => {
      const lagMs = time - (leftAt[agent] ?? 0);
      if (!isAdmitted || lagMs < 0) return;
      clusterMs[agent] = lagMs;
      if (wasAsked) workerMs[agent] = lagMs;
    },
    onProgress,
  });
  return { ways: waysTaken, workerMs, clusterMs };
}
