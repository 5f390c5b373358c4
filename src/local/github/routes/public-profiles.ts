// GET /users/{username} and GET /orgs/{org}: what everybody may know of an account by its name, also without a token.
import type { Call } from "../call.ts";
import { organizationFull } from "../organisation-body.ts";
import { notFound } from "../refusal.ts";
import type { Route, RouteResult } from "../route.ts";
import type { State } from "../state.ts";
import { publicUser } from "../user-body.ts";

export const publicProfileRoutes: readonly Route[] = [
  { method: "GET", pattern: /^\/users\/([^/]+)$/, answer: account },
  { method: "GET", pattern: /^\/orgs\/([^/]+)$/, answer: organisation },
];

/** Organisations are accounts, too, and people and organisations share their names. */
function account(call: Call, { directory, organisations }: State, [login = ""]: readonly string[]): RouteResult {
  const person = directory.byLogin(login);
  if (person !== null) return resource(publicUser(person, call.apiUrl));
  const found = organisations.byLogin(login);
  if (found === null) return notFound(call);
  return resource(publicUser({ id: found.id, login: found.login, type: "Organization" }, call.apiUrl));
}

function organisation(call: Call, { organisations }: State, [login = ""]: readonly string[]): RouteResult {
  const found = organisations.byLogin(login);
  return found === null ? notFound(call) : resource(organizationFull(found, call.apiUrl));
}

function resource(body: unknown): RouteResult {
  return {
    kind: "resource",
    body: JSON.stringify(body),
    headers: { "cache-control": "public, max-age=60, s-maxage=60" },
  };
}
