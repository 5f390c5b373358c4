// The tests that mutants have to get past: the unit tests of the code that is mutated.
// Black-box tests bundle the sources themselves: no mutant is in there.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../..", import.meta.url));

export default defineConfig({
  root,
  test: {
    root,
    include: [
      "test/unit/worker/{cache,credential,github,http,policy}/**/*.test.ts",
      "test/unit/worker/authenticate.test.ts",
    ],
    // Thousands of random answers or of combined faults for each mutant would take hours.
    exclude: ["**/memberships/properties.test.ts", "**/{fault,leaver}-matrix.test.ts"],
    testTimeout: 20_000,
  },
});
