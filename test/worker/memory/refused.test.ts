// What GitHub no longer takes: noticed within the TTL, spread by KV, and never brought back by an outage.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import type { Fault } from "../../../src/local/github/faults.ts";
import type { StandInOrganisation } from "../../../src/local/github/organisations.ts";
import { startWorkerOnPort, type WorkerOnPort } from "../../support/worker-on-port.ts";

const ttlMs = 60_000;
const clusters = { production: { allow: ["org:acme"], token_kinds: ["classic"] } };
const down: Fault = { kind: "server_error", status: 503, body: "unicorn_html" };

let worker: WorkerOnPort;
let acme: StandInOrganisation;
beforeAll(async () => {
  worker = await startWorkerOnPort({ clusters, vars: { CACHE_TTL_SECONDS: String(ttlMs / 1000) } });
  acme = worker.github.addOrganisation({ login: "acme" });
});
afterAll(() => worker?.stop());

function newMember(): { account: StandInAccount; token: string } {
  const account = worker.github.addAccount({ login: `member-${Math.random().toString(36).slice(2, 10)}` });
  worker.github.addMember(acme, account);
  return { account, token: worker.github.issueToken(account, { kind: "classic", scopes: ["read:org"] }) };
}

const endings: readonly (readonly [string, (member: ReturnType<typeof newMember>) => void, object])[] = [
  ["revoked", ({ token }) => worker.github.revokeToken(token), { verdict: "unauthenticated", reason: "token_refused" }],
  [
    "of a suspended account",
    ({ token }) => worker.github.setFault(token, { kind: "suspended" }),
    { verdict: "denied", reason: "account_suspended" },
  ],
  [
    "of a person who left the organisation",
    ({ account }) => worker.github.removeMember(acme, account),
    { verdict: "unauthenticated", reason: "not_allowed" },
  ],
];

describe.each(endings)("a token %s", (_, end, expected) => {
  test("works until its facts are asked for again, and no longer", async () => {
    const member = newMember();
    await worker.review(member.token);
    end(member);
    expect((await worker.review(member.token)).decision).toMatchObject({ source: "memory", verdict: "authenticated" });
    worker.advance(ttlMs + 1_000);
    expect((await worker.review(member.token)).decision).toMatchObject({ source: "github", ...expected });
  });

  test("is out with the review after the one that let GitHub be asked in the background", async () => {
    const member = newMember();
    await worker.review(member.token);
    end(member);
    worker.advance(ttlMs / 2);
    expect((await worker.review(member.token)).decision.source).toBe("memory");
    expect((await worker.review(member.token)).decision).toMatchObject(expected);
  });

  test("stays out while GitHub is down, also in an isolate that has not heard of it", async () => {
    const member = newMember();
    await worker.review(member.token);
    end(member);
    worker.advance(ttlMs + 1_000);
    await worker.review(member.token);
    worker.github.setFault(member.token, down);
    // A "no" is remembered for 10 s; what comes then must hold without it.
    worker.advance(11_000);
    for (const isolate of ["the same", "a new one"]) {
      const { status } = await worker.review(member.token);
      expect({ isolate, status }).toEqual({ isolate, status: 503 });
      worker.newIsolate();
    }
  });
});

test("a refused token is asked about once in 10 s, and KV never hears of it", async () => {
  const { github } = worker;
  const { token } = newMember();
  github.revokeToken(token);
  const { kvWrites } = await worker.meters();
  const requests = () => github.requests.filter((request) => request.token === token).length;
  for (const _ of Array(5)) await worker.review(token);
  expect(requests()).toBe(1);
  expect((await worker.review(token)).decision).toMatchObject({ reason: "token_refused", source: "memory" });
  worker.advance(11_000);
  expect((await worker.review(token)).decision).toMatchObject({ reason: "token_refused", source: "github" });
  expect(requests()).toBe(2);
  expect((await worker.meters()).kvWrites).toBe(kvWrites);
});

test("a person who was let into the organisation a moment ago gets in a moment later", async () => {
  const { github } = worker;
  const account = github.addAccount({ login: "newcomer" });
  const token = github.issueToken(account, { kind: "classic", scopes: ["read:org"] });
  expect((await worker.review(token)).decision).toMatchObject({ reason: "not_allowed" });
  github.addMember(acme, account);
  worker.advance(11_000);
  expect((await worker.review(token)).decision).toMatchObject({ verdict: "authenticated", source: "github" });
});

test("a token that GitHub takes again is good again", async () => {
  const { github } = worker;
  const { token } = newMember();
  await worker.review(token);
  github.setFault(token, { kind: "body", status: 401, body: JSON.stringify({ message: "Bad credentials" }) });
  worker.advance(ttlMs + 1_000);
  expect((await worker.review(token)).decision).toMatchObject({ reason: "token_refused" });
  github.setFault(token, null);
  worker.advance(11_000);
  expect((await worker.review(token)).decision).toMatchObject({ verdict: "authenticated", source: "github" });
  worker.github.setFault(token, down);
  worker.advance(ttlMs + 1_000);
  expect((await worker.review(token)).decision).toMatchObject({ verdict: "authenticated", outageGrace: true });
});
