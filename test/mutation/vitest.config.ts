// The tests that mutants have to get past: the unit tests of the code that is mutated.
// Black-box tests bundle the sources themselves: no mutant is in there.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The first test that fails ends a mutant, so files that have just failed come first, and then the quick ones. Vitest
 * begins with those that take longest.
 */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = (file: TestSpecification) => {
      const result = this.ctx.cache.getTestSpecificationResult(file);
      return result?.failed === true ? -1 : (result?.duration ?? 0);
    };
    return files.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  root,
  test: {
    root,
    include: [
      "test/unit/worker/{cache,credential,github,http,policy,workflows}/**/*.test.ts",
      "test/unit/worker/authenticate.test.ts",
    ],
    // Thousands of random answers or of combined faults for each mutant would take hours.
    exclude: ["**/memberships/properties.test.ts", "**/{fault,leaver}-matrix.test.ts"],
    sequence: { sequencer: QuickFirst },
    testTimeout: 10_000,
  },
});
