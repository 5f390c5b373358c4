// A working day on which people sign in with kubelogin, or show the webhook their tokens: what people and bots cost.
// Bots have no browser, so they stay with the webhook.
import { idTokenSeconds } from "../../../src/worker/config/client-table.ts";
import { sessionSeconds } from "../../../src/worker/sign-in/github-sign-in.ts";
import { type Agent, createAgents } from "../world/agents.ts";
import { addCounts, type Counts, noCounts } from "../world/counts.ts";
import { calendarOf, clusterOf, type PlayOptions, play, startOfDay } from "../world/play.ts";
import type { Settings } from "../world/settings.ts";

export const doors = ["webhook", "sign-in"] as const;
export type Door = (typeof doors)[number];

/**
 * The requests of each event, at the sign-in hostname. kubelogin's are from its source (1.36.3); the browser keeps a
 * session, so at a person's further clusters GitHub does not send it back.
 */
export const requestsOf = {
  signIn: ["discovery", "authorize", "callback", "consent", "token", "keys"],
  furtherCluster: ["discovery", "authorize", "consent", "token", "keys"],
  refresh: ["discovery", "token", "keys"],
  /** Before a sign-in, kubelogin tries the refresh token that it has from an earlier one. */
  endedRefresh: ["token"],
} as const;

/** An apiserver makes them when it starts; they are counted as if that was once a day. */
const requestsOfApiserver = ["discovery", "keys"] as const;

/** In both, `reviews` are all requests to the Worker. */
export interface DoorDay {
  readonly people: Counts;
  readonly bots: Counts;
}

/** What one person has; times in milliseconds after the start. */
interface Person {
  /** The number of GitHub's latest token; -1 where it has given none yet. */
  session: number;
  sessionEndsAt: number;
  /** By the cluster: the session of the refresh token, and when the ID token ends. */
  readonly atCluster: Map<number, { readonly session: number; readonly endsAt: number }>;
}

export async function simulateDoor(
  settings: Settings,
  door: Door,
  onProgress: (share: number) => void,
): Promise<DoorDay> {
  const agents = createAgents(settings);
  const calendar = calendarOf(settings, agents, "working");
  const isBot = (index: number) => agents[index]?.habit === "bot";
  const evening = noCounts();
  const day = { people: noCounts(), bots: noCounts() };
  const signIn = createSignIn(settings);
  await play({
    settings,
    calendar,
    agents: door === "webhook" ? agents : [...agents, ...laterSessionsOf(agents)],
    beforeEach({ time, agent }, meter) {
      meter.counts = time < startOfDay ? evening : isBot(agent) ? day.bots : day.people;
    },
    ...(door === "webhook" ? {} : { present: signIn.present }),
    onProgress,
  });
  return door === "webhook" ? day : { ...day, people: { ...day.people, reviews: signIn.requestsOfDay() } };
}

/** @returns the days of all regions as one */
export function addDoorDays(days: readonly DoorDay[]): DoorDay {
  const sum = (part: keyof DoorDay) => addCounts(days.map((day) => ({ counts: day[part], times: 1 })));
  return { people: sum("people"), bots: sum("bots") };
}

/**
 * People with kubelogin and a browser: who has which tokens, and what each command makes them ask for.
 *
 * @returns how their commands come to the Worker, and all requests to the sign-in hostname on the day
 */
export function createSignIn({ clusters, apiserversPerCluster }: Pick<Settings, "clusters" | "apiserversPerCluster">) {
  const people = new Map<number, Person>();
  let requests = clusters * apiserversPerCluster * requestsOfApiserver.length;

  const present: NonNullable<PlayOptions["present"]> = async (planet, agent, command) => {
    const { agent: index, choice, apiserver, time } = command;
    const cluster = clusterOf(agent, choice);
    if (agent.habit === "bot") return planet.present(agent.token, cluster, apiserver);
    const person = people.get(index) ?? { session: -1, sessionEndsAt: 0, atCluster: new Map() };
    people.set(index, person);
    const earlier = person.atCluster.get(cluster);
    if (earlier !== undefined && time < earlier.endsAt) return { isAdmitted: true, wasAsked: false };
    const event = nextEvent(person, earlier, time);
    if (event === "signIn") {
      person.session += 1;
      person.sessionEndsAt = time + sessionSeconds * 1000;
    }
    const hasEnded = event !== "refresh" && earlier !== undefined;
    if (time >= startOfDay) requests += requestsOf[event].length + (hasEnded ? requestsOf.endedRefresh.length : 0);
    const decide = () => planet.decide(tokenOf(agent, person.session), cluster, index);
    // The browser is told at once whether the policy admits the person, and /token decides again.
    const isAdmitted = event === "refresh" ? await decide() : (await decide()) && (await decide());
    const endsAt = Math.min(time + idTokenSeconds.default * 1000, person.sessionEndsAt);
    if (isAdmitted) person.atCluster.set(cluster, { session: person.session, endsAt });
    return { isAdmitted, wasAsked: true };
  };
  return { present, requestsOfDay: () => requests };
}

function nextEvent({ session, sessionEndsAt }: Person, earlier: { session: number } | undefined, time: number) {
  if (sessionEndsAt <= time) return "signIn";
  return earlier?.session === session ? "refresh" : "furtherCluster";
}

/** @returns GitHub's token of one session: a new sign-in brings a new one, of which the cache knows nothing */
function tokenOf({ token }: Agent, session: number): string {
  return session === 0 ? token : token.slice(0, -1) + session;
}

/** @returns the same people with the tokens that GitHub will give them; it has to know each */
function laterSessionsOf(agents: readonly Agent[]): Agent[] {
  // One on the evening before, and a day of sessions without a pause.
  const sessions = 1 + Math.ceil((24 * 3600) / sessionSeconds);
  const later = Array.from({ length: sessions - 1 }, (_, index) => index + 1);
  return later.flatMap((session) => agents.map((agent) => ({ ...agent, token: tokenOf(agent, session) })));
}
