// The accounts that `user:` entries name: their present login, and whether GitHub shows them at all.
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import { printEntry, type UserEntry } from "../../../worker/config/entries.ts";
import { type GitHubCalls, isOk } from "../../../worker/github/calls.ts";
import { accountById } from "../../../worker/github/endpoints.ts";
import type { Account } from "../../../worker/github/facts.ts";
import { publicProfile } from "../pin/lookup.ts";
import type { Failure } from "./endpoints.ts";
import type { ReportedPolicy } from "./policies.ts";
import type { OrganisationPeople } from "./read-organisation.ts";
import type { Source } from "./source.ts";
import { lookupError } from "./words.ts";

export interface NamedAccounts {
  /** Those that entries of this policy name. */
  accountsOf(policy: ClusterPolicy): Account[];
  /** Entries of its `allow` that name no account which GitHub shows. */
  notFoundIn(policy: ClusterPolicy): { entry: string; why: string }[];
}

type Found =
  | { readonly kind: "found"; readonly account: Account }
  | { readonly kind: "not_found"; readonly why: string };

/** @throws CliError where GitHub does not say */
export async function readNamedAccounts(
  policies: readonly ReportedPolicy[],
  organisations: readonly OrganisationPeople[],
  calls: GitHubCalls,
  source: Source,
): Promise<NamedAccounts> {
  const found = new Map<string, Found>();
  const entries = policies.flatMap(({ policy }) => usersIn([...policy.allow, ...policy.deny]));
  for (const entry of entries) {
    const key = keyOf(entry);
    if (!found.has(key)) found.set(key, memberNamed(entry, organisations) ?? (await lookUp(entry)));
  }

  const of = (list: ClusterPolicy["allow"] | ClusterPolicy["deny"]) =>
    usersIn(list).flatMap((entry) => {
      const one = found.get(keyOf(entry));
      return one === undefined ? [] : [{ entry, found: one }];
    });
  return {
    accountsOf: ({ allow, deny }) =>
      [...of(allow), ...of(deny)].flatMap(({ found: one }) => (one.kind === "found" ? [one.account] : [])),
    notFoundIn: ({ allow }) =>
      of(allow).flatMap(({ entry, found: one }) =>
        one.kind === "found"
          ? []
          : [{ entry: `${printEntry(entry)}${entry.id === null ? "" : `#${entry.id}`}`, why: one.why }],
      ),
  };

  async function lookUp(entry: UserEntry): Promise<Found> {
    const authorization = await source.authorization();
    const { id, login } = entry;
    const subject = `user:${login}`;
    if (id !== null) {
      const byNumber = await calls.call(accountById, { id }, { authorization });
      if (isOk(byNumber)) return foundIn(byNumber.body, id);
      if (byNumber.kind !== "absent") throw lookupError(subject, byNumber);
    }
    const byName = await calls.call(publicProfile, { kind: "user", login, id: null }, { authorization });
    if (isOk(byName) && (id === null || byName.body.id === id)) return foundIn(byName.body, byName.body.id);
    if (!isOk(byName) && byName.kind !== "absent") throw lookupError(subject, byName);
    return {
      kind: "not_found",
      why:
        id === null
          ? "GitHub shows no account of this name: the entry admits no account for now"
          : `GitHub shows no account with the number ${id}: it is deleted, or hidden from this credential`,
    };

    function foundIn(account: Account, expected: number): Found {
      if (account.id !== expected) throw lookupError(subject, inconsistent);
      return { kind: "found", account: { id: account.id, login: account.login, type: account.type } };
    }
  }
}

const inconsistent: Failure = { kind: "unavailable", reason: "github_inconsistent_responses" };

function usersIn(entries: readonly { readonly kind: string }[]): UserEntry[] {
  return entries.filter((entry): entry is UserEntry => entry.kind === "user");
}

function keyOf({ login, id }: UserEntry): string {
  return id === null ? login : `#${id}`;
}

/** A member of an organisation that was read needs no question of its own. */
function memberNamed({ login, id }: UserEntry, organisations: readonly OrganisationPeople[]): Found | null {
  for (const { members } of organisations) {
    const member =
      id === null ? [...members.values()].find((one) => one.login.toLowerCase() === login) : members.get(id);
    if (member === undefined) continue;
    return { kind: "found", account: { id: member.id, login: member.login, type: member.type } };
  }
  return null;
}
