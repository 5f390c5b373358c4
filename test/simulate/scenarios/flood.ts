// A flood: an attacker who can reach one apiserver presents made-up tokens to it, while people work.
import { makeToken } from "../../../src/local/github/token.ts";
import { recogniseCredential } from "../../../src/worker/credential/kind.ts";
import { createAgents } from "../world/agents.ts";
import { type Counts, noCounts } from "../world/counts.ts";
import { hourMs, minuteMs } from "../world/habits.ts";
import { calendarOf, play, startOfDay } from "../world/play.ts";
import type { Settings } from "../world/settings.ts";

/**
 * What is presented: tokens whose checksum is wrong, different tokens of the right shape, or one of the right shape
 * again and again.
 */
export const floodKinds = ["no flood", "wrong checksum", "right checksum", "one token"] as const;
export type FloodKind = (typeof floodKinds)[number];

export interface Flood {
  /** What the flood caused. */
  readonly flood: Counts;
  /** Requests to the Worker that ended at the token's shape. */
  readonly endedByShape: number;
  /** What people did meanwhile. */
  readonly people: Counts;
}

const window = { from: 13 * hourMs, until: 14.5 * hourMs };
export const floodMinutes = 10;
export const floodTokensPerSecond = 100;
const floodFrom = startOfDay + 14 * hourMs;
const floodUntil = floodFrom + floodMinutes * minuteMs;

export async function simulateFlood(
  settings: Settings,
  kind: FloodKind,
  onProgress: (share: number) => void,
  tokensPerSecond = floodTokensPerSecond,
): Promise<Flood> {
  const agents = createAgents(settings);
  const calendar = calendarOf(settings, agents, "working", window);
  const flooder = agents.length;
  const count = kind === "no flood" ? 0 : floodMinutes * 60 * tokensPerSecond;
  let endedByShape = 0;
  for (let index = 0; index < count; index += 1) {
    // The Worker's first look at a token: nothing behind it is asked about one of no shape that GitHub gives out.
    if (
      kind === "wrong checksum" &&
      recogniseCredential(withWrongChecksum(makeToken("classic")), "exact").kind === "foreign"
    ) {
      endedByShape += 1;
      continue;
    }
    calendar.add({
      time: floodFrom + (index * 1000) / tokensPerSecond,
      agent: flooder,
      choice: 0,
      apiserver: index % settings.apiserversPerCluster,
    });
  }
  const flood = noCounts();
  const people = noCounts();
  const elsewhen = noCounts();
  const oneToken = makeToken("classic");
  await play({
    settings,
    agents,
    calendar,
    attackersToken: () => (kind === "one token" ? oneToken : makeToken("classic")),
    beforeEach: ({ agent, time }, meter) => {
      const isMeanwhile = time >= floodFrom && time < floodUntil;
      meter.counts = agent === flooder ? flood : isMeanwhile ? people : elsewhen;
    },
    onProgress,
  });
  return { flood, endedByShape, people };
}

function withWrongChecksum(token: string): string {
  const last = token.at(-1) === "0" ? "1" : "0";
  return token.slice(0, -1) + last;
}
