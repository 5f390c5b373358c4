// What holds for every token, claim and policy: admission as a second reading of the rules has it, names that are safe,
// and no exception.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClusterPolicy,
  groupForms,
  readClusterPolicy,
  usernameForms,
} from "../../../../src/worker/config/cluster.ts";
import { isWorkflowToken } from "../../../../src/worker/credential/kind.ts";
import { evaluateWorkflow } from "../../../../src/worker/policy/evaluate-workflow.ts";
import { findWorkflowWarnings } from "../../../../src/worker/policy/name-warnings.ts";
import { type WorkflowFacts, workflowFactsOf } from "../../../../src/worker/workflows/facts.ts";
import { clusterTable } from "../support.ts";
import { actionsIssuer, claimsIn, startWorkflowApp, workflowToken } from "./support.ts";

// Few values, so that they often meet.
const repositories = fc.constantFrom("acme/shop", "acme/shop", "Acme/Shop", "mallory/shop");
const ids = fc.constantFrom(1, 1, 2);
const files = fc.constantFrom(
  ".github/workflows/a.yml",
  ".github/workflows/a.yml",
  ".github/workflows/A.yml",
  ".github/workflows/b c.yaml",
);
const refs = fc.constantFrom(
  "refs/heads/main",
  "refs/heads/main",
  "refs/heads/Main",
  "refs/tags/v@refs/heads/main",
  "refs/heads/x#1/1",
);
const environments = fc.constantFrom(
  "prod",
  "prod",
  "prod",
  "PROD",
  "prod/eu",
  "prod ",
  "a#b",
  "prod#1/1",
  "ö",
  "\u212a",
  "k",
);
const events = fc.constantFrom("push", "push", "pull_request_target");

const facts: fc.Arbitrary<WorkflowFacts> = fc.record({
  host: fc.constant("github.com"),
  tokenId: fc.constant("jti"),
  audience: fc.constantFrom("ours", "ours", "ours", "another", null),
  expiresAt: fc.constant(1),
  notBefore: fc.constant(0),
  repository: fc.record({ name: repositories, id: ids, ownerId: ids }),
  workflowRef: fc.oneof(
    fc.constant(null),
    fc.tuple(repositories, files, refs).map(([name, path, ref]) => `${name}/${path}@${ref}`),
    fc.string({ maxLength: 40 }),
  ),
  environment: fc.oneof(fc.constant(null), environments),
  event: events,
  actor: fc.constantFrom("ada", "Ada", "dependabot[bot]", null),
  actorId: fc.constantFrom(101, 102, null),
  runId: fc.constantFrom("1", null),
  runAttempt: fc.constantFrom("1", null),
  sha: fc.constant(null),
});

const pins = fc.oneof(
  fc.constant(""),
  fc.tuple(ids, ids).map(([ownerId, id]) => `#${ownerId}/${id}`),
);
const workflowEntries = fc
  .tuple(repositories, files, refs, pins)
  .map(([name, path, ref, pin]) => `workflow:${name}/${path}@${ref}${pin}`);
const environmentEntries = fc
  .tuple(repositories, environments, pins)
  .map(([name, environment, pin]) => `environment:${name}/${environment}${pin}`);
const repositoryEntries = fc.tuple(repositories, pins).map(([name, pin]) => `repository:${name}${pin}`);
const peopleEntries = fc.constantFrom("org:acme#1", "user:ada#101", "user:ada", "team:acme/x#2");

const tables = fc.record({
  allow: fc.array(fc.oneof(workflowEntries, environmentEntries, peopleEntries, fc.constant("anyone")), {
    minLength: 1,
    maxLength: 4,
  }),
  deny: fc.array(fc.oneof(workflowEntries, environmentEntries, repositoryEntries, peopleEntries), { maxLength: 2 }),
  workflow_events: fc.uniqueArray(events, { minLength: 1 }),
  username: fc.constantFrom(...usernameForms),
  group: fc.constantFrom(...groupForms),
  prefix: fc.constantFrom("github:", "gh/", "x"),
});

/** A right table with its policy; half of the tables name workflows that nothing else does. */
const policies = tables
  .map((table) => ({ table, checked: readClusterPolicy("CLUSTER_P", clusterTable(table)) }))
  .filter(({ checked }) => checked.ok)
  .map(({ table, checked }) => {
    if (!checked.ok) throw new Error("it is right");
    return { table, policy: { ...checked.value, workflowAudience: "ours" } satisfies ClusterPolicy };
  });

/** The rules once more, over the texts of the entries. */
function isMatched(text: string, run: WorkflowFacts, list: "allow" | "deny"): boolean {
  const at = text.lastIndexOf("#");
  const [body, pin] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  const kind = body.slice(0, body.indexOf(":"));
  const rest = body.slice(kind.length + 1);
  if (kind === "user") {
    if (list === "allow") return false;
    return pin === ""
      ? run.actor === null || run.actor.toLowerCase() === rest
      : run.actorId === null || String(run.actorId) === pin;
  }
  if (!["workflow", "environment", "repository"].includes(kind)) return false;
  const [owner = "", name = "", ...more] = rest.split("/");
  const detail = more.join("/");
  const { repository } = run;
  const [ownerPin, idPin] = pin.split("/");
  const isRepository =
    pin === ""
      ? `${owner}/${name}`.toUpperCase() === repository.name.toUpperCase()
      : idPin === String(repository.id) && (list === "deny" || ownerPin === String(repository.ownerId));
  if (!isRepository || kind === "repository") return isRepository;
  if (kind === "environment") {
    const ascii = (text: string) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
    return run.environment !== null && ascii(run.environment) === ascii(detail);
  }
  const [refOwner = "", refName = "", ...path] = (run.workflowRef ?? "").split("/");
  return `${refOwner}/${refName}`.toUpperCase() === repository.name.toUpperCase() && path.join("/") === detail;
}

describe("a policy", () => {
  test("admits exactly the runs that a second reading of its entries does", () => {
    let admitted = 0;
    fc.assert(
      fc.property(
        policies,
        facts,
        fc.constantFrom("current", "current", "expired", "not_yet"),
        ({ table, policy }, run, time) => {
          const expected =
            run.audience === "ours" &&
            time === "current" &&
            !table.deny.some((entry) => isMatched(entry, run, "deny")) &&
            table.allow.some((entry) => isMatched(entry, run, "allow")) &&
            table.workflow_events.some((event) => event === run.event);
          const verdict = evaluateWorkflow(policy, run, time);
          expect(verdict.kind === "authenticated").toBe(expected);
          if (expected) admitted += 1;
        },
      ),
      { numRuns: 20_000 },
    );
    expect(admitted).toBeGreaterThan(100);
  });

  test("gives only names that are safe, below its prefix and “actions:”, the same with and without the prefix", () => {
    fc.assert(
      fc.property(policies, facts, ({ table, policy }, run) => {
        const verdict = evaluateWorkflow(policy, run, "current");
        if (verdict.kind !== "authenticated") return;
        const { username, uid, groups, extra } = verdict.user;
        for (const name of [username, ...groups]) {
          expect(name.startsWith(`${table.prefix}actions:`)).toBe(true);
          expect(name).toMatch(/^[\x20-\x7e]{1,511}[\x21-\x7e]$/);
        }
        expect(username).not.toContain(" ");
        expect(uid).toBe(`repository:${run.repository.id}`);
        for (const values of Object.values(extra))
          for (const value of values) expect(value).toMatch(/^[\x20-\x7e]{0,511}[\x21-\x7e]$/);
        const inToken = evaluateWorkflow({ ...policy, addsPrefix: false }, run, "current");
        expect(inToken).toMatchObject({
          user: {
            username: username.slice(table.prefix.length),
            groups: groups.map((name) => name.slice(table.prefix.length)),
          },
        });
      }),
      { numRuns: 10_000 },
    );
  });

  test("warns in words of one line, whatever runs", () => {
    fc.assert(
      fc.property(policies, facts, ({ policy }, run) => {
        for (const warning of findWorkflowWarnings(policy, run)) expect(warning).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe("claims", () => {
  test("of any kind lead to facts in GitHub's own patterns, or to none", () => {
    const good = claimsIn(workflowToken());
    const names = [...Object.keys(good), "environment"];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), fc.string()), (name, value) => {
        const read = workflowFactsOf({ ...good, [name]: value }, "github.com");
        if (read === null) return;
        expect(read.repository.name).toMatch(/^[\w-]+\/[\w.-]+$/);
        expect(read.repository.id).toBeGreaterThan(0);
        expect(read.event).toMatch(/^[a-z_]+$/);
        expect(read.environment).not.toBe("");
        expect(Number.isFinite(read.expiresAt)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => workflowFactsOf(value, "github.com") === null));
  });
});

describe("a token", () => {
  test("of any text is recognised or not, without an exception", () => {
    const jwtLike = fc
      .tuple(fc.jsonValue(), fc.jsonValue(), fc.string())
      .map(([header, payload, signature]) => [JSON.stringify(header), JSON.stringify(payload), signature])
      .map((parts) => parts.map((part) => Buffer.from(part).toString("base64url")).join("."));
    fc.assert(
      fc.property(fc.oneof(fc.string(), jwtLike), (token) => {
        expect(isWorkflowToken(token, actionsIssuer)).toBe(false);
      }),
    );
    expect(isWorkflowToken(workflowToken(), actionsIssuer)).toBe(true);
  });

  test("with one character changed gets no one in, at any place", async () => {
    const { review, exchange } = startWorkflowApp();
    const token = workflowToken();
    await review(token);
    const changed = fc.tuple(fc.nat(token.length - 2), fc.constantFrom("A", "z", "-", "_", "."));
    await fc.assert(
      fc.asyncProperty(changed, async ([at, character]) => {
        const other = token.slice(0, at) + character + token.slice(at + 1);
        fc.pre(other !== token);
        expect((await review(other)).text).not.toContain('"authenticated":true');
        expect((await exchange(other)).status).not.toBe(200);
      }),
      { numRuns: 150 },
    );
  });
});
