// Floods of made-up tokens: the wrong ones cost nothing, the right-looking ones at most the cap, and no user who was
// ever let in notices.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import { makeToken } from "../../../src/local/github/token.ts";
import { isThorough } from "../../support/thoroughness.ts";
import { startWorkerOnWorkerd, type WorkerOnWorkerd } from "../../support/worker-on-workerd.ts";

/**
 * Long enough for a flood to be over before half of it: then GitHub would be asked about people at work, in the
 * background.
 */
const ttlMs = 600_000;
const graceMs = 600_000;
const vars = { CACHE_TTL_SECONDS: String(ttlMs / 1000), OUTAGE_GRACE_SECONDS: String(graceMs / 1000) };
const member = { allow: ["org:acme"], token_kinds: ["classic", "fine_grained"] };
const neverSeenLimit = 300;
const concurrency = 32;
const [wrongTokens, madeUpTokens] = isThorough ? [20_000, 5_000] : [5_000, 2_000];
/** A machine that does much besides needs longer. */
const timeoutMs = 180_000;

let worker: WorkerOnWorkerd;
let mona: StandInAccount;
beforeEach(async () => {
  worker = await startWorkerOnWorkerd({ clusters: { production: member }, vars });
  mona = worker.github.addAccount({ login: "mona" });
  worker.github.addMember(worker.github.addOrganisation({ login: "acme" }), mona);
});
afterEach(() => worker?.stop());

const newToken = () => worker.github.issueToken(mona, { kind: "classic", scopes: ["read:org"] });
const isAuthenticated = ({ body }: { body: string }) => JSON.parse(body).status.authenticated === true;

/**
 * Asks about so many tokens, with so many reviews under way at a time.
 *
 * @returns how many were answered with which status
 */
async function flood(count: number, make: () => string): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  let left = count;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left > 0) {
        left -= 1;
        const { status, body } = await worker.ask(make());
        if (body.includes('"authenticated":true')) throw new Error("a made-up token got in");
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  return statuses;
}

/** Tokens of the right form with a wrong checksum: GitHub did not issue them. */
function makerOfWrongTokens(): () => string {
  const checksum = makeToken("classic").slice(-6);
  let count = 0;
  return () => {
    count += 1;
    return `ghp_${String(count).padStart(30, "x")}${checksum}`;
  };
}

test("tokens with wrong checksums cost no call to GitHub and no operation of KV", {
  timeout: timeoutMs,
}, async () => {
  // A real user before and after: the counters do count.
  const token = newToken();
  expect(isAuthenticated(await worker.ask(token))).toBe(true);
  await worker.meters();
  const counts = await worker.storeCounts();
  expect(counts).toEqual({ reads: 1, writes: 1 });
  worker.github.requests.length = 0;

  expect(await flood(wrongTokens, makerOfWrongTokens())).toEqual({ 200: wrongTokens });

  expect(worker.github.requests).toEqual([]);
  expect(await worker.storeCounts()).toEqual(counts);
  expect(await worker.meters()).toEqual({ kvReads: 1, kvWrites: 1, underWay: 0 });
});

describe.each([
  ["", false],
  [", with a changed policy in between", true],
])("during a flood of tokens with right checksums%s", (_, isPolicyChanged) => {
  test("people at work are answered warm, and who comes back after TTL and grace gets in", {
    timeout: timeoutMs,
  }, async () => {
    const [away = "", ...atWork] = Array.from({ length: 4 }, newToken);
    expect(isAuthenticated(await worker.ask(away))).toBe(true);
    await worker.meters();
    worker.advance(ttlMs + graceMs + 1_000);
    if (isPolicyChanged) worker.newIsolate({ production: { ...member, allow: ["org:acme", "team:acme/platform"] } });
    worker.limitNeverSeen(neverSeenLimit + atWork.length);
    for (const token of atWork) expect(isAuthenticated(await worker.ask(token))).toBe(true);
    await worker.meters();
    const { writes } = await worker.storeCounts();
    worker.github.requests.length = 0;

    let isOver = false;
    const flooding = flood(madeUpTokens, () => makeToken("classic")).finally(() => {
      isOver = true;
    });
    const warm: boolean[] = [];
    let returned: boolean | null = null;
    while (!isOver) {
      for (const token of atWork) warm.push(isAuthenticated(await worker.ask(token)));
      // By then the cap is reached.
      if (returned === null && worker.github.requests.length >= neverSeenLimit) {
        returned = isAuthenticated(await worker.ask(away));
      }
    }
    const statuses = await flooding;

    expect(warm.length).toBeGreaterThan(20);
    expect(new Set(warm)).toEqual(new Set([true]));
    expect(returned).toBe(true);
    const askedAbout = Map.groupBy(worker.github.requests, ({ token }) => token);
    for (const token of atWork) expect(askedAbout.has(token)).toBe(false);
    expect(askedAbout.delete(away)).toBe(true);
    expect(askedAbout.size).toBe(neverSeenLimit);
    expect(statuses).toEqual({ 200: neverSeenLimit, 503: madeUpTokens - neverSeenLimit });
    await worker.meters();
    // The one who came back: of all the others' tokens KV never hears.
    expect((await worker.storeCounts()).writes).toBe(writes + 1);
  });
});
