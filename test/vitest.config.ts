// The kinds of tests: pure ones, black-box ones on the real runtime, those of the command line, and those with a real kube-apiserver.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

const project = (name: string, options: object) => ({
  test: { name, root, include: [`test/${name}/**/*.test.ts`], ...options },
});

export default defineConfig({
  root,
  cacheDir: "node_modules/.vite",
  test: {
    projects: [
      project("unit", { testTimeout: 20_000 }),
      // These start processes; one file after the other keeps them honest on two cores.
      project("worker", { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false }),
      project("cli", { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false }),
      project("e2e", { testTimeout: 120_000, hookTimeout: 180_000, fileParallelism: false }),
    ],
  },
});
