// The oracle of `npm run soak`: each of its rules sees what breaks it, and nothing else.
import { describe, expect, test } from "vitest";
import {
  type Answer,
  admits,
  type ClusterPolicy,
  type Disturbance,
  findFault,
  type GitHubFacts,
  type World,
} from "../../soak/oracle.ts";
import { Timeline } from "../../soak/timeline.ts";

const bounds = { ttlMs: 10_000, graceMs: 20_000, noMs: 12_000, settleMs: 20_000, slackMs: 2_000 };
const member: GitHubFacts = { isTokenLive: true, login: "ada", isMember: true, isInTeam: true };
const organisation: ClusterPolicy = { allowsOrganisation: true, allowsTeam: false, allows: [], denies: [] };
const yes: Answer = { kind: "yes", username: "github:ada:7", groups: ["github:acme", "github:acme/platform"] };
const outage: Disturbance = { name: "outage", excuses: true, hasGrace: true };
/** Everything happens after this. */
const start = 1_000_000;

function scene({ facts = member, policy = organisation } = {}) {
  const subject = { id: 7, facts: new Timeline(facts) };
  const policies = new Timeline(policy);
  const world: World = { bounds, disturbances: new Timeline<Disturbance | null>(null) };
  return {
    subject,
    policies,
    world,
    ruleAt: (answer: Answer, seconds: number, lastYesSeconds: number | null = null) => {
      const sentAt = start + seconds * 1000;
      const lastYesAt = lastYesSeconds === null ? null : start + lastYesSeconds * 1000;
      return findFault({ answer, sentAt, receivedAt: sentAt + 50 }, subject, policies, lastYesAt, world)?.rule ?? null;
    },
  };
}

describe("a yes", () => {
  test("is right for who is admitted, under the name and in the groups of then", () => {
    expect(scene().ruleAt(yes, 0)).toBeNull();
  });

  test("is wrong for who was never admitted", () => {
    expect(scene({ facts: { ...member, isMember: false } }).ruleAt(yes, 0)).toBe("a wrong yes");
    expect(scene({ policy: { ...organisation, denies: [7] } }).ruleAt(yes, 0)).toBe("a wrong yes");
    expect(scene({ facts: { ...member, isTokenLive: false } }).ruleAt(yes, 0)).toBe("a wrong yes");
  });

  test("ends with the TTL after a person left, and with the grace where there was an outage", () => {
    const { subject, world, ruleAt } = scene();
    subject.facts.change({ ...member, isMember: false }, start);
    expect(ruleAt(yes, 11)).toBeNull();
    expect(ruleAt(yes, 13)).toBe("a yes beyond its bound");
    world.disturbances.change(outage, start);
    expect(ruleAt(yes, 31)).toBeNull();
    expect(ruleAt(yes, 33)).toBe("a yes beyond its bound");
  });

  test("ends at once with a policy", () => {
    const { policies, ruleAt } = scene();
    policies.change({ ...organisation, allowsOrganisation: false }, start, start + 500);
    expect(ruleAt(yes, 0.4)).toBeNull();
    expect(ruleAt(yes, 0.6)).toBe("a wrong yes");
  });

  test("has the person's name and groups, at most as old as facts may be", () => {
    const { subject, ruleAt } = scene();
    subject.facts.change({ ...member, login: "ada-2", isInTeam: false }, start);
    expect(ruleAt(yes, 11)).toBeNull();
    expect(ruleAt(yes, 13)).toBe("another name or group");
    expect(ruleAt({ ...yes, groups: [] }, 13)).toBe("another name or group");
    expect(ruleAt({ kind: "yes", username: "github:ada-2:7", groups: ["github:acme"] }, 13)).toBeNull();
    expect(ruleAt({ kind: "yes", username: "github:ada-2:7", groups: ["github:acme/platform"] }, 13)).toBe(
      "another name or group",
    );
    expect(ruleAt({ kind: "yes", username: "github:ada-2:7", groups: ["system:masters"] }, 13)).toBe(
      "another name or group",
    );
  });
});

describe("a no", () => {
  test("is right for who is not admitted, and for some seconds after they are", () => {
    const { subject, ruleAt } = scene({ facts: { ...member, isMember: false } });
    expect(ruleAt({ kind: "no", told: "" }, 0)).toBeNull();
    subject.facts.change(member, start);
    expect(ruleAt({ kind: "no", told: "" }, 13)).toBeNull();
    expect(ruleAt({ kind: "no", told: "" }, 15)).toBe("a person at work is refused");
  });

  test("is never right for a person at work, in an outage neither", () => {
    const { world, ruleAt } = scene();
    expect(ruleAt({ kind: "no", told: "" }, 0)).toBe("a person at work is refused");
    world.disturbances.change(outage, start);
    expect(ruleAt({ kind: "no", told: "" }, 60)).toBe("a person at work is refused");
  });
});

describe("an undetermined answer", () => {
  const undetermined: Answer = { kind: "undetermined" };

  test("has a cause: a disturbance that excuses it, or one that ended a moment ago", () => {
    const { world, ruleAt } = scene();
    expect(ruleAt(undetermined, 0)).toBe("undetermined without a cause");
    world.disturbances.change({ name: "slow", excuses: false, hasGrace: false }, start);
    expect(ruleAt(undetermined, 1)).toBe("undetermined without a cause");
    world.disturbances.change(outage, start + 10_000);
    expect(ruleAt(undetermined, 11)).toBeNull();
    world.disturbances.change(null, start + 20_000);
    expect(ruleAt(undetermined, 39)).toBeNull();
    expect(ruleAt(undetermined, 41)).toBe("undetermined without a cause");
  });

  test("is not for a person at work, within the grace", () => {
    const { world, ruleAt } = scene();
    world.disturbances.change(outage, start);
    expect(ruleAt(undetermined, 5, -2)).toBe("undetermined within the grace");
    expect(ruleAt(undetermined, 17, -2)).toBeNull();
    expect(ruleAt(undetermined, 5, null)).toBeNull();
  });

  test("may be where something changed for the person, or where the disturbance gives no grace", () => {
    const { subject, world, ruleAt } = scene();
    world.disturbances.change({ ...outage, hasGrace: false }, start);
    expect(ruleAt(undetermined, 5, -2)).toBeNull();
    world.disturbances.change(null, start + 10_000);
    world.disturbances.change(outage, start + 22_000);
    expect(ruleAt(undetermined, 27, 21)).toBeNull();
    world.disturbances.change(null, start + 70_000);
    world.disturbances.change(outage, start + 100_000);
    expect(ruleAt(undetermined, 105, 98)).toBe("undetermined within the grace");
    subject.facts.change({ ...member, isInTeam: false }, start + 95_000);
    expect(ruleAt(undetermined, 105, 98)).toBeNull();
  });
});

test("no answer is a finding", () => {
  expect(scene().ruleAt({ kind: "broken", why: "status 500" }, 0)).toBe("no answer");
});

test("policies admit by number, organisation and team", () => {
  const nothing: ClusterPolicy = { allowsOrganisation: false, allowsTeam: false, allows: [], denies: [] };
  const outsider = { ...member, isMember: false, isInTeam: false };
  expect(admits(nothing, 7, member)).toBe(false);
  expect(admits({ ...nothing, allows: [7] }, 7, outsider)).toBe(true);
  expect(admits({ ...nothing, allowsTeam: true }, 7, { ...member, isInTeam: false })).toBe(false);
  expect(admits({ ...nothing, allowsTeam: true }, 7, member)).toBe(true);
});
