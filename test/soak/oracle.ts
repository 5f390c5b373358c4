// The oracle: whether an answer can be right, from what was true when it was given. It knows the promises of
// docs/caching.md, and nothing of how the Worker keeps them.
import type { Timeline } from "./timeline.ts";

/** What GitHub says about a credential and its owner. */
export interface GitHubFacts {
  readonly isTokenLive: boolean;
  readonly login: string;
  readonly isMember: boolean;
  readonly isInTeam: boolean;
}

export interface ClusterPolicy {
  /** Whether the organisation is in `allow`, and whether its team is. */
  readonly allowsOrganisation: boolean;
  readonly allowsTeam: boolean;
  /** Numbers of accounts in `allow` and `deny`. */
  readonly allows: readonly number[];
  readonly denies: readonly number[];
}

export interface Subject {
  readonly id: number;
  readonly facts: Timeline<GitHubFacts>;
}

export type Answer =
  | { readonly kind: "yes"; readonly username: string; readonly groups: readonly string[] }
  /** With what the person or the program is told. */
  | { readonly kind: "no"; readonly told: string }
  | { readonly kind: "undetermined" }
  | { readonly kind: "broken"; readonly why: string };

export interface Asked {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly answer: Answer;
}

/** A time in which something outside does not work as it should. */
export interface Disturbance {
  readonly name: string;
  /** Whether an answer may be undetermined by it. */
  readonly excuses: boolean;
  /** Whether people at work go on through it, for as long as the grace. */
  readonly hasGrace: boolean;
}

export interface Bounds {
  readonly ttlMs: number;
  readonly graceMs: number;
  /** How long a no may last after its reason has gone: facts of people who are not admitted are this fresh. */
  readonly noMs: number;
  /** How long after a disturbance its failures may still be seen. */
  readonly settleMs: number;
  /** For this machine's own delays. */
  readonly slackMs: number;
}

export interface World {
  readonly bounds: Bounds;
  readonly disturbances: Timeline<Disturbance | null>;
}

export const rules = [
  "a wrong yes",
  "a yes beyond its bound",
  "another name or group",
  "a person at work is refused",
  "undetermined without a cause",
  "undetermined within the grace",
  "no answer",
] as const;
export type Rule = (typeof rules)[number];

export interface Finding {
  readonly rule: Rule;
  readonly what: string;
}

/** @returns whether a policy admits a person with these facts */
export function admits(policy: ClusterPolicy, id: number, facts: GitHubFacts): boolean {
  if (!facts.isTokenLive || policy.denies.includes(id)) return false;
  return (
    policy.allows.includes(id) ||
    (policy.allowsOrganisation && facts.isMember) ||
    (policy.allowsTeam && facts.isMember && facts.isInTeam)
  );
}

/**
 * @param policies of the cluster that was asked
 * @param lastYesAt when the subject was last let in anywhere before the present disturbance began; null: never
 * @returns the rule that the answer breaks; null where it can be right
 */
export function findFault(
  asked: Asked,
  subject: Subject,
  policies: Timeline<ClusterPolicy>,
  lastYesAt: number | null,
  world: World,
): Finding | null {
  const { answer, sentAt, receivedAt } = asked;
  switch (answer.kind) {
    case "broken":
      return { rule: "no answer", what: answer.why };
    case "yes":
      return findingInYes(answer, asked, subject, policies, world);
    case "no": {
      const { noMs, slackMs } = world.bounds;
      const facts = subject.facts.during(sentAt - noMs - slackMs, receivedAt);
      const isPossible = policies
        .during(sentAt, receivedAt)
        .some((policy) => facts.some((one) => !admits(policy, subject.id, one)));
      return isPossible ? null : { rule: "a person at work is refused", what: `account ${subject.id}: ${answer.told}` };
    }
    case "undetermined":
      return findingInUndetermined(asked, subject, policies, lastYesAt, world);
  }
}

function findingInYes(
  { username, groups }: Answer & { kind: "yes" },
  { sentAt, receivedAt }: Asked,
  { id, facts }: Subject,
  policies: Timeline<ClusterPolicy>,
  { bounds, disturbances }: World,
): Finding | null {
  const { ttlMs, graceMs, slackMs } = bounds;
  const hadGrace = disturbances
    .during(sentAt - ttlMs - graceMs - slackMs, receivedAt)
    .some((disturbance) => disturbance?.hasGrace === true);
  const boundMs = ttlMs + slackMs + (hadGrace ? graceMs : 0);
  const inForce = policies.during(sentAt, receivedAt);
  const admitting = (from: number) =>
    facts.during(from, receivedAt).filter((one) => inForce.some((policy) => admits(policy, id, one)));
  const possible = admitting(sentAt - boundMs);
  const who = `account ${id} as ${username}`;
  if (possible.length === 0) {
    const wasEver = admitting(Number.NEGATIVE_INFINITY).length > 0;
    return { rule: wasEver ? "a yes beyond its bound" : "a wrong yes", what: who };
  }
  // Names and groups may each be as old as the facts may be.
  const isNamed = facts.during(sentAt - boundMs, receivedAt).some(({ login }) => username === `github:${login}:${id}`);
  const mayHave = (group: string) =>
    facts
      .during(sentAt - boundMs, receivedAt)
      .some((one) => (group === "github:acme" ? one.isMember : group === "github:acme/platform" && one.isInTeam));
  return isNamed && groups.every(mayHave)
    ? null
    : { rule: "another name or group", what: `${who} in ${groups.join(", ")}` };
}

function findingInUndetermined(
  { sentAt, receivedAt }: Asked,
  { id, facts }: Subject,
  policies: Timeline<ClusterPolicy>,
  lastYesAt: number | null,
  { bounds, disturbances }: World,
): Finding | null {
  const { ttlMs, graceMs, settleMs, slackMs } = bounds;
  const seen = disturbances.during(sentAt - settleMs, receivedAt);
  if (!seen.some((disturbance) => disturbance?.excuses === true)) {
    return { rule: "undetermined without a cause", what: `account ${id}` };
  }
  // Facts that let a person in at some moment are good for the grace from then on, for their TTL had not ended yet.
  const isAtWork = lastYesAt !== null && receivedAt < lastYesAt + graceMs - slackMs;
  // Without a grace the facts of people at work become old, and an outage that begins then has nothing to keep.
  const isOneOutage =
    disturbances.during(sentAt - slackMs, receivedAt).every((disturbance) => disturbance?.hasGrace === true) &&
    !seen.some((disturbance) => disturbance?.excuses === true && !disturbance.hasGrace);
  const isUnchanged = facts.during(sentAt - ttlMs - graceMs, receivedAt).length === 1;
  const isAdmitted = policies.during(sentAt, receivedAt).every((policy) => admits(policy, id, facts.current));
  return isAtWork && isOneOutage && isUnchanged && isAdmitted
    ? { rule: "undetermined within the grace", what: `account ${id}` }
    : null;
}
