// The test projects: pure functions, the Worker on the real runtime, the command line, and a real kube-apiserver.
// `npx vitest run FILE` runs one file, whichever project it belongs to.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Each file has folders, ports and processes of its own. At least two at a time, for many of them mostly wait. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

const project = (name: string, options: object) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], maxWorkers, ...options },
});

export default defineConfig({
  test: {
    projects: [
      // These tests leave nothing behind, so files share a process: to start one takes longer than most of them run.
      project("unit", { testTimeout: 20_000, isolate: false }),
      project("worker", { testTimeout: 60_000, hookTimeout: 60_000, isolate: false }),
      project("cli", { testTimeout: 60_000, hookTimeout: 60_000 }),
      project("e2e", { testTimeout: 120_000, hookTimeout: 180_000 }),
    ],
  },
});
