// Teams: those that a person is a direct member of, each with one parent; and one team by its slug.
import { Hono } from "hono";
import { isSameName } from "../accounts.ts";
import { teamFull } from "../bodies.ts";
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
import { directTeams, isActiveMember, type StandInOrganisation } from "../organisations.ts";
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
  const body = items.map((team) => teamFull(team, url));
  return resource(c, body, { ...cacheable, ...scopeHeaders(grant), ...headers, ...ssoHeaders });
});

teamRoutes.get("/orgs/:org/teams/:team_slug", (c) => {
  const { grant } = c.get("caller");
  const { organisations, url } = c.get("github");
  if (grant === null) return requiresAuthentication(c);
  const organisation = organisations.byLogin(c.req.param("org"));
  if (organisation === null) return notFound(c);
  const refusal = grant.kind === "installation" ? refusalForInstallation : refusalForPerson;
  const refused = refusal(c, grant, organisation);
  if (refused !== null) return refused;
  const team = organisation.teams.find(({ slug }) => isSameName(slug, c.req.param("team_slug")));
  if (team === undefined) return notFound(c);
  return resource(c, teamFull(team, url), { ...cacheable, ...scopeHeaders(grant) });
});

/** GitHub shows teams to members only; for all others, and for tokens without the scope, they do not exist. */
function refusalForPerson(c: StandInContext, grant: Grant, organisation: StandInOrganisation): Response | null {
  if (!hasSufficientScope(grant) || !isActiveMember(organisation, grant.account)) return notFound(c);
  return refusalFor(c, grant, accessTo(c, grant, organisation), organisation);
}
