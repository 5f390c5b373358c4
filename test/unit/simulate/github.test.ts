// The simulated GitHub is held to the product: the same calls, the same facts.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import { apiAddressOf } from "../../../src/worker/github/api-address.ts";
import type { GitHubClient, GitHubRequest } from "../../../src/worker/github/client.ts";
import type { Facts } from "../../../src/worker/github/facts.ts";
import { createGitHubFacts, type Earlier, type GitHubFacts } from "../../../src/worker/github/github-facts.ts";
import { createAppCredentials } from "../../../src/worker/github/memberships/app-credentials.ts";
import { createInstalledAppMemberships } from "../../../src/worker/github/memberships/installed-app.ts";
import { ownTokenMemberships } from "../../../src/worker/github/memberships/own-token.ts";
import { createTrace } from "../../../src/worker/github/trace.ts";
import { evaluate, factsRequestOf } from "../../../src/worker/policy/evaluate.ts";
import { type Agent, createAgent, organisation, teams } from "../../simulate/world/agents.ts";
import { noCounts } from "../../simulate/world/counts.ts";
import { clientId, createGitHub, type GitHubOptions } from "../../simulate/world/github.ts";
import { Random } from "../../simulate/world/random.ts";
import type { Source } from "../../simulate/world/settings.ts";
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

function simulated(
  agent: Agent,
  { outage = null, source = "own_token" }: Partial<Pick<GitHubOptions, "outage" | "source">> = {},
) {
  const clock = { time: start };
  const meter = { counts: noCounts() };
  const github = createGitHub({ now: () => clock.time, meter, seed: 1, source, agents: [agent], outage });
  return { clock, meter, github: github.connect() };
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

/** The product itself with quotas that all people share; the answers never change. */
function realShared(agent: Agent, source: Exclude<Source, "own_token">) {
  const asked: { readonly isOwn: boolean; readonly isConditional: boolean }[] = [];
  const { account } = agent.facts;
  const organization = organisation;
  const membership = { state: "active", role: "member", organization, user: account };
  const bodies: Record<string, unknown> = {
    "/user": account,
    "/user/teams": teams.map((team) => ({ ...team, parent: null, organization })),
    [`/user/memberships/orgs/${organisation.login}`]: membership,
    [`/applications/${clientId}/token`]: {
      app: { client_id: clientId },
      scopes: ["read:org"],
      expires_at: null,
      user: account,
    },
    [`/orgs/${organisation.login}/installation`]: { id: 1, suspended_at: null, account: organisation },
    "/app/installations/1/access_tokens": {
      token: makeToken("installation"),
      expires_at: new Date(start + 3_600_000).toISOString(),
    },
    [`/orgs/${organisation.login}/memberships/${account.login}`]: membership,
    "/graphql": {
      data: {
        organization: {
          databaseId: organisation.id,
          teams: { pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] },
        },
        user: { databaseId: account.id },
      },
    },
  };
  const client: GitHubClient = {
    async send({ url, authorization, ifNoneMatch }) {
      const { pathname } = new URL(url);
      // What the app asks as itself is asked once for all people.
      const isAppItself = pathname.endsWith("/installation") || pathname.endsWith("/access_tokens");
      const isConditional = ifNoneMatch !== undefined;
      if (!isAppItself) asked.push({ isOwn: authorization === `Bearer ${agent.token}`, isConditional });
      const headers = new Headers({ etag: '"1"', "x-oauth-scopes": "read:org" });
      if (isConditional) return { kind: "answered", status: 304, headers, text: "" };
      const status = pathname.endsWith("/access_tokens") ? 201 : 200;
      return { kind: "answered", status, headers, text: JSON.stringify(bodies[pathname]) };
    },
  };
  const now = () => start;
  const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  const isApp = source !== "client_secret";
  const memberships = isApp
    ? createInstalledAppMemberships(createAppCredentials({ id: "1", privateKey }, now), now)
    : ownTokenMemberships;
  const clientSecrets = new Map(isApp ? [] : [[clientId, randomUUID()]]);
  return { asked, github: createGitHubFacts({ client, api, memberships, clientSecrets, now }) };
}

describe.each(["client_secret", "installed_app", "installed_app_with_teams"] as const)("with %s", (source) => {
  const settings =
    source === "client_secret"
      ? { token_kinds: ["oauth"], oauth_clients: [clientId] }
      : { ...(source === "installed_app" ? { groups_from: [] } : {}) };
  const policyHere = policyOf({ allow: [`org:${organisation.login}#${organisation.id}`], ...settings });
  const tokenKind = source === "client_secret" ? "oauth" : "classic";
  const requestHere = factsRequestOf("production", policyHere, { tokenKind, credentialId: "credential-id" });

  test("the calls on people's own quota, on the shared one, and those that cost nothing are the product's", async () => {
    const agent = agentLeaving();
    const { github, meter } = simulated(agent, { source });
    const product = realShared(agent, source);
    const loadHere = (from: GitHubFacts, earlier: Earlier | null) =>
      from.load(agent.token, requestHere, earlier, createTrace());
    const countsOf = () => {
      const { githubCosting, githubShared, githubSharedGraphql, githubNotModified } = meter.counts;
      return { own: githubCosting, shared: githubShared + githubSharedGraphql, free: githubNotModified };
    };
    const countsOfProduct = () => ({
      own: product.asked.filter(({ isOwn, isConditional }) => isOwn && !isConditional).length,
      shared: product.asked.filter(({ isOwn, isConditional }) => !isOwn && !isConditional).length,
      free: product.asked.filter(({ isConditional }) => isConditional).length,
    });

    const [ours, theirs] = [await loadHere(github, null), await loadHere(product.github, null)];
    expect(countsOf()).toEqual(countsOfProduct());
    expect(countsOf().shared).toBeGreaterThan(0);
    if (ours.outcome.kind !== "found" || theirs.outcome.kind !== "found") throw new Error("a member is not found");
    expect(ours.outcome.facts.oauthClientId).toBe(theirs.outcome.facts.oauthClientId);

    for (let again = 0; again < 2; again += 1) {
      meter.counts = noCounts();
      product.asked.length = 0;
      const known = { ...theirs.outcome.facts, hasAdmitted: true };
      await loadHere(github, { ...known, validators: ours.validators });
      await loadHere(product.github, { ...known, validators: theirs.validators });
      expect(countsOf()).toEqual(countsOfProduct());
    }
  });
});

test("tokens that GitHub does not know are refused, and counted nowhere", async () => {
  const { meter, github } = simulated(agentLeaving());
  for (let call = 0; call < 100; call += 1) expect((await load(github, "unknown")).outcome.kind).toBe("refused");
  expect(meter.counts).toMatchObject({ githubUnknown: 100, githubCosting: 0, githubShared: 0 });
});

test("what all people share is watched as by the product: the last third is not for made-up tokens", async () => {
  const agent = agentLeaving();
  const { meter, github } = simulated(agent, { source: "client_secret" });
  for (let call = 0; call < 4_000; call += 1) await load(github, "unknown");
  expect(meter.counts.githubShared).toBe(3_334);
  expect(meter.counts.githubSharedRefused).toBe(4_000 - 3_334);
  const { outcome } = await load(github, agent.token);
  expect(outcome).toMatchObject({ kind: "found", facts: { oauthClientId: clientId } });
});

test("in an outage every call fails, and none costs quota", async () => {
  const agent = agentLeaving();
  const { clock, meter, github } = simulated(agent, { outage: { from: start, until: start + 1_000 } });
  expect((await load(github, agent.token)).outcome.kind).toBe("unavailable");
  expect(meter.counts).toMatchObject({ githubFailed: 1, githubCosting: 0 });
  clock.time += 1_000;
  expect((await load(github, agent.token)).outcome.kind).toBe("found");
});
