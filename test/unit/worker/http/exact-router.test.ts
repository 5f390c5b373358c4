import { describe, expect, test } from "vitest";
import { ExactRouter } from "../../../../src/worker/http/exact-router.ts";

describe("a path", () => {
  const router = new ExactRouter<string>();
  router.add("POST", "/authenticate", "first");
  router.add("POST", "/authenticate", "second");
  router.add("GET", "/healthz", "health");
  const handlersOf = (method: string, path: string) => router.match(method, path)[0].map(([handler]) => handler);

  test("leads to its handlers, in their order", () => {
    expect(handlersOf("POST", "/authenticate")).toEqual(["first", "second"]);
    expect(handlersOf("GET", "/healthz")).toEqual(["health"]);
  });

  test.each([
    ["GET", "/authenticate"],
    ["post", "/authenticate"],
    ["POST", "/authenticate/"],
    ["POST", "//authenticate"],
    ["POST", "/Authenticate"],
    ["POST", "/authenticate/x"],
    ["POST", ""],
    ["GET", "/*"],
  ])("leads nowhere in any other form: %s %s", (method, path) => {
    expect(handlersOf(method, path)).toEqual([]);
  });
});
