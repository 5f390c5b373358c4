// The people that `npm start` brings along, with a token each: one for every way in which signing in can go. Their
// policy also admits jobs of a repository.
import { recogniseCredential } from "../../worker/credential/kind.ts";
import type { StandInAccount } from "./accounts.ts";
import type { TokenOptions } from "./grants.ts";
import type { StandInOrganisation } from "./organisations.ts";
import { addSampleRepository } from "./sample-repository.ts";
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
  /** Those that the policy names. The first one owns the sample app. */
  readonly organisations: readonly [StandInOrganisation, ...StandInOrganisation[]];
}

type IssueToken = (name: string, account: StandInAccount, options: TokenOptions) => string;

/** @param keptTokens tokens of earlier starts, by the users' names: the users have them again */
export function addSampleUsers(
  standIn: GitHubStandIn,
  keptTokens: ReadonlyMap<string, string> = new Map(),
): SampleUsers {
  const issue = tokenIssuer(standIn, keptTokens);
  const byName = addUsersByName(standIn, issue);
  const byOrganisation = addUsersByOrganisation(standIn, issue);
  return {
    users: [...byName.users, ...byOrganisation.users],
    organisations: byOrganisation.organisations,
    policy: {
      allow: [
        ...byName.allow,
        ...byOrganisation.allow,
        ...addSampleRepository(standIn, byOrganisation.organisations[0]),
      ],
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

/** Issues the kept token again where it is of the right kind and no other user has it. */
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

/** Those who get in, or do not, by the policy's entries for their own name, or by their token. */
function addUsersByName(standIn: GitHubStandIn, issue: IssueToken) {
  const otto = standIn.addAccount({ login: "otto-inkwell" });
  const nell = standIn.addAccount({ login: "nell-nautilus" });
  const sly = standIn.addAccount({ login: "sly-cuttlefish" });
  const revoked = issue("revoked", otto, { kind: "classic" });
  standIn.revokeToken(revoked);
  const githubDown = issue("github-down", otto, { kind: "fine_grained" });
  standIn.setFault(githubDown, { kind: "server_error", status: 503, body: "unicorn_html" });

  const users: SampleUser[] = [
    {
      name: "admitted",
      shows: `authenticated as github:${otto.login}:${otto.id}`,
      token: issue("admitted", otto, { kind: "fine_grained" }),
    },
    {
      name: "outsider",
      shows: `unauthenticated: no entry of the policy admits ${nell.login}`,
      // With the scope that shows memberships: without it the Worker could not know that there are none.
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
  ];
  const deny = [`user:${sly.login}#${sly.id}`];
  return { users, allow: [`user:${otto.login}#${otto.id}`, ...deny], deny };
}

/** Those who get in, or do not, by an organisation or a team. */
function addUsersByOrganisation(standIn: GitHubStandIn, issue: IssueToken) {
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
      token: issue("org-member", mona, { kind: "classic", scopes: ["read:org"] }),
    },
    {
      name: "team-member",
      shows:
        `authenticated as github:${tara.login}:${tara.id} in the groups github:${trench.login}, ` +
        `github:${trench.login}/${storage.slug} and, as that is its parent, github:${trench.login}/${platform.slug}`,
      token: issue("team-member", tara, { kind: "fine_grained", resourceOwner: trench }),
    },
    {
      name: "invited",
      shows: `denied: ${piet.login} did not accept the invitation to ${reef.login} yet`,
      token: issue("invited", piet, { kind: "classic", scopes: ["read:org"] }),
    },
    {
      name: "no-scope",
      shows: `denied: ${mona.login} is a member of ${reef.login}, but this token lacks read:org, so it can't be seen`,
      token: issue("no-scope", mona, { kind: "classic", scopes: ["read:user"] }),
    },
    {
      name: "no-sso",
      shows: `denied: ${sol.login} did not authorise this token for the single sign-on of ${kelp.login}`,
      token: issue("no-sso", sol, { kind: "classic", scopes: ["read:org"] }),
    },
    {
      name: "other-owner",
      shows: `denied: ${mona.login} made this token for their own account, not for ${reef.login}`,
      token: issue("other-owner", mona, { kind: "fine_grained" }),
    },
    {
      name: "left-team",
      shows: `unauthenticated: ${lara.login} is a member of ${trench.login}, but was removed from ${platform.slug}`,
      token: issue("left-team", lara, { kind: "classic", scopes: ["read:org"] }),
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
    organisations: [reef, trench, kelp] as const,
  };
}
