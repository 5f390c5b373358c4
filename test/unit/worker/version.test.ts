import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "../../../src/worker/version.ts";

test("the Worker says the version that package.json has", () => {
  expect(JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"))).toMatchObject({
    version,
  });
});
