import { describe, expect, test } from "vitest";
import { createNegativeCache } from "../../../../src/worker/cache/negative-cache.ts";
import { limited, refused, seconds, startOfTests, unrecognised } from "./support.ts";

const now = startOfTests;

describe("remembered refusals", () => {
  test("are given for 10 s, to the token alone", () => {
    const refusals = createNegativeCache();
    refusals.add("a", refused, now);
    expect(refusals.get("a", now)).toEqual(refused);
    expect(refusals.get("a", now + seconds(10) - 1)).toEqual(refused);
    expect(refusals.get("a", now + seconds(10))).toBeNull();
    expect(refusals.get("b", now)).toBeNull();
  });

  test("are replaced by newer ones", () => {
    const refusals = createNegativeCache();
    refusals.add("a", refused, now);
    refusals.add("a", unrecognised, now + seconds(5));
    expect(refusals.get("a", now + seconds(14))).toEqual(unrecognised);
  });

  test("stand for as long as GitHub asked, but not longer than a minute", () => {
    const refusals = createNegativeCache();
    refusals.add("a", limited, now, seconds(30));
    refusals.add("b", limited, now, seconds(86_400));
    refusals.add("c", limited, now, null);
    expect(refusals.get("a", now + seconds(30) - 1)).toEqual(limited);
    expect(refusals.get("a", now + seconds(30))).toBeNull();
    expect(refusals.get("b", now + seconds(60) - 1)).toEqual(limited);
    expect(refusals.get("b", now + seconds(60))).toBeNull();
    expect(refusals.get("c", now + seconds(10))).toBeNull();
  });

  test("of a clock that was set back since do not stand", () => {
    const refusals = createNegativeCache();
    refusals.add("a", refused, now);
    expect(refusals.get("a", now - 1)).toBeNull();
  });

  test("are bounded in number", () => {
    const refusals = createNegativeCache();
    for (let index = 0; index <= 20_000; index += 1) refusals.add(String(index), refused, now);
    expect(refusals.get("0", now)).toBeNull();
    expect(refusals.get("1", now)).toEqual(refused);
    expect(refusals.get("20000", now)).toEqual(refused);
  });
});
