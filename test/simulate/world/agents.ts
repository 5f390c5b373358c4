// People and bots with a token, and what GitHub knows of them.
import type { Account, Facts, Membership } from "../../../src/worker/github/facts.ts";
import { botsFor, drawHabit, type Habit } from "./habits.ts";
import { Random } from "./random.ts";
import type { Settings } from "./settings.ts";

export type Leaving =
  | "removed from the organisation"
  | "token revoked"
  | "token revoked, and GitHub counts it as anonymous";

export interface Agent {
  /** As long as GitHub's, but of no shape that GitHub gives out. */
  readonly token: string;
  readonly habit: Habit;
  /** The clusters that they work with, the usual one first. */
  readonly clusters: readonly number[];
  readonly facts: Facts;
  /** When and how their access ends. */
  readonly leaves: { readonly at: number; readonly how: Leaving } | null;
  /** Decides what they do. */
  readonly random: Random;
}

/** The order of the names is the product's: it compares facts as they are written down. */
export const organisation = { id: 10, login: "acme" };
export const teams = ["platform", "backend", "on-call", "engineering"].map((slug, index) => ({ id: 55 + index, slug }));

const tokenLength = 40;
const maxClustersEach = 3;

/** @returns so many people, and the bots that work beside them */
export function createAgents(settings: Settings): Agent[] {
  const bots = botsFor(settings.people);
  return Array.from({ length: settings.people + bots }, (_, index) => {
    const random = new Random(settings.seed, "agent", index);
    const habit = index < settings.people ? drawHabit(random) : "bot";
    return createAgent(settings, index, habit, random, null);
  });
}

export function createAgent(
  { clusters }: Pick<Settings, "clusters">,
  index: number,
  habit: Habit,
  random: Random,
  leaves: Agent["leaves"],
): Agent {
  const usual = index % clusters;
  const count = Math.min(clusters, 1 + random.below(maxClustersEach));
  return {
    token: `token of agent ${index} `.padEnd(tokenLength, "-"),
    habit,
    clusters: Array.from({ length: count }, (_, further) => (usual + further) % clusters),
    facts: factsAbout(accountOf(index), member),
    leaves,
    random,
  };
}

/** @returns what GitHub says of a former member */
export function factsAfterRemoval({ facts }: Agent): Facts {
  return factsAbout(facts.account, { kind: "none", nameTakenBy: null, isProven: true });
}

const member: Membership = { kind: "active", ...organisation, role: "member", teams, teamsHidden: null };

function accountOf(index: number): Account {
  return { id: 100_000 + index, login: `person-${index}`, type: "User" };
}

function factsAbout(account: Account, membership: Membership): Facts {
  return {
    host: "github.com",
    account,
    oauthClientId: null,
    scopes: ["read:org"],
    expiry: { kind: "never" },
    organisations: { [`${organisation.login}#${organisation.id}`]: membership },
  };
}
