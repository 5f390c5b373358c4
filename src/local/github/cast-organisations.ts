// The part of the cast that gets in, or does not, through an organisation.

import type { IssueToken } from "./cast.ts";
import type { CastMember } from "./cast-member.ts";
import type { GitHubStandIn } from "./stand-in.ts";

export interface TeamPlayers {
  readonly members: readonly CastMember[];
  /** The entries of the policy that admit them. */
  readonly allow: readonly string[];
  readonly groupsFrom: readonly string[];
}

export function addTeamPlayers(standIn: GitHubStandIn, issue: IssueToken): TeamPlayers {
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

  return {
    members: [
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
    ],
    allow: [
      `org:${reef.login}#${reef.id}`,
      `team:${trench.login}/${platform.slug}#${platform.id}`,
      `org:${kelp.login}#${kelp.id}`,
    ],
    groupsFrom: [`${reef.login}#${reef.id}`, `${trench.login}#${trench.id}`],
  };
}
