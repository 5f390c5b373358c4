// People with kubelogin: when they ask the sign-in hostname, with which of GitHub's tokens, and how often.
import { describe, expect, test } from "vitest";
import { rowsOf } from "../../docs/markdown.ts";
import type { JobResult } from "../../simulate/jobs.ts";
import { createSignIn } from "../../simulate/scenarios/door.ts";
import { distinctJobs, findingsOf } from "../../simulate/studies/findings.ts";
import { signInStudy } from "../../simulate/studies/sign-in.ts";
import { createAgent } from "../../simulate/world/agents.ts";
import { noCounts } from "../../simulate/world/counts.ts";
import { hourMs } from "../../simulate/world/habits.ts";
import { startOfDay } from "../../simulate/world/play.ts";
import { Random } from "../../simulate/world/random.ts";

const secondMs = 1000;
const withoutApiservers = { clusters: 3, apiserversPerCluster: 0 };

function scene({ isAdmitted = true, habit = "operator" as "operator" | "bot" } = {}) {
  const decided: { readonly token: string; readonly cluster: number }[] = [];
  const reviewed: string[] = [];
  const agent = { ...createAgent({ clusters: 3 }, 0, habit, new Random(1), null), clusters: [0, 1, 2] };
  const planet = {
    github: { mostCostingCallsInAnHour: 0 },
    async present(token: string) {
      reviewed.push(token);
      return { isAdmitted, wasAsked: true };
    },
    async decide(token: string, cluster: number) {
      decided.push({ token, cluster });
      return isAdmitted;
    },
  };
  const { present, requestsOfDay } = createSignIn(withoutApiservers);
  const command = (time: number, choice = 0) =>
    present(planet, agent, { time: startOfDay + time, agent: 0, choice, apiserver: 0 });
  return { decided, reviewed, requestsOfDay, command };
}

/** A command every ten seconds, for eight hours, of a person who was there the day before. */
async function askAllDay({ command }: ReturnType<typeof scene>, choices: readonly number[]): Promise<void> {
  for (const choice of choices) await command(-16 * hourMs, choice);
  for (let time = 0; time < 8 * hourMs; time += 10 * secondMs)
    for (const choice of choices) await command(time, choice);
}

describe("a person with kubelogin", () => {
  test("signs in with six requests and two decisions, and asks nothing more while the ID token stands", async () => {
    const { command, requestsOfDay, decided } = scene();
    expect(await command(0)).toEqual({ isAdmitted: true, wasAsked: true });
    expect(await command(599 * secondMs)).toEqual({ isAdmitted: true, wasAsked: false });
    expect([requestsOfDay(), decided.length]).toEqual([6, 2]);
  });

  test("refreshes with three requests and one decision once the ID token has ended", async () => {
    const { command, requestsOfDay, decided } = scene();
    await command(0);
    await command(600 * secondMs);
    expect([requestsOfDay(), decided.length]).toEqual([6 + 3, 2 + 1]);
  });

  test("signs in to a further cluster without GitHub's page, with the same token of GitHub", async () => {
    const { command, requestsOfDay, decided } = scene();
    await command(0);
    await command(0, 1);
    expect(requestsOfDay()).toBe(6 + 5);
    expect(decided.map(({ cluster }) => cluster)).toEqual([0, 0, 1, 1]);
    expect(new Set(decided.map(({ token }) => token)).size).toBe(1);
  });

  test("signs in anew after eight hours, with another token of GitHub, and no ID token outlives the session", async () => {
    const { command, requestsOfDay, decided } = scene();
    await command(0);
    await command(8 * hourMs - secondMs);
    expect(await command(8 * hourMs)).toEqual({ isAdmitted: true, wasAsked: true });
    // kubelogin tries the old refresh token first.
    expect(requestsOfDay()).toBe(6 + 3 + 1 + 6);
    expect(new Set(decided.map(({ token }) => token)).size).toBe(2);
  });

  test("is asked to sign in at each cluster again after that", async () => {
    const { command, requestsOfDay } = scene();
    await command(0);
    await command(0, 1);
    await command(8 * hourMs, 1);
    await command(8 * hourMs, 0);
    expect(requestsOfDay()).toBe(6 + 5 + (1 + 6) + (1 + 5));
  });

  test.each([
    { choices: [0], requests: 148, decisions: 2 + 2 + 47 },
    { choices: [0, 1, 2], requests: 442, decisions: 3 * (2 + 2 + 47) },
  ])("who asks all day long makes $requests requests", async ({ choices, requests, decisions }) => {
    const all = scene();
    await askAllDay(all, choices);
    expect([all.requestsOfDay(), all.decided.length]).toEqual([requests, decisions]);
  });

  test("gets no ID token where the policy refuses", async () => {
    const { command, decided } = scene({ isAdmitted: false });
    expect(await command(0)).toEqual({ isAdmitted: false, wasAsked: true });
    expect(await command(secondMs)).toEqual({ isAdmitted: false, wasAsked: true });
    // The browser is told, so the program asks nothing.
    expect(decided).toHaveLength(2);
  });

  test("is counted on the day alone, not on the evening before", async () => {
    const { command, requestsOfDay, decided } = scene();
    await command(-hourMs);
    expect(decided).toHaveLength(2);
    expect(requestsOfDay()).toBe(0);
  });
});

test("a bot goes on with the webhook", async () => {
  const { command, reviewed, decided, requestsOfDay } = scene({ habit: "bot" });
  await command(0);
  expect([reviewed.length, decided.length, requestsOfDay()]).toEqual([1, 0, 0]);
});

test("each apiserver reads discovery and keys once", () => {
  expect(createSignIn({ clusters: 3, apiserversPerCluster: 3 }).requestsOfDay()).toBe(18);
});

test("the study says what people cost, and how many the free plan serves together with their bots", () => {
  const { needs, report } = signInStudy(1_000, 1);
  const jobs = distinctJobs(needs);
  const people = { ...noCounts(), reviews: 20_000, kvReads: 1, kvWrites: 5_000, fromMemory: 1, fromGitHub: 3 };
  const bots = { ...noCounts(), reviews: 5_000, kvWrites: 1_250 };
  const results = jobs.map((): JobResult => ({ kind: "door", day: { people, bots } }));
  const { markdown } = report(findingsOf(jobs, results));
  const rows = rowsOf(markdown).filter(([door]) => door === "webhook" || door === "sign-in");
  expect(rows).toHaveLength(8);
  for (const [, , , ...cells] of rows) {
    expect(cells).toEqual(["20.0", "5.0", "75 %", "4,000", "100,000,000", "160", "160"]);
  }
  expect(markdown).toContain("A bot is 500 Worker requests and 125 KV writes a day.");
  expect(rowsOf(markdown)).toContainEqual(["1", "148", "48", "48", "20"]);
  expect(rowsOf(markdown)).toContainEqual(["3", "442", "48", "144", "6"]);
});
