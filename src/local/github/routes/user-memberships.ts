// GET /user/memberships/orgs and GET /user/memberships/orgs/{org}: what a person is in or invited to, as far as the token may see it.
import type { Call } from "../call.ts";
import { accessTo, personalGrant, refusalFor, scopeHeaders, visibleIn } from "../organisation-access.ts";
import { orgMembership } from "../organisation-body.ts";
import { pageOf } from "../paging.ts";
import { notAccessible, notFound } from "../refusal.ts";
import type { Route, RouteResult } from "../route.ts";
import type { State } from "../state.ts";

export const userMembershipRoutes: readonly Route[] = [
  { method: "GET", pattern: /^\/user\/memberships\/orgs$/, answer: memberships },
  { method: "GET", pattern: /^\/user\/memberships\/orgs\/([^/]+)$/, answer: membership },
];

function membership(call: Call, state: State, [login = ""]: readonly string[]): RouteResult {
  const personal = personalGrant(call);
  if ("refused" in personal) return personal.refused;
  const { grant } = personal;
  const organisation = state.organisations.byLogin(login);
  if (organisation === null) return notFound(call);

  const access = accessTo(organisation, call.token ?? "", grant, state);
  // What the token was never made for is refused whoever holds it; whatever an organisation demands, only members and invited people hear of.
  const found = organisation.members.get(grant.account);
  if (found === undefined && access.kind !== "not_accessible") return notFound(call);
  const refused = refusalFor(call, grant, access, organisation);
  if (refused !== null || found === undefined) return refused ?? notFound(call);
  return {
    kind: "resource",
    body: JSON.stringify(orgMembership(organisation, grant.account, found, call.apiUrl)),
    headers: { ...cacheable, ...scopeHeaders(grant) },
  };
}

function memberships(call: Call, state: State): RouteResult {
  const personal = personalGrant(call);
  if ("refused" in personal) return personal.refused;
  const { grant } = personal;
  if (grant.kind === "fine_grained") return notAccessible(call);

  const wanted = call.query.get("state");
  const all = state.organisations.of(grant.account).flatMap((organisation) => {
    const found = organisation.members.get(grant.account);
    return found !== undefined && (wanted === null || found.state === wanted) ? [{ organisation, found }] : [];
  });
  const { visible, headers } = visibleIn(
    all.map(({ organisation }) => organisation),
    call.token ?? "",
    grant,
    state,
  );
  const listed = all.filter(({ organisation }) => visible.includes(organisation));
  const page = pageOf(call, listed);
  const body = page.items.map(({ organisation, found }) =>
    orgMembership(organisation, grant.account, found, call.apiUrl),
  );
  return {
    kind: "resource",
    body: JSON.stringify(body),
    headers: { ...cacheable, ...scopeHeaders(grant), ...page.headers, ...headers },
  };
}

const cacheable = { "cache-control": "private, max-age=60, s-maxage=60" };
