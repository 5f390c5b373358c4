// What the memory of an isolate occupies when it is full: an isolate that has more than 128 MB is ended.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { factsIn } from "../../../../src/worker/cache/dated-facts.ts";
import { factsEntryOf } from "../../../../src/worker/cache/entry.ts";
import { createMemory, emptyRecord, maxBytes } from "../../../../src/worker/cache/memory.ts";
import type { ClusterPolicy } from "../../../../src/worker/config/cluster.ts";
import { factsRequestOf } from "../../../../src/worker/policy/evaluate.ts";
import { evaluationOf } from "../../../../src/worker/policy/evaluation.ts";
import { factsOf, memberOf, membershipsFor, policyOf, startOfTests } from "../support.ts";

const now = () => startOfTests;
const slugs = Array.from({ length: 200 }, (_, index) => `a-team-with-a-name-${index}`);

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

/** As KV hands an entry over, no two of which share a string. */
function parsedEntry(policy: ClusterPolicy, index: number) {
  const teams = Object.fromEntries(slugs.map((slug, at) => [slug, 1_000_000 + at]));
  const isInTeams = policy.allow.some(({ kind }) => kind === "team");
  const facts = factsOf({
    account: { id: index + 1, login: `member-${index}` },
    organisations: membershipsFor(policy, { acme: memberOf("acme", 1234, isInTeams ? teams : {}) }),
  });
  const credentialId = `GITHUBSHA256=${String(index).padStart(64, "0")}`;
  const request = factsRequestOf("production", policy, { tokenKind: "classic", credentialId });
  const entry = factsEntryOf(facts, request, { credentialId, askedAt: startOfTests, validators: {} });
  return { entry: structuredClone(entry), request };
}

test.each([
  ["of members", policyOf({ allow: ["org:acme#1234"], groups_from: ["acme"] })],
  [
    "of members of many teams, whose names are not pinned",
    policyOf({ allow: slugs.map((slug) => `team:acme/${slug}`), groups_from: ["acme"] }),
  ],
])("a full memory %s has its 32 MiB, with what a policy made of them", (_, policy) => {
  const memory = createMemory(now);
  const before = heapBytes();
  for (let index = 0; memory.size === index; index += 1) {
    const { entry, request } = parsedEntry(policy, index);
    const token = `ghp_${String(index).padStart(36, "0")}`;
    memory.update(token, emptyRecord, () => ({ ...emptyRecord, entry, kvCopy: entry }));
    const dated = factsIn(entry, request, now(), { ttlMs: 120_000, graceMs: 600_000 });
    if (dated === null) throw new Error("there is a part missing");
    const { verdict } = evaluationOf(policy, { tokenKind: "classic", credentialId: entry.credentialId }, dated.facts);
    expect(verdict.kind).toBe("authenticated");
  }
  const occupied = heapBytes() - before;
  expect(memory.size).toBeGreaterThan(500);
  expect(occupied).toBeGreaterThan(maxBytes / 2);
  expect(occupied).toBeLessThan(maxBytes);
});
