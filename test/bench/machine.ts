// The machine of a run, and the versions of what ran on it.
import { createRequire } from "node:module";
import { arch, cpus, loadavg, release, totalmem, type } from "node:os";
import { version } from "../../src/worker/version.ts";

/** By what it is. */
export type Machine = Readonly<Record<(typeof names)[number], string>>;

const names = ["day", "processor", "memory", "system", "load before the run", "Octogate", "workerd", "Node"] as const;

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    day: new Date().toISOString().slice(0, 10),
    processor: `${processors.length} x ${processors[0]?.model ?? "unknown"}`,
    memory: `${(totalmem() / 1e9).toFixed(0)} GB`,
    system: `${type()} ${release()}, ${arch()}`,
    "load before the run": (loadavg()[0] ?? Number.NaN).toFixed(1),
    Octogate: version,
    workerd: workerdVersion(),
    Node: process.version,
  };
}

/** Miniflare's, on which everything here runs. */
function workerdVersion(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  // A package's description has its version.
  const { version: found } = require("workerd/package.json") as { version: string };
  return found;
}
