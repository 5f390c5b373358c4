import { expect, test } from "vitest";
import { ExactRouter } from "../../../../src/worker/http/exact-router.ts";

const router = new ExactRouter<string>();
router.add("GET", "/readyz", "first check");
router.add("GET", "/readyz", "answer");
router.add("POST", "/authenticate", "review");
router.add("ALL", "/readyz", "not allowed");

test("a path gets the handlers of its method and of every method, in the order in which they were added", () => {
  expect(router.match("GET", "/readyz")).toEqual([
    [
      ["first check", {}],
      ["answer", {}],
      ["not allowed", {}],
    ],
  ]);
  expect(router.match("DELETE", "/readyz")).toEqual([[["not allowed", {}]]]);
});

test.each(["/authenticate/", "/Authenticate", "/authenticate/x", "//authenticate", "/authenticate?", "", "*"])(
  "%j is another path than /authenticate",
  (path) => {
    expect(router.match("POST", path)).toEqual([[]]);
  },
);
