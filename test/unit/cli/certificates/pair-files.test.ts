import { expect, test } from "vitest";
import { ClusterFolder } from "../../../../src/cli/certificates/pair-files.ts";

test.each(["..", "../elsewhere", "a/b", ".", "", "/etc", "A", "a\u0000b"])("no folder of %j can be named", (name) => {
  expect(() => new ClusterFolder("/nowhere", name)).toThrow("is no name of a cluster");
});
