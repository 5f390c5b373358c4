// The people whom the local edge brings along, with a token each: every way in which signing in can go has one to try it with.
import type { CastMember } from "./cast-member.ts";
import { addTeamPlayers } from "./cast-organisations.ts";
import type { GitHubStandIn } from "./stand-in.ts";
import { makeAppClientId } from "./token.ts";

export type { CastMember } from "./cast-member.ts";

export interface Cast {
  readonly members: CastMember[];
  /** The policy of a cluster in which the cast shows its cases: a `CLUSTER_…` variable without `client_certificates`. */
  readonly policy: Record<string, unknown>;
}

export function addCast(standIn: GitHubStandIn): Cast {
  const otto = standIn.addAccount({ login: "otto-inkwell" });
  const nell = standIn.addAccount({ login: "nell-nautilus" });
  const sly = standIn.addAccount({ login: "sly-cuttlefish" });
  const teamPlayers = addTeamPlayers(standIn);

  const revoked = standIn.issueToken(otto, { kind: "classic" });
  standIn.revokeToken(revoked);
  const githubDown = standIn.issueToken(otto, { kind: "fine_grained" });
  standIn.setBehaviour(githubDown, { kind: "server_error", status: 503, body: "unicorn_html" });

  return {
    members: [
      {
        name: "admitted",
        shows: `authenticated as github:${otto.login}:${otto.id}`,
        token: standIn.issueToken(otto, { kind: "fine_grained" }),
      },
      {
        name: "stranger",
        shows: `unauthenticated: ${nell.login} stands nowhere in the policy`,
        // With the scope that shows memberships: only so can it be known that there are none.
        token: standIn.issueToken(nell, { kind: "classic", scopes: ["read:org"] }),
      },
      {
        name: "denied",
        shows: `unauthenticated: ${sly.login} is allowed, but denied by name, which wins`,
        token: standIn.issueToken(sly, { kind: "fine_grained" }),
      },
      { name: "revoked", shows: `unauthenticated: ${otto.login} revoked this token`, token: revoked },
      {
        name: "unlisted-app",
        shows: `denied: ${otto.login} signed in to an app that is not listed in oauth_clients`,
        token: standIn.issueToken(otto, { kind: "app", oauthClientId: makeAppClientId() }),
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
