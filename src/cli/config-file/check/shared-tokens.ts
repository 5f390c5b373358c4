// Clusters that share personal access tokens.
// Such a token has no audience, and the kube-apiserver of a cluster sees the tokens of all its users. An attacker who
// steals one there can sign in with it to every other cluster that admits the same person with the same kind of token.
import type { ClusterPolicy, TokenKind } from "../../../worker/config/cluster.ts";
import type { AllowEntry, DenyEntry } from "../../../worker/config/entries.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { type ConfigFile, warningAt } from "../file.ts";

export interface NamedPolicy {
  readonly name: string;
  readonly variable: string;
  readonly policy: ClusterPolicy;
}

/** A legacy token can be either a person's or an app's. */
const personalKinds: readonly TokenKind[] = ["fine_grained", "classic", "legacy"];

/** @returns a warning for each cluster that shares tokens with one before it */
export function findSharedTokens(file: ConfigFile, clusters: readonly NamedPolicy[]): Diagnostic[] {
  return clusters.flatMap((cluster, index): Diagnostic[] => {
    const sharing = clusters.slice(0, index).flatMap((other) => {
      const kinds = sharedKinds(cluster.policy, other.policy);
      return kinds.length > 0 && canShareAPerson(cluster.policy, other.policy) ? [{ name: other.name, kinds }] : [];
    });
    if (sharing.length === 0) return [];
    const kinds = personalKinds.filter((kind) => sharing.some((other) => other.kinds.includes(kind)));
    const names = sharing.map(({ name }) => name).join(", ");
    return [
      warningAt(
        file,
        ["vars", cluster.variable, "token_kinds"],
        `personal tokens (${kinds.join(", ")}) are also accepted by ${names}: one that is stolen there opens ${cluster.name}, and the other way round`,
        'give each cluster an app of its own, whose tokens open nothing else: token_kinds = ["app"] and its client id in oauth_clients',
      ),
    ];
  });
}

function sharedKinds(one: ClusterPolicy, other: ClusterPolicy): TokenKind[] {
  return personalKinds.filter((kind) => one.tokenKinds.includes(kind) && other.tokenKinds.includes(kind));
}

/**
 * Whether one person could get in by an entry of each. Members of organisations are not known here, so only people who
 * are named are told apart.
 */
function canShareAPerson(one: ClusterPolicy, other: ClusterPolicy): boolean {
  return one.allow.some(
    (entry) =>
      !isDeniedBy(entry, other) &&
      other.allow.some((otherEntry) => !isDeniedBy(otherEntry, one) && canMatchTheSame(entry, otherEntry)),
  );
}

function canMatchTheSame(one: AllowEntry, other: AllowEntry): boolean {
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
