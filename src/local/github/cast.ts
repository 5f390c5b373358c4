// The people whom the local edge brings along, with a token each: every way in which signing in can go has one to try it with.

import { recogniseCredential } from "../../worker/credential/kind.ts";
import type { CastMember } from "./cast-member.ts";
import { addTeamPlayers } from "./cast-organisations.ts";
import type { TokenOptions } from "./directory.ts";
import type { GitHubStandIn, StandInAccount } from "./stand-in.ts";
import { makeAppClientId } from "./token.ts";

export type { CastMember } from "./cast-member.ts";

export interface Cast {
  readonly members: CastMember[];
  /** The policy of a cluster in which the cast shows its cases: a `CLUSTER_…` variable without `client_certificates`. */
  readonly policy: Record<string, unknown>;
}

/** @param keptTokens tokens of earlier starts, by the members' names: the members have them again */
export function addCast(standIn: GitHubStandIn, keptTokens: ReadonlyMap<string, string> = new Map()): Cast {
  const issue = tokenIssuer(standIn, keptTokens);
  const otto = standIn.addAccount({ login: "otto-inkwell" });
  const nell = standIn.addAccount({ login: "nell-nautilus" });
  const sly = standIn.addAccount({ login: "sly-cuttlefish" });
  const teamPlayers = addTeamPlayers(standIn, issue);

  const revoked = issue("revoked", otto, { kind: "classic" });
  standIn.revokeToken(revoked);
  const githubDown = issue("github-down", otto, { kind: "fine_grained" });
  standIn.setBehaviour(githubDown, { kind: "server_error", status: 503, body: "unicorn_html" });

  return {
    members: [
      {
        name: "admitted",
        shows: `authenticated as github:${otto.login}:${otto.id}`,
        token: issue("admitted", otto, { kind: "fine_grained" }),
      },
      {
        name: "outsider",
        shows: `unauthenticated: no entry of the policy admits ${nell.login}`,
        // With the scope that shows memberships: only so can it be known that there are none.
        token: issue("outsider", nell, { kind: "classic", scopes: ["read:org"] }),
      },
      {
        name: "blocked",
        shows: `unauthenticated: ${sly.login} is allowed, but denied by name, which wins`,
        token: issue("blocked", sly, { kind: "fine_grained" }),
      },
      { name: "revoked", shows: `unauthenticated: ${otto.login} revoked this token`, token: revoked },
      {
        name: "unlisted-app",
        shows: `denied: ${otto.login} signed in to an app that is not listed in oauth_clients`,
        token: issue("unlisted-app", otto, { kind: "app", oauthClientId: makeAppClientId() }),
      },
      { name: "github-down", shows: "undetermined: GitHub answers 503 with an HTML page", token: githubDown },
      ...teamPlayers.members,
    ],
    policy: {
      allow: [`user:${otto.login}#${otto.id}`, `user:${sly.login}#${sly.id}`, ...teamPlayers.allow],
      deny: [`user:${sly.login}#${sly.id}`],
      groups_from: teamPlayers.groupsFrom,
      username: "login:id",
      group: "slug",
      prefix: "github:",
      token_kinds: ["fine_grained", "classic", "app"],
      oauth_clients: [makeAppClientId()],
    },
  };
}

export type IssueToken = (name: string, account: StandInAccount, options: TokenOptions) => string;

/** Issues the kept token again where it is of the right kind and of no other member. */
function tokenIssuer(standIn: GitHubStandIn, keptTokens: ReadonlyMap<string, string>): IssueToken {
  const issued = new Set<string>();
  return (name, account, options) => {
    const kept = keptTokens.get(name) ?? "";
    const credential = recogniseCredential(kept, "exact");
    const isUsable = credential.kind === "github" && credential.tokenKind === options.kind && !issued.has(kept);
    const token = standIn.issueToken(account, isUsable ? { ...options, token: kept } : options);
    issued.add(token);
    return token;
  };
}
