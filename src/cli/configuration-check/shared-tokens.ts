// Clusters that share personal access tokens. Such a token has no audience: whoever has stolen one from a cluster (whose apiserver sees the tokens of all its users) can sign in with it to
// every other cluster that lets the same person in with the same kind of token.
import type { ClusterPolicy, TokenKind } from "../../worker/config/cluster.ts";
import type { AllowEntry, DenyEntry } from "../../worker/config/entries.ts";
import type { Finding } from "./finding.ts";

export interface NamedPolicy {
  readonly name: string;
  readonly variable: string;
  readonly policy: ClusterPolicy;
}

/** A legacy token can be either a person's or an app's. */
const personalKinds: readonly TokenKind[] = ["fine_grained", "classic", "legacy"];

/** @returns a warning for each cluster that shares tokens with one before it */
export function findSharedTokens(clusters: readonly NamedPolicy[]): Finding[] {
  return clusters.flatMap((cluster, index): Finding[] => {
    const sharing = clusters.slice(0, index).flatMap((other) => {
      const kinds = sharedKinds(cluster.policy, other.policy);
      return kinds.length > 0 && canShareAPerson(cluster.policy, other.policy) ? [{ name: other.name, kinds }] : [];
    });
    if (sharing.length === 0) return [];
    const kinds = personalKinds.filter((kind) => sharing.some((other) => other.kinds.includes(kind)));
    const names = sharing.map(({ name }) => name).join(", ");
    return [
      {
        level: "warning",
        path: ["vars", cluster.variable, "token_kinds"],
        message: `personal tokens (${kinds.join(", ")}) are welcome at ${names}, too: one that is stolen there opens ${cluster.name}, and the other way round`,
        cure: 'give each cluster an app of its own, whose tokens open nothing else: token_kinds = ["app"] and its client id in oauth_clients',
      },
    ];
  });
}

function sharedKinds(one: ClusterPolicy, other: ClusterPolicy): TokenKind[] {
  return personalKinds.filter((kind) => one.tokenKinds.includes(kind) && other.tokenKinds.includes(kind));
}

/** Whether somebody could get in by an entry of each. Nobody knows who is in which organisation, so only people who are named are told apart. */
function canShareAPerson(one: ClusterPolicy, other: ClusterPolicy): boolean {
  return one.allow.some(
    (entry) =>
      !isDeniedBy(entry, other) &&
      other.allow.some((otherEntry) => !isDeniedBy(otherEntry, one) && canMeanTheSame(entry, otherEntry)),
  );
}

function canMeanTheSame(one: AllowEntry, other: AllowEntry): boolean {
  if (one.kind !== "user" || other.kind !== "user") return true;
  return isSame(one, other);
}

function isDeniedBy(entry: AllowEntry, { deny }: ClusterPolicy): boolean {
  return deny.some((denied) => takesBack(denied, entry));
}

function takesBack(denied: DenyEntry, entry: AllowEntry): boolean {
  switch (denied.kind) {
    case "token":
      return false;
    case "user":
      return entry.kind === "user" && isSame(denied, entry);
    case "organisation":
      if (entry.kind === "team") return entry.organisation === denied.login;
      return entry.kind === "organisation" && isSame(denied, entry);
    case "team":
      return (
        entry.kind === "team" &&
        (denied.id !== null && entry.id !== null
          ? denied.id === entry.id
          : denied.organisation === entry.organisation && denied.slug === entry.slug)
      );
  }
}

/** Two numbers say it for sure; else the names are all there is. */
function isSame(
  one: { readonly login: string; readonly id: number | null },
  other: { readonly login: string; readonly id: number | null },
): boolean {
  return one.id !== null && other.id !== null ? one.id === other.id : one.login === other.login;
}
