// The parts of the simulated world: chance, the calendar, apiservers, KV and the limiter.
import { describe, expect, test } from "vitest";
import { Apiserver } from "../../simulate/world/apiserver.ts";
import { Calendar, maxAgents, maxApiservers, maxChoices } from "../../simulate/world/calendar.ts";
import { noCounts } from "../../simulate/world/counts.ts";
import { createKv, freeReadsADay, freeWritesADay } from "../../simulate/world/kv.ts";
import { createLimiter } from "../../simulate/world/limiter.ts";
import { Random } from "../../simulate/world/random.ts";
import { regionOf, settingsFor } from "../../simulate/world/settings.ts";

describe("chance", () => {
  const draw = (random: Random) => Array.from({ length: 20 }, () => random.next());

  test("is the same for the same seed and purpose", () => {
    expect(draw(new Random(7, "kv"))).toEqual(draw(new Random(7, "kv")));
  });

  test("is another one for another seed or purpose", () => {
    expect(draw(new Random(7, "kv"))).not.toEqual(draw(new Random(8, "kv")));
    expect(draw(new Random(7, "agent", 1))).not.toEqual(draw(new Random(7, "agent", 2)));
  });

  test("has the means that it is asked for", () => {
    const random = new Random(1, "means");
    const meanOf = (next: () => number) =>
      Array.from({ length: 20_000 }, next).reduce((sum, it) => sum + it, 0) / 20_000;
    expect(meanOf(() => random.exponential(60))).toBeCloseTo(60, -1);
    expect(meanOf(() => random.poisson(4))).toBeCloseTo(4, 1);
    expect(meanOf(() => random.below(10))).toBeCloseTo(4.5, 1);
    expect(meanOf(() => random.between(10, 20))).toBeCloseTo(15, 1);
  });
});

describe("the calendar", () => {
  test("hands back what was added, in the order of time", () => {
    const calendar = new Calendar();
    const late = { time: 172_799_999, agent: maxAgents - 1, choice: maxChoices - 1, apiserver: maxApiservers - 1 };
    const early = { time: 3, agent: 0, choice: 1, apiserver: 2 };
    calendar.add(late);
    calendar.add(early);
    expect([...calendar.inOrder()]).toEqual([early, late]);
  });

  test("grows with what is added", () => {
    const calendar = new Calendar();
    for (let time = 5_000; time > 0; time -= 1) calendar.add({ time, agent: time, choice: 0, apiserver: 0 });
    expect(calendar.length).toBe(5_000);
    expect([...calendar.inOrder()].map(({ time }) => time)).toEqual(
      Array.from({ length: 5_000 }, (_, index) => index + 1),
    );
  });
});

describe("an apiserver", () => {
  test("remembers a yes for its own time to live", () => {
    const apiserver = new Apiserver(30_000);
    apiserver.remember("token", true, 0);
    expect(apiserver.lookUp("token", 29_999)).toBe(true);
    expect(apiserver.lookUp("other", 0)).toBeNull();
  });

  test("remembers a yes for ten seconds more if it was used shortly before its end", () => {
    const apiserver = new Apiserver(30_000);
    apiserver.remember("token", true, 0);
    apiserver.lookUp("token", 29_000);
    expect(apiserver.lookUp("token", 38_999)).toBe(true);
    expect(apiserver.lookUp("token", 39_000)).toBeNull();
  });

  test("remembers a no as long, but never longer", () => {
    const apiserver = new Apiserver(30_000);
    apiserver.remember("token", false, 0);
    expect(apiserver.lookUp("token", 29_999)).toBe(false);
    expect(apiserver.lookUp("token", 30_000)).toBeNull();
  });

  test("still remembers a yes for ten seconds where its own cache is turned off", () => {
    const apiserver = new Apiserver(0);
    apiserver.remember("yes", true, 0);
    apiserver.remember("no", false, 0);
    expect(apiserver.lookUp("yes", 9_999)).toBe(true);
    expect(apiserver.lookUp("no", 0)).toBeNull();
  });
});

describe("KV", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  function namespace(plan: "free" | "paid" = "paid") {
    const clock = { time: Date.UTC(2026, 0, 5) };
    const meter = { counts: noCounts() };
    const seenFrom = createKv({ now: () => clock.time, meter, random: new Random(1), lagSeconds: 60, plan });
    return { clock, meter, here: seenFrom(0), there: seenFrom(1) };
  }
  const textOf = (value: ArrayBuffer | null) => (value === null ? null : new TextDecoder().decode(value));

  test("shows a write at once where it was written, and not within a minute elsewhere", async () => {
    const { clock, here, there } = namespace();
    await here.put("name", bytes("one"), 60);
    expect(textOf(await here.get("name"))).toBe("one");
    clock.time += 59_999;
    expect(await there.get("name")).toBeNull();
    clock.time += 600_000;
    expect(textOf(await there.get("name"))).toBe("one");
  });

  test("keeps what it read for 30 seconds, also that there was nothing", async () => {
    const { clock, here, there } = namespace();
    await here.put("name", bytes("one"), 60);
    // What the namespace has drawn for this write.
    const lagMs = 60_000 + new Random(1).exponential(30_000);
    clock.time += lagMs - 1;
    expect(await there.get("name")).toBeNull();
    clock.time += 29_999;
    expect(await there.get("name")).toBeNull();
    clock.time += 1;
    expect(textOf(await there.get("name"))).toBe("one");
  });

  test("still shows elsewhere what was there before, while something newer is on its way", async () => {
    const { clock, here, there } = namespace();
    await here.put("name", bytes("one"), 60);
    clock.time += 600_000;
    await here.put("name", bytes("two"), 60);
    expect(textOf(await there.get("name"))).toBe("one");
  });

  test("takes one write a second to a name", async () => {
    const { clock, meter, here, there } = namespace();
    await here.put("name", bytes("one"), 60);
    await expect(there.put("name", bytes("two"), 60)).rejects.toThrow("429");
    await there.put("other", bytes("two"), 60);
    clock.time += 1_000;
    await there.put("name", bytes("three"), 60);
    expect(meter.counts).toMatchObject({ kvWrites: 3, kvWritesRefused: 1 });
  });

  test("refuses what is beyond the free plan's limits until the next day", async () => {
    const { clock, meter, here } = namespace("free");
    for (let write = 0; write < freeWritesADay; write += 1) await here.put(`name ${write}`, bytes("one"), 60);
    await expect(here.put("one more", bytes("one"), 60)).rejects.toThrow();
    for (let read = 0; read < freeReadsADay; read += 1) await here.get("name 1");
    await expect(here.get("name 1")).rejects.toThrow();
    expect(meter.counts).toMatchObject({ kvWritesRefused: 1, kvReadsRefused: 1 });
    clock.time += 86_400_000;
    await here.put("one more", bytes("one"), 60);
    expect(await here.get("one more")).not.toBeNull();
  });
});

test("the limiter lets 300 a minute through for each cluster", async () => {
  const clock = { time: 0 };
  const admit = createLimiter(() => clock.time);
  const admitted = async (cluster: string, count: number) => {
    let sum = 0;
    for (let index = 0; index < count; index += 1) if (await admit(cluster)) sum += 1;
    return sum;
  };
  expect(await admitted("one", 400)).toBe(300);
  expect(await admitted("two", 100)).toBe(100);
  clock.time += 60_000;
  expect(await admitted("one", 10)).toBe(10);
});

test("regions share people and clusters, and have a seed of their own", () => {
  const settings = settingsFor(10_001, { regions: 2 });
  const [one, two] = [regionOf(settings, 0), regionOf(settings, 1)];
  expect(one.people + two.people).toBe(10_001);
  expect(one.clusters + two.clusters).toBe(settings.clusters);
  expect(one.seed).not.toBe(two.seed);
});
