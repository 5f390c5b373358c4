// Spreads jobs over worker threads. Results come in the order of the jobs, so the number of threads changes nothing
// about them.
import { Worker } from "node:worker_threads";
import type { Message } from "./job-thread.ts";
import type { Job, JobResult } from "./jobs.ts";

/**
 * @param onProgress hears which job has come how far, 0 to 1
 * @returns the result of each job
 */
export async function runJobs(
  jobs: readonly Job[],
  threads: number,
  onProgress: (job: number, share: number) => void,
): Promise<JobResult[]> {
  const results: JobResult[] = [];
  let next = 0;

  async function work(): Promise<void> {
    const thread = new Worker(new URL("./job-thread.ts", import.meta.url));
    try {
      for (let index = next++; index < jobs.length; index = next++) {
        results[index] = await runIn(thread, jobs[index], (share) => onProgress(index, share));
        onProgress(index, 1);
      }
    } finally {
      await thread.terminate();
    }
  }

  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work));
  return results;
}

function runIn(thread: Worker, job: Job | undefined, onProgress: (share: number) => void): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const end = () => {
      thread.off("message", hear);
      thread.off("error", fail);
    };
    const hear = (message: Message) => {
      if (message.kind === "progress") return onProgress(message.share);
      end();
      resolve(message.result);
    };
    const fail = (error: Error) => {
      end();
      reject(error);
    };
    thread.on("message", hear);
    thread.on("error", fail);
    thread.postMessage(job);
  });
}
