// Teams, each with one parent: those of which a person is a direct member, those of an organisation, and one by its
// slug or its number, with its members and any person's membership in it.
import { Hono } from "hono";
import { isSameName } from "../accounts.ts";
import { listedTeam, teamFull, teamMember, teamMembership, teamWithParent } from "../bodies.ts";
import type { StandInContext, StandInEnv } from "../context.ts";
import type { Grant } from "../grants.ts";
import {
  accessTo,
  hasSufficientScope,
  organisationResource,
  personalList,
  refusalFor,
  refusalForInstallation,
} from "../organisation-access.ts";
import {
  directTeams,
  isActiveMember,
  isInTeam,
  membersOfTeam,
  type StandInOrganisation,
  type StandInTeam,
} from "../organisations.ts";
import { notFound, pageOf, requiresAuthentication } from "../responses.ts";

export const teamRoutes = new Hono<StandInEnv>();

teamRoutes.get("/user/teams", (c) =>
  personalList(c, ({ account }) => ({
    counts: (organisation) => isActiveMember(organisation, account),
    itemsIn: (organisation) => directTeams(organisation, account),
    bodyOf: (team) => listedTeam(team, c.get("github").url),
  })),
);

teamRoutes.get("/orgs/:org/teams", (c) => {
  const seen = visibleTeams(c, c.get("github").organisations.byLogin(c.req.param("org")));
  if (seen instanceof Response) return seen;
  const { items, headers } = pageOf(c, seen.teams);
  const body = items.map((team) => teamWithParent(team, c.get("github").url));
  return organisationResource(c, seen.grant, body, headers);
});

/** The second is in GitHub's text as a note on the first, for each of the two endpoints. */
const teamPaths = ["/orgs/:org/teams/:team_slug", "/organizations/:org_id{[0-9]+}/team/:team_id{[0-9]+}"];

teamRoutes.on("GET", teamPaths, (c) => {
  const seen = visibleTeam(c, c.req.param());
  if (seen instanceof Response) return seen;
  return organisationResource(c, seen.grant, teamFull(seen.team, c.get("github").url));
});

teamRoutes.on(
  "GET",
  teamPaths.map((path) => `${path}/members`),
  (c) => {
    const seen = visibleTeam(c, c.req.param());
    if (seen instanceof Response) return seen;
    const { items, headers } = pageOf(c, membersOfTeam(seen.team));
    const body = items.map((member) => teamMember(seen.team, member, c.get("github").url));
    return organisationResource(c, seen.grant, body, headers);
  },
);

const membershipPaths = teamPaths.map((path) => `${path}/memberships/:username`);

teamRoutes.on("GET", membershipPaths, (c) => {
  const params: Readonly<Record<string, string>> = c.req.param();
  const seen = visibleTeam(c, params);
  if (seen instanceof Response) return seen;
  const { accounts, url } = c.get("github");
  const account = accounts.byLogin(params.username ?? "");
  if (account === null || !isInTeam(seen.team, account)) return notFound(c);
  return organisationResource(c, seen.grant, teamMembership(seen.team, account, url));
});

/** @returns the team in the path, or the refusal of a caller who may not see it */
function visibleTeam(c: StandInContext, params: Readonly<Record<string, string>>) {
  const { organisations } = c.get("github");
  const { org, org_id, team_slug = "", team_id } = params;
  const organisation = org === undefined ? organisations.byId(Number(org_id)) : organisations.byLogin(org);
  const seen = visibleTeams(c, organisation);
  if (seen instanceof Response) return seen;
  const isNamed = ({ id, slug }: StandInTeam) =>
    team_id === undefined ? isSameName(slug, team_slug) : id === Number(team_id);
  const team = seen.teams.find(isNamed);
  return team === undefined ? notFound(c) : { grant: seen.grant, team };
}

/** @returns the organisation's teams that the caller may see, or the refusal of a caller who may see none */
function visibleTeams(c: StandInContext, organisation: StandInOrganisation | null) {
  const { grant } = c.get("caller");
  if (grant === null) return requiresAuthentication(c);
  if (organisation === null) return notFound(c);
  const refusal = grant.kind === "installation" ? refusalForInstallation : refusalForPerson;
  const refused = refusal(c, grant, organisation);
  if (refused !== null) return refused;
  const seesSecret = grant.kind === "installation" || organisation.members.get(grant.account)?.role === "admin";
  const isSeen = ({ privacy, members }: StandInTeam) =>
    seesSecret || privacy === "closed" || members.has(grant.account);
  return { grant, teams: organisation.teams.filter(isSeen) };
}

/** GitHub shows teams to members only; for all others, and for tokens without the scope, they do not exist. */
function refusalForPerson(c: StandInContext, grant: Grant, organisation: StandInOrganisation): Response | null {
  if (!hasSufficientScope(grant) || !isActiveMember(organisation, grant.account)) return notFound(c);
  return refusalFor(c, grant, accessTo(c, grant, organisation), organisation);
}
