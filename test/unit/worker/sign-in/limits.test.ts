import { describe, expect, test } from "vitest";
import { callerAddress } from "../../../../src/worker/sign-in/caller-address.ts";
import { createMinuteCount } from "../../../../src/worker/sign-in/minute-count.ts";
import { createOneTimeUse } from "../../../../src/worker/sign-in/one-time-use.ts";
import { parseParameters } from "../../../../src/worker/sign-in/parameters.ts";

describe("the address of a caller", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:DB8:0001:0002:ffff::1", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:203.0.113.7", "203.0.113.7"],
    ["", null],
    [null, null],
  ])("%s counts as %s", (address, expected) => {
    const headers = new Headers(address === null ? {} : { "cf-connecting-ip": address });
    expect(callerAddress(new Request("https://login.example.com", { headers }))).toBe(expected);
  });

  const ofWorker = (zone: string | null, address = "2a06:98c0:3600::103") => {
    const headers = { "cf-connecting-ip": address, ...(zone === null ? {} : { "cf-worker": zone }) };
    return callerAddress(new Request("https://login.example.com", { headers }));
  };

  test("that is a Worker is its zone's own: all zones' Workers have one address, and could lock each other out", () => {
    expect(ofWorker("grafana.example")).toBe(ofWorker("Grafana.example", "2A06:98C0:3600:0:0:0:0:103"));
    const zones = ["grafana.example", "attacker.workers.dev", null];
    expect(new Set(zones.map((zone) => ofWorker(zone))).size).toBe(3);
    expect(ofWorker("z".repeat(10_000))?.length).toBeLessThan(300);
  });

  test("that is no Worker is not changed by a zone that the caller names", () => {
    expect(ofWorker("made-up.example", "192.0.2.1")).toBe("192.0.2.1");
    expect(ofWorker("made-up.example", "2a06:98c0:3601::103")).toBe("2a06:98c0:3601:0");
  });
});

describe("what happens", () => {
  test("is counted for each key and minute", () => {
    let now = 0;
    const count = createMinuteCount(2, () => now);
    count.add("one");
    expect(count.isOver("one")).toBe(false);
    count.add("one");
    expect([count.isOver("one"), count.isOver("other")]).toEqual([true, false]);
    now = 59_999;
    expect(count.isOver("one")).toBe(true);
    now = 60_000;
    expect(count.isOver("one")).toBe(false);
  });
});

test("an id is used once", () => {
  const once = createOneTimeUse();
  expect([once.use("a"), once.use("a"), once.use("b")]).toEqual([true, false, true]);
});

describe("parameters", () => {
  test("are decoded as forms are", () => {
    const { get, faults } = parseParameters("a=1+2&b=%C3%A9&c=&d&&e=x%3Dy=z");
    expect(["a", "b", "c", "d", "e", "f"].map(get)).toEqual(["1 2", "é", null, null, "x=y=z", null]);
    expect(faults.size).toBe(0);
  });

  test.each([
    ["a=1&a=1", "a", "is there twice"],
    ["a=&a=1", "a", "is there twice"],
    ["%61=1&a=2", "a", "is there twice"],
    ["a=%ff", "a", "is not percent-encoded UTF-8"],
    ["a=%", "a", "is not percent-encoded UTF-8"],
    ["%ff=1", "", "is not percent-encoded UTF-8"],
    ["=1", "", "is not percent-encoded UTF-8"],
  ])("%s: %j %s, and has no value", (text, name, fault) => {
    const { get, faults } = parseParameters(text);
    expect([...faults]).toEqual([[name, fault]]);
    expect(get(name)).toBeNull();
  });

  test("may be called like the members of every object", () => {
    const { get } = parseParameters("a=1");
    expect([get("constructor"), get("__proto__"), get("toString")]).toEqual([null, null, null]);
  });
});
