// The people that `npm start` brings along, with a token each: one for every way in which signing in can go.
import type { GitHubStandIn } from "./server.ts";
import { makeAppClientId } from "./token.ts";

export interface SampleUser {
  readonly name: string;
  /** What signing in with this token shows, in a line. */
  readonly shows: string;
  readonly token: string;
}

export interface SampleUsers {
  readonly users: readonly SampleUser[];
  /** The policy of a cluster in which they show it: a `CLUSTER_…` variable without `client_certificates`. */
  readonly policy: Record<string, unknown>;
}

export function addSampleUsers(standIn: GitHubStandIn): SampleUsers {
  const byName = addUsersByName(standIn);
  const byOrganisation = addUsersByOrganisation(standIn);
  return {
    users: [...byName.users, ...byOrganisation.users],
    policy: {
      allow: [...byName.allow, ...byOrganisation.allow],
      deny: byName.deny,
      groups_from: byOrganisation.groupsFrom,
      username: "login:id",
      group: "slug",
      prefix: "github:",
      token_kinds: ["fine_grained", "classic", "app"],
      oauth_clients: [makeAppClientId()],
    },
  };
}

/** Those who get in, or do not, by the policy's entries for their own name, or by their token. */
function addUsersByName(standIn: GitHubStandIn) {
  const otto = standIn.addAccount({ login: "otto-inkwell" });
  const nell = standIn.addAccount({ login: "nell-nautilus" });
  const sly = standIn.addAccount({ login: "sly-cuttlefish" });
  const revoked = standIn.issueToken(otto, { kind: "classic" });
  standIn.revokeToken(revoked);
  const githubDown = standIn.issueToken(otto, { kind: "fine_grained" });
  standIn.setFault(githubDown, { kind: "server_error", status: 503, body: "unicorn_html" });

  const users: SampleUser[] = [
    {
      name: "admitted",
      shows: `authenticated as github:${otto.login}:${otto.id}`,
      token: standIn.issueToken(otto, { kind: "fine_grained" }),
    },
    {
      name: "outsider",
      shows: `unauthenticated: no entry of the policy admits ${nell.login}`,
      // With the scope that shows memberships: without it the Worker could not know that there are none.
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
  ];
  const deny = [`user:${sly.login}#${sly.id}`];
  return { users, allow: [`user:${otto.login}#${otto.id}`, ...deny], deny };
}

/** Those who get in, or do not, by an organisation or a team. */
function addUsersByOrganisation(standIn: GitHubStandIn) {
  const reef = standIn.addOrganisation({ login: "reef-works" });
  const trench = standIn.addOrganisation({ login: "trench-labs" });
  const platform = standIn.addTeam(trench, { name: "Platform" });
  const storage = standIn.addTeam(trench, { name: "Platform Storage", parent: platform });
  const kelp = standIn.addOrganisation({ login: "kelp-bank" });
  standIn.restrictOrganisation(kelp, { sso: {} });

  const mona = standIn.addAccount({ login: "mona-manta" });
  standIn.addMember(reef, mona);
  const tara = standIn.addAccount({ login: "tara-triton" });
  standIn.addMember(trench, tara);
  standIn.addToTeam(storage, tara);
  const piet = standIn.addAccount({ login: "piet-plankton" });
  standIn.addMember(reef, piet, { state: "pending" });
  const sol = standIn.addAccount({ login: "sol-seahorse" });
  standIn.addMember(kelp, sol);
  const lara = standIn.addAccount({ login: "lara-lobster" });
  standIn.addMember(trench, lara);
  standIn.addToTeam(platform, lara);
  standIn.removeFromTeam(platform, lara);

  const users: SampleUser[] = [
    {
      name: "org-member",
      shows: `authenticated as github:${mona.login}:${mona.id} in the group github:${reef.login}`,
      token: standIn.issueToken(mona, { kind: "classic", scopes: ["read:org"] }),
    },
    {
      name: "team-member",
      shows:
        `authenticated as github:${tara.login}:${tara.id} in the groups github:${trench.login}, ` +
        `github:${trench.login}/${storage.slug} and, as that is its parent, github:${trench.login}/${platform.slug}`,
      token: standIn.issueToken(tara, { kind: "fine_grained", resourceOwner: trench }),
    },
    {
      name: "invited",
      shows: `denied: ${piet.login} did not accept the invitation to ${reef.login} yet`,
      token: standIn.issueToken(piet, { kind: "classic", scopes: ["read:org"] }),
    },
    {
      name: "no-scope",
      shows: `denied: ${mona.login} is a member of ${reef.login}, but this token lacks read:org, so it can't be seen`,
      token: standIn.issueToken(mona, { kind: "classic", scopes: ["read:user"] }),
    },
    {
      name: "no-sso",
      shows: `denied: ${sol.login} did not authorise this token for the single sign-on of ${kelp.login}`,
      token: standIn.issueToken(sol, { kind: "classic", scopes: ["read:org"] }),
    },
    {
      name: "other-owner",
      shows: `denied: ${mona.login} made this token for their own account, not for ${reef.login}`,
      token: standIn.issueToken(mona, { kind: "fine_grained" }),
    },
    {
      name: "left-team",
      shows: `unauthenticated: ${lara.login} is a member of ${trench.login}, but was removed from ${platform.slug}`,
      token: standIn.issueToken(lara, { kind: "classic", scopes: ["read:org"] }),
    },
  ];
  return {
    users,
    allow: [
      `org:${reef.login}#${reef.id}`,
      `team:${trench.login}/${platform.slug}#${platform.id}`,
      `org:${kelp.login}#${kelp.id}`,
    ],
    groupsFrom: [`${reef.login}#${reef.id}`, `${trench.login}#${trench.id}`],
  };
}
