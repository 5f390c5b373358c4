// GET /user/teams: the teams that a person is a direct member of, as far as the token may see them, each with one parent.
import type { Call } from "../call.ts";
import { personalGrant, scopeHeaders, visibleIn } from "../organisation-access.ts";
import { teamFull } from "../organisation-body.ts";
import { directTeams, isActiveMember } from "../organisations.ts";
import { pageOf } from "../paging.ts";
import type { Route, RouteResult } from "../route.ts";
import type { State } from "../state.ts";

export const userTeamRoutes: readonly Route[] = [{ method: "GET", pattern: /^\/user\/teams$/, answer: teams }];

function teams(call: Call, state: State): RouteResult {
  const personal = personalGrant(call);
  if ("refused" in personal) return personal.refused;
  const { grant } = personal;
  const joined = state.organisations.of(grant.account).filter((one) => isActiveMember(one, grant.account));
  const { visible, headers } = visibleIn(joined, call.token ?? "", grant, state);
  const page = pageOf(
    call,
    visible.flatMap((organisation) => directTeams(organisation, grant.account)),
  );
  return {
    kind: "resource",
    body: JSON.stringify(page.items.map((team) => teamFull(team, call.apiUrl))),
    headers: {
      "cache-control": "private, max-age=60, s-maxage=60",
      ...scopeHeaders(grant),
      ...page.headers,
      ...headers,
    },
  };
}
