// Teams, each with one parent: those of which a person is a direct member, those of an organisation, and one by its
// slug.
import { Hono } from "hono";
import { isSameName } from "../accounts.ts";
import { listedTeam, teamFull, teamWithParent } from "../bodies.ts";
import type { StandInContext, StandInEnv } from "../context.ts";
import type { Grant } from "../grants.ts";
import {
  accessTo,
  hasSufficientScope,
  personalGrant,
  refusalFor,
  refusalForInstallation,
  scopeHeaders,
  visibleIn,
} from "../organisation-access.ts";
import { directTeams, isActiveMember, type StandInOrganisation, type StandInTeam } from "../organisations.ts";
import { notFound, pageOf, requiresAuthentication, resource } from "../responses.ts";

export const teamRoutes = new Hono<StandInEnv>();

const cacheable = { "cache-control": "private, max-age=60, s-maxage=60" };

teamRoutes.get("/user/teams", (c) => {
  const grant = personalGrant(c);
  if (grant instanceof Response) return grant;
  const { organisations, url } = c.get("github");
  const joined = organisations.of(grant.account).filter((one) => isActiveMember(one, grant.account));
  const { visible, ssoHeaders } = visibleIn(c, grant, joined);
  const teams = visible.flatMap((organisation) => directTeams(organisation, grant.account));
  const { items, headers } = pageOf(c, teams);
  const body = items.map((team) => listedTeam(team, url));
  return resource(c, body, { ...cacheable, ...scopeHeaders(grant), ...headers, ...ssoHeaders });
});

teamRoutes.get("/orgs/:org/teams", (c) => {
  const seen = visibleTeams(c, c.req.param("org"));
  if (seen instanceof Response) return seen;
  const { items, headers } = pageOf(c, seen.teams);
  const body = items.map((team) => teamWithParent(team, c.get("github").url));
  return resource(c, body, { ...cacheable, ...scopeHeaders(seen.grant), ...headers });
});

teamRoutes.get("/orgs/:org/teams/:team_slug", (c) => {
  const seen = visibleTeams(c, c.req.param("org"));
  if (seen instanceof Response) return seen;
  const team = seen.teams.find(({ slug }) => isSameName(slug, c.req.param("team_slug")));
  if (team === undefined) return notFound(c);
  return resource(c, teamFull(team, c.get("github").url), { ...cacheable, ...scopeHeaders(seen.grant) });
});

/** @returns the organisation's teams that the caller may see, or the refusal of a caller who may see none */
function visibleTeams(c: StandInContext, login: string) {
  const { grant } = c.get("caller");
  if (grant === null) return requiresAuthentication(c);
  const organisation = c.get("github").organisations.byLogin(login);
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
