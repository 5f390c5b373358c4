// What runs in a worker thread: jobs, one after the other, with their progress on the way.
import { parentPort } from "node:worker_threads";
import type { Job, JobResult } from "./jobs.ts";
import { runJob } from "./jobs.ts";

export type Message =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "done"; readonly result: JobResult };

const port = parentPort;
if (port === null) throw new Error("this file runs in a worker thread");
const post = (message: Message) => port.postMessage(message);

port.on("message", async (job: Job) => {
  const result = await runJob(job, (share) => post({ kind: "progress", share }));
  post({ kind: "done", result });
});
