// What is asked about an organisation by its name: one of its teams, and whether somebody is in it.
import type { Call } from "../call.ts";
import type { Grant } from "../directory.ts";
import { isSameName, type StandInOrganisation } from "../entities.ts";
import { accessTo, hasSufficientScope, refusalFor, scopeHeaders } from "../organisation-access.ts";
import { orgMembership, teamFull } from "../organisation-body.ts";
import { isActiveMember } from "../organisations.ts";
import { ipAllowListMessage } from "../other-answer.ts";
import { notAccessible, notFound, refuse, requiresAuthentication } from "../refusal.ts";
import type { Route, RouteResult } from "../route.ts";
import type { State } from "../state.ts";

export const organisationRoutes: readonly Route[] = [
  { method: "GET", pattern: /^\/orgs\/([^/]+)\/teams\/([^/]+)$/, answer: team },
  { method: "GET", pattern: /^\/orgs\/([^/]+)\/memberships\/([^/]+)$/, answer: membership },
];

function team(call: Call, state: State, [login = "", slug = ""]: readonly string[]): RouteResult {
  const { grant } = call;
  if (grant === null) return requiresAuthentication(call);
  const organisation = state.organisations.byLogin(login);
  if (organisation === null) return notFound(call);
  const refused =
    grant.kind === "installation"
      ? refusalForInstallation(call, grant, organisation)
      : refusalForPerson(call, grant, organisation, state);
  if (refused !== null) return refused;
  const found = organisation.teams.find((candidate) => isSameName(candidate.slug, slug));
  if (found === undefined) return notFound(call);
  return resource(teamFull(found, call.apiUrl), scopeHeaders(grant));
}

/** Asked by installations only: people's own tokens are asked about their own memberships. */
function membership(call: Call, state: State, [login = "", name = ""]: readonly string[]): RouteResult {
  const { grant } = call;
  if (grant === null) return requiresAuthentication(call);
  const organisation = state.organisations.byLogin(login);
  if (organisation === null) return notFound(call);
  const refused = refusalForInstallation(call, grant, organisation);
  if (refused !== null) return refused;
  const account = state.directory.byLogin(name);
  const found = account === null ? undefined : organisation.members.get(account);
  if (account === null || found === undefined) return notFound(call);
  return resource(orgMembership(organisation, account, found, call.apiUrl), {});
}

function refusalForInstallation(
  call: Call,
  { installation: holder }: Grant,
  organisation: StandInOrganisation,
): RouteResult | null {
  const isHere = holder?.installation.organisation === organisation;
  if (!isHere || holder.permissions.members === undefined) return notAccessible(call);
  if (organisation.restrictions.ipAllowList === true) return refuse(call, 403, ipAllowListMessage(organisation.login));
  return null;
}

/** Teams are shown to members only; to all others, and to tokens without the scope, they are not there. */
function refusalForPerson(
  call: Call,
  grant: Grant,
  organisation: StandInOrganisation,
  state: State,
): RouteResult | null {
  if (!hasSufficientScope(grant) || !isActiveMember(organisation, grant.account)) return notFound(call);
  return refusalFor(call, grant, accessTo(organisation, call.token ?? "", grant, state), organisation);
}

function resource(body: unknown, headers: Readonly<Record<string, string>>): RouteResult {
  return {
    kind: "resource",
    body: JSON.stringify(body),
    headers: { "cache-control": "private, max-age=60, s-maxage=60", ...headers },
  };
}
