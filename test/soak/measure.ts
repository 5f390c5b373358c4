// Memory and file handles over time, and whether they grow.
import { readdir } from "node:fs/promises";
import { residentBytesOf } from "../support/process-usage.ts";

export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  /** What the process occupies. */
  readonly edgeBytes: number;
  /** What of it is in use, after a garbage collection. */
  readonly edgeUsedBytes: number;
  readonly workerdBytes: number;
  readonly edgeHandles: number;
  /** Tells the deployments apart. */
  readonly workerdPid: number;
}

export async function takeSample(
  at: number,
  edgePid: number,
  workerdPid: number,
  readEdgeUsedBytes: () => Promise<number>,
): Promise<Sample | null> {
  try {
    const edgeUsedBytes = await readEdgeUsedBytes();
    const [edgeBytes, workerdBytes, handles] = await Promise.all([
      residentBytesOf(edgePid),
      residentBytesOf(workerdPid),
      readdir(`/proc/${edgePid}/fd`),
    ]);
    return { at, edgeBytes, edgeUsedBytes, workerdBytes, edgeHandles: handles.length, workerdPid };
  } catch {
    // A deployment ended while it was looked at.
    return null;
  }
}

/** @returns by how much the values grow in a minute, by least squares; 0 for fewer than three */
export function slopePerMinute(points: readonly (readonly [seconds: number, value: number])[]): number {
  if (points.length < 3) return 0;
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return variance === 0 ? 0 : (60 * covariance) / variance;
}

/** What is allowed to grow: compilers and caches fill up in the first third, which does not count. */
export const limits = { edgeUsedBytesPerMinute: 200_000, handlesPerMinute: 1 } as const;

export interface Growth {
  readonly edgeUsedBytesPerMinute: number;
  readonly edgeBytesPerMinute: number;
  readonly handlesPerMinute: number;
  /** Of the deployment that ran the longest. */
  readonly workerdBytesPerMinute: number;
}

export function growthOf(samples: readonly Sample[]): Growth {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const byDeployment = Map.groupBy(samples, ({ workerdPid }) => workerdPid);
  const [longest = []] = [...byDeployment.values()].sort((one, other) => other.length - one.length);
  return {
    edgeUsedBytesPerMinute: slopePerMinute(settled.map(({ at, edgeUsedBytes }) => [at, edgeUsedBytes])),
    edgeBytesPerMinute: slopePerMinute(settled.map(({ at, edgeBytes }) => [at, edgeBytes])),
    handlesPerMinute: slopePerMinute(settled.map(({ at, edgeHandles }) => [at, edgeHandles])),
    workerdBytesPerMinute: slopePerMinute(
      longest.slice(Math.floor(longest.length / 3)).map(({ at, workerdBytes }) => [at, workerdBytes]),
    ),
  };
}
