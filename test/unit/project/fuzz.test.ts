// What `npm run fuzz` tries is what there is, and the faults that are planted to try it fit the code.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantedFaults } from "../../fuzz/planted-faults.ts";
import { folder, targets } from "../../fuzz/targets.ts";
import { repositoryRoot } from "../../support/worker-config.ts";

test("every property that holds for any input is a target, and together they get all inputs", () => {
  const files = globSync("*.test.ts", { cwd: join(repositoryRoot, folder) });
  expect(targets.map(({ file }) => file).sort()).toEqual(files.sort());
  expect(targets.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
});

test("every target has a fault that it has to find", () => {
  expect(new Set(plantedFaults.map(({ foundBy }) => foundBy))).toEqual(new Set(targets.map(({ file }) => file)));
});

test.each(plantedFaults)("the fault “$name” can be planted", ({ file, from, to }) => {
  expect(readFileSync(join(repositoryRoot, "src", file), "utf8").split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
