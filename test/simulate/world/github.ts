// GitHub as far as it can be counted: which calls a question comes to, which of them are answered with 304, and what
// GitHub says about a person at a time. The unit tests hold the calls to those that the product makes.

import { maxScopesAgeMs } from "../../../src/worker/github/account.ts";
import type { FactsRequest, LookupFailure } from "../../../src/worker/github/facts.ts";
import type { Earlier, GitHubFacts, GitHubOutcome } from "../../../src/worker/github/github-facts.ts";
import { type Agent, factsAfterRemoval, organisation, teams } from "./agents.ts";
import type { Meter } from "./counts.ts";
import { dayMs, hourMs } from "./habits.ts";
import { Random } from "./random.ts";

export interface GitHubOptions {
  readonly now: () => number;
  readonly meter: Meter;
  readonly seed: number;
  readonly agents: readonly Agent[];
  /** When GitHub is down. */
  readonly outage: { readonly from: number; readonly until: number } | null;
}

export interface VirtualGitHub {
  /** GitHub as one location sees it: all calls of a location come from one address. */
  seenFrom(location: number): GitHubFacts;
  /** The most calls that cost quota, of one person's in one hour. GitHub allows 5,000. */
  readonly mostCostingCallsInAnHour: number;
}

/** An address may use so many unknown tokens in an hour; after that, GitHub says only that it is too many. */
const anonymousCallsAnHour = 60;

/**
 * How long an answer stays the same on average, as its ETag shows. An account's has numbers in it that change with its
 * owner's work.
 */
const resources = [
  { path: "/user", meanLifeMs: dayMs },
  { path: "/user/teams?per_page=100", meanLifeMs: 20 * dayMs },
  { path: `/user/memberships/orgs/${organisation.login}`, meanLifeMs: 1000 * dayMs },
] as const;

interface Resource {
  readonly url: string;
  readonly json: unknown;
  version: number;
  changesAt: number;
}

interface Person {
  readonly agent: Agent;
  readonly random: Random;
  readonly resources: readonly Resource[];
  hour: number;
  costingCallsThisHour: number;
}

const restUrl = "https://api.github.com";

type Loaded = Awaited<ReturnType<GitHubFacts["load"]>>;

export function createGitHub({ now, meter, seed, agents, outage }: GitHubOptions): VirtualGitHub {
  const people = new Map(
    agents.map((agent, index) => [agent.token, personOf(agent, new Random(seed, "etags", index), now())]),
  );
  let mostCostingCallsInAnHour = 0;

  function countCosting(person: Person, calls: number): void {
    meter.counts.githubCosting += calls;
    const hour = Math.floor(now() / hourMs);
    if (hour !== person.hour) {
      person.hour = hour;
      person.costingCallsThisHour = 0;
    }
    person.costingCallsThisHour += calls;
    mostCostingCallsInAnHour = Math.max(mostCostingCallsInAnHour, person.costingCallsThisHour);
  }

  /** Facts as they are now; what has not changed since costs nothing. */
  function found(person: Person, earlier: Earlier | null, isMember: boolean): Loaded {
    const validators: Record<string, Loaded["validators"][string]> = {};
    let costing = 0;
    for (const resource of person.resources) {
      const { url, json } = resource;
      while (resource.changesAt <= now()) change(resource, person.random);
      const etag = `W/"${resource.version}${isMember ? "" : " left"}"`.padEnd(68, "0");
      const known = earlier?.validators?.[url];
      // A 304 does not repeat the scopes.
      const isOld = url.endsWith("/user") && known !== undefined && now() - known.readAt >= maxScopesAgeMs;
      if (known?.etag === etag && !isOld) {
        meter.counts.githubNotModified += 1;
        validators[url] = known;
      } else {
        costing += 1;
        validators[url] = { etag, readAt: now(), headers: { "x-oauth-scopes": "read:org" }, json };
      }
    }
    if (costing > 0) countCosting(person, costing);
    const { agent } = person;
    return answer({ kind: "found", facts: isMember ? agent.facts : factsAfterRemoval(agent) }, validators);
  }

  return {
    get mostCostingCallsInAnHour() {
      return mostCostingCallsInAnHour;
    },
    seenFrom() {
      let hour = Number.NaN;
      let anonymousCallsThisHour = 0;

      function unknown(calls: number): LookupFailure {
        const current = Math.floor(now() / hourMs);
        if (current !== hour) anonymousCallsThisHour = 0;
        hour = current;
        anonymousCallsThisHour += calls;
        meter.counts.githubAnonymous += calls;
        return anonymousCallsThisHour > anonymousCallsAnHour ? unrecognised : refused;
      }

      return {
        async load(token, request, earlier) {
          const calls = firstCalls(request, earlier);
          if (outage !== null && outage.from <= now() && now() < outage.until) {
            meter.counts.githubFailed += calls;
            return answer({ kind: "unavailable", reason: "github_server_error" });
          }
          const person = people.get(token);
          if (person === undefined) return answer(unknown(calls));
          const { leaves } = person.agent;
          if (leaves === null || now() < leaves.at) return found(person, earlier, true);
          if (leaves.how === "removed from the organisation") return found(person, earlier, false);
          // Leavers of the simulation come by the hundred: their calls must not spend the quota that one meets alone.
          meter.counts.githubAnonymous += calls;
          return answer(leaves.how === "token revoked" ? refused : unrecognised);
        },
      };
    },
  };
}

/** About a token that was never seen, GitHub is asked one thing first; about another, everything at once. */
export function firstCalls({ organisations }: FactsRequest, earlier: Earlier | null): number {
  return earlier === null ? 1 : 2 + organisations.length;
}

const refused: LookupFailure = { kind: "refused", reason: "token_refused" };
const unrecognised: LookupFailure = { kind: "unrecognised" };

function answer(outcome: GitHubOutcome, validators: Loaded["validators"] = {}): Loaded {
  return { outcome, validators };
}

function personOf(agent: Agent, random: Random, now: number): Person {
  const { account } = agent.facts;
  const organization = organisation;
  const bodies: Record<(typeof resources)[number]["path"], unknown> = {
    "/user": account,
    "/user/teams?per_page=100": teams.map((team) => ({ ...team, parent: null, organization })),
    [`/user/memberships/orgs/${organisation.login}`]: {
      state: "active",
      role: "member",
      organization,
      user: { id: account.id },
    },
  };
  return {
    agent,
    random,
    resources: resources.map(({ path, meanLifeMs }) => ({
      url: restUrl + path,
      json: bodies[path],
      version: 0,
      changesAt: now + random.exponential(meanLifeMs),
    })),
    hour: Number.NaN,
    costingCallsThisHour: 0,
  };
}

function change(resource: Resource, random: Random): void {
  const { meanLifeMs } = resources.find(({ path }) => restUrl + path === resource.url) ?? resources[0];
  resource.version += 1;
  resource.changesAt += random.exponential(meanLifeMs);
}
