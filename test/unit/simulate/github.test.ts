// The simulated GitHub is held to the product: the same calls, the same facts.
import { expect, test } from "vitest";
import { apiAddressOf } from "../../../src/worker/github/api-address.ts";
import type { GitHubClient, GitHubRequest } from "../../../src/worker/github/client.ts";
import type { Facts } from "../../../src/worker/github/facts.ts";
import { createGitHubFacts, type Earlier, type GitHubFacts } from "../../../src/worker/github/github-facts.ts";
import { ownTokenMemberships } from "../../../src/worker/github/memberships/own-token.ts";
import { createTrace } from "../../../src/worker/github/trace.ts";
import { evaluate, factsRequestOf } from "../../../src/worker/policy/evaluate.ts";
import { type Agent, createAgent, organisation, teams } from "../../simulate/world/agents.ts";
import { noCounts } from "../../simulate/world/counts.ts";
import { createGitHub } from "../../simulate/world/github.ts";
import { Random } from "../../simulate/world/random.ts";
import { policyOf } from "../worker/support.ts";

const start = Date.UTC(2026, 0, 5);
const api = apiAddressOf("https://api.github.com");
const policy = policyOf({ allow: [`org:${organisation.login}#${organisation.id}`] });
const credential = { tokenKind: "classic", credentialId: "credential-id" } as const;
const request = factsRequestOf("production", policy, credential);
const admits = (facts: Facts) => evaluate(policy, credential, facts).kind === "authenticated";
const load = (github: GitHubFacts, token: string, earlier: Earlier | null = null) =>
  github.load(token, request, earlier, createTrace());
const agentLeaving = (leaves: Agent["leaves"] = null) =>
  createAgent({ clusters: 1 }, 0, "engineer", new Random(1), leaves);

function simulated(agent: Agent, outage: { from: number; until: number } | null = null) {
  const clock = { time: start };
  const meter = { counts: noCounts() };
  const github = createGitHub({ now: () => clock.time, meter, seed: 1, agents: [agent], outage });
  return { clock, meter, github: github.seenFrom(0) };
}

/** The product itself, with a GitHub whose answers never change. */
function real(agent: Agent) {
  const requests: GitHubRequest[] = [];
  const organization = organisation;
  const bodies: Record<string, unknown> = {
    "/user": agent.facts.account,
    "/user/teams": teams.map((team) => ({ ...team, parent: null, organization })),
    [`/user/memberships/orgs/${organisation.login}`]: { state: "active", role: "member", organization },
  };
  const client: GitHubClient = {
    async send(request) {
      requests.push(request);
      const headers = new Headers({ etag: '"1"', "x-oauth-scopes": "read:org" });
      if (request.ifNoneMatch !== undefined) return { kind: "answered", status: 304, headers, text: "" };
      const text = JSON.stringify(bodies[new URL(request.url).pathname]);
      return { kind: "answered", status: 200, headers, text };
    },
  };
  const memberships = ownTokenMemberships;
  const now = () => start;
  return { requests, github: createGitHubFacts({ client, api, memberships, clientSecrets: new Map(), now }) };
}

test("the first load of a token makes the product's calls, and comes to the product's facts", async () => {
  const agent = agentLeaving();
  const { github, meter } = simulated(agent);
  const product = real(agent);
  const [ours, theirs] = [await load(github, agent.token), await load(product.github, agent.token)];
  // Written down, because the product compares facts like this.
  expect(JSON.stringify(ours.outcome)).toBe(JSON.stringify(theirs.outcome));
  expect(Object.keys(ours.validators).sort()).toEqual(Object.keys(theirs.validators).sort());
  expect(meter.counts).toMatchObject({ githubCosting: product.requests.length, githubNotModified: 0 });
});

test("a later load costs nothing while nothing has changed, as with the product", async () => {
  const agent = agentLeaving();
  const { github, meter } = simulated(agent);
  const product = real(agent);
  const earlier = { ...agent.facts, hasAdmitted: true };
  const first = await load(product.github, agent.token);
  product.requests.length = 0;
  await load(product.github, agent.token, { ...earlier, validators: first.validators });
  const { validators } = await load(github, agent.token);
  meter.counts = noCounts();
  await load(github, agent.token, { ...earlier, validators });
  expect(product.requests.every(({ ifNoneMatch }) => ifNoneMatch !== undefined)).toBe(true);
  expect(meter.counts).toMatchObject({ githubCosting: 0, githubNotModified: product.requests.length });
});

test("what has changed meanwhile costs quota again", async () => {
  const agent = agentLeaving();
  const { clock, github, meter } = simulated(agent);
  const earlier = { ...agent.facts, hasAdmitted: true };
  const { validators } = await load(github, agent.token);
  clock.time += 10 * 86_400_000;
  meter.counts = noCounts();
  await load(github, agent.token, { ...earlier, validators });
  expect(meter.counts.githubCosting).toBeGreaterThan(0);
});

test("leavers are told no from the moment on in which their access ends", async () => {
  const outcomes = {
    "token revoked": { kind: "refused" },
    "token revoked, and GitHub counts it as anonymous": { kind: "unrecognised" },
    "removed from the organisation": { kind: "found" },
  } as const;
  for (const how of [
    "token revoked",
    "token revoked, and GitHub counts it as anonymous",
    "removed from the organisation",
  ] as const) {
    const agent = agentLeaving({ at: start + 1_000, how });
    const { clock, github } = simulated(agent);
    const before = await load(github, agent.token);
    if (before.outcome.kind !== "found") throw new Error("a member is not found");
    expect(admits(before.outcome.facts)).toBe(true);
    clock.time += 1_000;
    const after = await load(github, agent.token, { ...agent.facts, hasAdmitted: true, validators: before.validators });
    expect(after.outcome).toMatchObject(outcomes[how]);
    if (after.outcome.kind === "found") expect(admits(after.outcome.facts)).toBe(false);
  }
});

test("an address's unknown tokens are refused sixty times an hour, and then only not recognised", async () => {
  const { clock, meter, github } = simulated(agentLeaving());
  const kind = async () => (await load(github, "unknown")).outcome.kind;
  for (let call = 0; call < 60; call += 1) expect(await kind()).toBe("refused");
  expect(await kind()).toBe("unrecognised");
  expect(meter.counts).toMatchObject({ githubAnonymous: 61, githubCosting: 0 });
  clock.time += 3_600_000;
  expect(await kind()).toBe("refused");
});

test("in an outage every call fails, and none costs quota", async () => {
  const agent = agentLeaving();
  const { clock, meter, github } = simulated(agent, { from: start, until: start + 1_000 });
  expect((await load(github, agent.token)).outcome.kind).toBe("unavailable");
  expect(meter.counts).toMatchObject({ githubFailed: 1, githubCosting: 0 });
  clock.time += 1_000;
  expect((await load(github, agent.token)).outcome.kind).toBe("found");
});
