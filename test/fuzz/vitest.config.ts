// The tests that `npm run fuzz` runs, with a fault in the code where one is planted.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { type PlantedFault, plantedFaults } from "./planted-faults.ts";
import { folder } from "./targets.ts";

/** The variable with the name of a planted fault. */
const planted = plantedFaults.find(({ name }) => name === process.env.OCTOGATE_PLANTED_FAULT);

const root = fileURLToPath(new URL("../..", import.meta.url));

export default defineConfig({
  root,
  plugins: planted === undefined ? [] : [plant(planted)],
  // The cache of transformed files knows of no planted fault.
  test: {
    root,
    include: [`${folder}/*.test.ts`],
    fsModuleCache: false,
    setupFiles: [`${root}test/support/any-input.ts`],
  },
});

function plant({ file, from, to }: PlantedFault) {
  const path = `${root}src/${file}`;
  if (readFileSync(path, "utf8").split(from).length !== 2) throw new Error(`${file} has not once: ${from}`);
  return {
    name: "planted-fault",
    enforce: "pre" as const,
    transform: (code: string, id: string) => (id === path ? code.replace(from, () => to) : null),
  };
}
