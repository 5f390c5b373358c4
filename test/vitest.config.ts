// The kinds of tests: pure ones, black-box ones on the real runtime, those of the command line, and those with a real kube-apiserver.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Each file has folders, ports and processes of its own. At least two at a time, for many of them mostly wait. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

const project = (name: string, options: object) => ({
  test: { name, root, include: [`test/${name}/**/*.test.ts`], maxWorkers, ...options },
});

export default defineConfig({
  root,
  cacheDir: "node_modules/.vite",
  test: {
    projects: [
      project("unit", { testTimeout: 20_000 }),
      project("worker", { testTimeout: 60_000, hookTimeout: 60_000 }),
      project("cli", { testTimeout: 60_000, hookTimeout: 60_000 }),
      project("e2e", { testTimeout: 120_000, hookTimeout: 180_000 }),
    ],
  },
});
