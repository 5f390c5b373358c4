// GitHub as far as it can be counted: which calls a question comes to, which of them are answered with 304, and what
// GitHub says about a person at a time. The unit tests hold the calls to those that the product makes.

import { maxScopesAgeMs } from "../../../src/worker/github/account.ts";
import type { Facts, FactsRequest, LookupFailure, Membership } from "../../../src/worker/github/facts.ts";
import type { Earlier, GitHubFacts, GitHubOutcome } from "../../../src/worker/github/github-facts.ts";
import type { SharedLimit } from "../../../src/worker/github/shared-quota.ts";
import { type Agent, factsAfterRemoval, organisation, teams } from "./agents.ts";
import type { Meter } from "./counts.ts";
import { dayMs, hourMs } from "./habits.ts";
import { HourlyQuota } from "./hourly-quota.ts";
import { Random } from "./random.ts";
import type { Source } from "./settings.ts";
import { createSharedCalls, type SharedCalls } from "./shared-calls.ts";

export interface GitHubOptions {
  readonly now: () => number;
  readonly meter: Meter;
  readonly seed: number;
  readonly source: Source;
  readonly agents: readonly Agent[];
  /** When GitHub is down. */
  readonly outage: { readonly from: number; readonly until: number } | null;
}

export interface VirtualGitHub {
  /** GitHub as one isolate asks it. */
  connect(): GitHubFacts;
  /** The most calls that cost quota, of one person's in one hour. GitHub allows 5,000. */
  readonly mostCostingCallsInAnHour: number;
}

/** The app whose client secret the deployment has. */
export const clientId = "Iv23simulated";

/**
 * How long an answer stays the same on average, as its ETag shows. An account's has numbers in it that change with its
 * owner's work.
 */
const resources = [
  { name: "user", path: "/user", meanLifeMs: dayMs },
  { name: "teams", path: "/user/teams?per_page=100", meanLifeMs: 20 * dayMs },
  { name: "membership", path: `/user/memberships/orgs/${organisation.login}`, meanLifeMs: 1000 * dayMs },
] as const;
type ResourceName = (typeof resources)[number]["name"];

interface Resource {
  readonly name: ResourceName;
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

/** What a person's own token is asked for. */
const ownResources: Readonly<Record<Source, readonly ResourceName[]>> = {
  own_token: ["user", "teams", "membership"],
  client_secret: ["user", "teams", "membership"],
  installed_app: ["user"],
  installed_app_with_teams: ["user"],
};

type Loaded = Awaited<ReturnType<GitHubFacts["load"]>>;

export function createGitHub({ now, meter, seed, source, agents, outage }: GitHubOptions): VirtualGitHub {
  const people = new Map(
    agents.map((agent, index) => [agent.token, personOf(agent, new Random(seed, "etags", index), now())]),
  );
  const quotas = { client: new HourlyQuota(now), rest: new HourlyQuota(now), graphql: new HourlyQuota(now) };
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

  /** Asks with the person's own token; what has not changed since costs nothing. */
  function askOwn(person: Person, names: readonly ResourceName[], earlier: Earlier | null, isMember: boolean) {
    const validators: Record<string, Loaded["validators"][string]> = {};
    let costing = 0;
    for (const resource of person.resources) {
      const { url, json } = resource;
      bringUpToDate(resource, person.random, now());
      if (!names.includes(resource.name)) continue;
      const etag = `W/"${resource.version}${isMember ? "" : " left"}"`.padEnd(68, "0");
      const known = earlier?.validators?.[url];
      // A 304 does not repeat the scopes.
      const isOld = resource.name === "user" && known !== undefined && now() - known.readAt >= maxScopesAgeMs;
      if (known?.etag === etag && !isOld) {
        meter.counts.githubNotModified += 1;
        validators[url] = known;
      } else {
        costing += 1;
        validators[url] = { etag, readAt: now(), headers: { "x-oauth-scopes": "read:org" }, json };
      }
    }
    if (costing > 0) countCosting(person, costing);
    return validators;
  }

  /** Facts as they are now. */
  function found(person: Person, earlier: Earlier | null, isMember: boolean, shared: SharedCalls) {
    const validators = askOwn(person, ownResources[source], earlier, isMember);
    const { agent } = person;
    const facts = isMember ? agent.facts : factsAfterRemoval(agent);
    if (source === "own_token") return answer({ kind: "found", facts }, validators);
    if (source === "client_secret") {
      return answer({ kind: "found", facts: { ...facts, oauthClientId: clientId } }, validators);
    }
    const use = { isNeverSeen: earlier?.hasAdmitted !== true, accountId: facts.account.id };
    const version = person.resources.find(({ name }) => name === "membership")?.version ?? 0;
    const isNotModified = isMember && shared.knowsMembership(facts.account.id, version);
    const limit = shared.ask("rest", use, isNotModified);
    // GraphQL also tells of a former member that both names are right.
    const asksTeams = source === "installed_app_with_teams" || !isMember;
    const teamsLimit = asksTeams ? shared.ask("graphql", use) : null;
    return answer({ kind: "found", facts: limitedFacts(facts, limit, teamsLimit) }, validators);
  }

  return {
    get mostCostingCallsInAnHour() {
      return mostCostingCallsInAnHour;
    },
    connect() {
      const shared = createSharedCalls(quotas, meter, now);

      /** @returns the outcome where check-token is the last that is asked; GET /user follows otherwise */
      function checkToken(person: Person | undefined, earlier: Earlier | null): LookupFailure | null {
        if (source !== "client_secret" || (earlier?.oauthClientId ?? null) !== null) return null;
        const limit = shared.ask("client", { isNeverSeen: earlier?.hasAdmitted !== true, accountId: null });
        // What is left is not for made-up tokens: GET /user shows that this one is none, and whose client's it is.
        if (limit?.reason === "shared_quota_reserved") return null;
        return limit ?? (person === undefined ? clientMismatch : null);
      }

      return {
        async load(token, request, earlier) {
          const calls = firstCalls(source, request, earlier);
          if (outage !== null && outage.from <= now() && now() < outage.until) {
            meter.counts.githubFailed += calls;
            return answer({ kind: "unavailable", reason: "github_server_error" });
          }
          const person = people.get(token);
          const checked = checkToken(person, earlier);
          if (checked !== null) return answer(checked);
          if (person === undefined) {
            meter.counts.githubUnknown += calls;
            return answer(refused);
          }
          const { leaves } = person.agent;
          if (leaves === null || now() < leaves.at) return found(person, earlier, true, shared);
          if (leaves.how === "removed from the organisation") return found(person, earlier, false, shared);
          meter.counts.githubUnknown += calls;
          return answer(leaves.how === "token revoked" ? refused : unrecognised);
        },
      };
    },
  };
}

/** About a token that was never seen, GitHub is asked one thing first; about another, everything at once. */
export function firstCalls(source: Source, { organisations }: FactsRequest, earlier: Earlier | null): number {
  if (earlier === null) return 1;
  const forEach = source === "installed_app_with_teams" ? 2 : 1;
  const forAll = source === "own_token" || source === "client_secret" ? 2 : 1;
  return forAll + forEach * organisations.length;
}

/** What the product makes of an installed app's quota that gives no answer. */
function limitedFacts(facts: Facts, limit: SharedLimit | null, teamsLimit: SharedLimit | null): Facts {
  if (limit === null && teamsLimit === null) return facts;
  const organisations = Object.entries(facts.organisations).map(([key, membership]): [string, Membership] => {
    if (limit !== null) return [key, { kind: "hidden", reason: limit.reason, ssoUrl: null }];
    if (membership.kind !== "active" || teamsLimit === null) return [key, membership];
    return [key, { ...membership, teams: [], teamsHidden: teamsLimit.reason }];
  });
  return { ...facts, organisations: Object.fromEntries(organisations) };
}

const refused: LookupFailure = { kind: "refused", reason: "token_refused" };
const clientMismatch: LookupFailure = { kind: "refused", reason: "token_client_mismatch" };
const unrecognised: LookupFailure = { kind: "unrecognised" };

function answer(outcome: GitHubOutcome, validators: Loaded["validators"] = {}): Loaded {
  return { outcome, validators };
}

function personOf(agent: Agent, random: Random, now: number): Person {
  const { account } = agent.facts;
  const organization = organisation;
  const bodies: Record<ResourceName, unknown> = {
    user: account,
    teams: teams.map((team) => ({ ...team, parent: null, organization })),
    membership: { state: "active", role: "member", organization, user: { id: account.id } },
  };
  return {
    agent,
    random,
    resources: resources.map(({ name, path, meanLifeMs }) => ({
      name,
      url: restUrl + path,
      json: bodies[name],
      version: 0,
      changesAt: now + random.exponential(meanLifeMs),
    })),
    hour: Number.NaN,
    costingCallsThisHour: 0,
  };
}

function bringUpToDate(resource: Resource, random: Random, now: number): void {
  const { meanLifeMs } = resources.find(({ name }) => name === resource.name) ?? resources[0];
  while (resource.changesAt <= now) {
    resource.version += 1;
    resource.changesAt += random.exponential(meanLifeMs);
  }
}
