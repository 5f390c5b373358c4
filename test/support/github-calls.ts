// Counts of the requests to GitHub by endpoint: each costs the quota of the token's owner, the installed app or the
// Worker's address.
import type { RecordedRequest } from "../../src/local/github/context.ts";

const templates: readonly (readonly [RegExp, string])[] = [
  [/^\/user\/memberships\/orgs\/[^/]+$/, "/user/memberships/orgs/{org}"],
  [/^\/user\/\d+$/, "/user/{id}"],
  [/^\/orgs\/[^/]+\/teams$/, "/orgs/{org}/teams"],
  [/^\/orgs\/[^/]+\/installation$/, "/orgs/{org}/installation"],
  [/^\/orgs\/[^/]+\/teams\/[^/]+$/, "/orgs/{org}/teams/{team}"],
  [/^\/orgs\/[^/]+\/memberships\/[^/]+$/, "/orgs/{org}/memberships/{login}"],
  [/^\/app\/installations\/\d+\/access_tokens$/, "/app/installations/{id}/access_tokens"],
  [/^\/applications\/[^/]+\/token$/, "/applications/{client}/token"],
  [/^\/applications\/[^/]+\/grant$/, "/applications/{client}/grant"],
];

/** @returns the number of requests by endpoint, as GitHub's documentation names it */
export function countCalls(requests: readonly RecordedRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path } of requests) {
    const [plainPath = ""] = path.split("?");
    const endpoint = templates.find(([pattern]) => pattern.test(plainPath))?.[1] ?? plainPath;
    const name = `${method} ${endpoint}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
