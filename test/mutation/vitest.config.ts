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
      "test/unit/worker/{cache,credential,policy,github,token-review}/**/*.test.ts",
      "test/unit/worker/http/client-certificate.test.ts",
    ],
    // Thousands of random answers or of combined faults for each mutant would take hours.
    exclude: ["**/organisation-answers.test.ts", "**/{fault,leaver}-matrix.test.ts"],
    testTimeout: 20_000,
  },
});
