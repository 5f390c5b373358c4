// Memory of `npm start` under very many warm reviews: what the local edge and workerd occupy, and whether it still
// grows in the second half of them.
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { residentBytesOf } from "../support/process-usage.ts";
import { addPeople, makeReviews } from "./load.ts";
import { median } from "./quantiles.ts";
import { githubLatencyMs, startNpmStart } from "./ways.ts";

/** What both processes occupy after so many reviews. */
export interface MemorySample {
  readonly reviews: number;
  readonly edgeBytes: number;
  readonly workerdBytes: number;
}

/** Fifty, evenly spread: the garbage collector makes each of them go up and down. */
export interface MemoryUse {
  readonly samples: readonly MemorySample[];
}

const samples = 50;
const concurrency = 32;
/** The median of so many samples is what is occupied at one time. */
const samplesAtATime = samples / 10;

/** @param reviews how many there are, at least as many as samples */
export async function measureMemory(reviews: number): Promise<MemoryUse> {
  const github = await startGitHubStandIn({ latencyMs: githubLatencyMs });
  const stops: (() => Promise<void>)[] = [() => github.close()];
  try {
    const bodies = addPeople(github);
    const { review, edgePid, workerdPid, stop } = await startNpmStart(github.url);
    stops.push(stop);
    const taken: MemorySample[] = [];
    for (let sample = 1; sample <= samples; sample += 1) {
      const done = Math.round((reviews * sample) / samples);
      await makeReviews(review, bodies, done - (taken.at(-1)?.reviews ?? 0), concurrency);
      taken.push({
        reviews: done,
        edgeBytes: await residentBytesOf(edgePid),
        workerdBytes: await residentBytesOf(workerdPid),
      });
    }
    return { samples: taken };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** @returns what is occupied halfway and at the end: of each the median of the last samples until then */
export function halves({ samples: taken }: MemoryUse): { readonly halfway: MemorySample; readonly end: MemorySample } {
  const at = (count: number): MemorySample => {
    const last = taken.slice(Math.max(0, count - samplesAtATime), count);
    const of = (figure: (sample: MemorySample) => number) => median(last.map(figure));
    return {
      reviews: last.at(-1)?.reviews ?? 0,
      edgeBytes: of(({ edgeBytes }) => edgeBytes),
      workerdBytes: of(({ workerdBytes }) => workerdBytes),
    };
  };
  return { halfway: at(Math.ceil(taken.length / 2)), end: at(taken.length) };
}
