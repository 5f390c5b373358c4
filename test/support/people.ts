// The people and clusters of the Worker's tests: two clusters whose policies disagree about the same people, and one
// with a broken policy.
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { makeAppClientId } from "../../src/local/github/token.ts";

export const listedClientId = makeAppClientId();
export const mona = { login: "Mona-Lisa", id: 1001 } as const;
export const dora = { login: "dora", id: 1002 } as const;
/** Stands in no policy by name. */
export const nell = { login: "nell", id: 1003 } as const;
/** Has the login that production's policy pins to the number of another account. */
export const heir = { login: "departed", id: 1004 } as const;

/** Policies without certificates. */
export const clusters = {
  /** Lets mona in, and would let dora in, who is denied. */
  production: {
    allow: [`user:mona-lisa#${mona.id}`, `user:dora#${dora.id}`, "user:departed#999"],
    deny: [`user:dora#${dora.id}`],
    token_kinds: ["fine_grained", "classic", "app"],
    oauth_clients: [listedClientId],
  },
  /** Lets everybody in but mona. */
  staging: {
    allow: ["anyone"],
    deny: [`user:mona-lisa#${mona.id}`],
    username: "id",
    prefix: "staging:",
    token_kinds: ["classic", "fine_grained", "oauth", "legacy"],
  },
  /** A team has its organisation before it. */
  broken: { allow: ["team:platform"], token_kinds: ["classic"] },
} as const;

export type Person = typeof mona | typeof dora | typeof nell | typeof heir;

/** @returns the person's account at the stand-in */
export function accountOf(github: GitHubStandIn, person: Person): StandInAccount {
  return github.addAccount(person);
}
