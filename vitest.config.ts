// The test projects: pure functions, the Worker on the real runtime, the command line, and a real kube-apiserver.
// `npx vitest run FILE` runs one file, whichever project it belongs to.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { differing } from "./test/compatibility/differing.ts";

/**
 * The end-to-end tests on older releases: KUBEBUILDER_ASSETS_1_30 and the like name the folders with their programs.
 * `npm run test:e2e` runs there what differs, `npm run test:e2e:all` everything.
 */
const olderReleases = Object.entries(process.env).flatMap(([name, folder]) => {
  const [, minor] = /^KUBEBUILDER_ASSETS_1_(\d+)$/.exec(name) ?? [];
  return minor === undefined || !folder ? [] : [{ release: `1.${minor}`, folder }];
});
const onOlderReleases = process.env.EVERY_RELEASE === undefined ? `{${differing.join()}}` : "*";

/** Each file has folders, ports and processes of its own. At least two at a time, for many of them mostly wait. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

/**
 * Tests that start programs get a second try in CI, where a change would otherwise wait for a machine's bad moment. The
 * run names those that needed it (`retry x1`). Unit tests get none: what fails there by chance is a case of its own.
 */
const retry = process.env.CI === undefined ? 0 : 1;

const project = (name: string, options: object) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], maxWorkers, ...options },
});

const endToEnd = { testTimeout: 120_000, hookTimeout: 180_000, retry };

export default defineConfig({
  test: {
    projects: [
      // These tests leave nothing behind, so files share a process: to start one takes longer than most of them run.
      project("unit", { testTimeout: 60_000, isolate: false }),
      project("worker", { testTimeout: 60_000, hookTimeout: 60_000, isolate: false, retry }),
      project("cli", { testTimeout: 60_000, hookTimeout: 60_000, retry }),
      project("e2e", endToEnd),
      ...olderReleases.map(({ release, folder }) =>
        project(`e2e-${release}`, {
          ...endToEnd,
          include: [`test/e2e/${onOlderReleases}.test.ts`],
          env: { KUBEBUILDER_ASSETS: folder, OLDER_RELEASE: release },
        }),
      ),
    ],
  },
});
