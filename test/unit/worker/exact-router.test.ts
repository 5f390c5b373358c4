import { expect, test } from "vitest";
import { ExactRouter } from "../../../src/worker/exact-router.ts";

const router = new ExactRouter<string>();
router.add("GET", "/a", "get a");
router.add("ALL", "/a", "any other a");
router.add("POST", "/b", "post b");

test.each([
  ["GET", "/a", "get a"],
  ["POST", "/a", "any other a"],
  ["X", "/a", "any other a"],
  ["POST", "/b", "post b"],
])("%s %s is %s's", (method, path, handler) => {
  expect(router.match(method, path)).toEqual([[[handler, {}]]]);
});

test.each([
  ["GET", "/b"],
  ["GET", "/a/"],
  ["GET", "//a"],
  ["GET", "/A"],
  ["GET", "/a/a"],
  ["GET", ""],
  ["GET", "constructor"],
  ["constructor", "/b"],
])("%s %s is nobody's", (method, path) => {
  expect(router.match(method, path)).toEqual([[]]);
});
