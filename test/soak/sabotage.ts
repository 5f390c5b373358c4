// Sabotages: each makes one thing wrong that the oracle has to see. `npm run soak -- --sabotage NAME`.
import type { Rule } from "./oracle.ts";

export interface Sabotage {
  readonly what: string;
  /** What the oracle has to say. */
  readonly rule: Rule | "memory grows" | "file handles grow";
  /** What is deployed in place of what the oracle is told. */
  readonly spoil?: (variables: Record<string, unknown>) => Record<string, unknown>;
  /** Whether workerd is killed every second. */
  readonly isKilled?: boolean;
  /** What the edge's process keeps every second. */
  readonly leak?: { readonly bytes: number; readonly opensFile: boolean };
}

const inAllClusters = (change: (table: Record<string, unknown>) => Record<string, unknown>) => {
  return (variables: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(variables).map(
        ([name, value]) =>
          name.startsWith("CLUSTER_") ? [name, change(value as Record<string, unknown>)] : [name, value], // a table
      ),
    );
};

export const sabotages: Readonly<Record<string, Sabotage>> = {
  "admits-anyone": {
    what: "every cluster admits everyone",
    rule: "a wrong yes",
    spoil: inAllClusters((table) => ({ ...table, allow: ["anyone"] })),
  },
  "long-ttl": {
    what: "facts are fresh for longer than was said",
    rule: "a yes beyond its bound",
    spoil: (variables) => ({ ...variables, CACHE_TTL_SECONDS: 120 }),
  },
  "other-names": {
    what: "names have another form",
    rule: "another name or group",
    spoil: inAllClusters((table) => ({ ...table, username: "login" })),
  },
  "denies-members": {
    what: "a person at work is in deny",
    rule: "a person at work is refused",
    spoil: inAllClusters((table) => ({ ...table, deny: ["user:anybody#100"] })),
  },
  "no-grace": {
    what: "there is no grace in an outage",
    rule: "undetermined within the grace",
    spoil: (variables) => ({ ...variables, OUTAGE_GRACE_SECONDS: 0 }),
  },
  "wrong-setting": {
    what: "the table of one cluster is wrong",
    rule: "undetermined without a cause",
    spoil: (variables) => ({ ...variables, CLUSTER_RED: { ...(variables.CLUSTER_RED as object), alow: [] } }), // a table
  },
  "kills-workerd": {
    what: "workerd ends, again and again",
    rule: "no answer",
    isKilled: true,
  },
  "leaks-memory": {
    what: "the edge's process keeps memory",
    rule: "memory grows",
    leak: { bytes: 300_000, opensFile: false },
  },
  "leaks-handles": {
    what: "the edge's process keeps files open",
    rule: "file handles grow",
    leak: { bytes: 1, opensFile: true },
  },
};
