// POST /graphql: the one query that Octogate sends. Recognised by what it asks for, not by its wording: GraphQL as such is not spoken here.
import * as v from "valibot";
import type { Call } from "../call.ts";
import type { Grant } from "../directory.ts";
import type { StandInAccount, StandInOrganisation, StandInTeam } from "../entities.ts";
import type { GraphqlError } from "../graphql-error.ts";
import { parseJson } from "../json.ts";
import { ancestorsOf, directTeams } from "../organisations.ts";
import { ipAllowListMessage } from "../other-answer.ts";
import { refuse } from "../refusal.ts";
import type { Route, RouteResult } from "../route.ts";
import type { State } from "../state.ts";

export const graphqlPath = "/graphql";
export const graphqlRoutes: readonly Route[] = [{ method: "POST", pattern: /^\/graphql$/, answer: graphql }];

const bodySchema = v.object({
  query: v.string(),
  variables: v.object({ org: v.string(), login: v.string(), after: v.nullish(v.string(), null) }),
});

/** GitHub answers no list with more. */
const largestPageSize = 100;

function graphql(call: Call, { organisations, directory }: State): RouteResult {
  const { grant } = call;
  if (grant === null) return refuse(call, 401, "This endpoint requires you to be authenticated.");
  const parsed = v.safeParse(bodySchema, parseJson(call.body));
  if (!parsed.success || !/organization\b.*teams\b.*userLogins/s.test(parsed.output.query)) {
    return outcome({ errors: [{ message: "The stand-in for GitHub knows no such query" }] });
  }
  const { query, variables } = parsed.output;
  const account = directory.byLogin(variables.login);
  const user = account === null ? null : { databaseId: account.id };
  const noUser = `Could not resolve to a User with the login of '${variables.login}'.`;
  const errors: GraphqlError[] = user === null ? [{ type: "NOT_FOUND", path: ["user"], message: noUser }] : [];

  const organisation = organisations.byLogin(variables.org);
  if (organisation === null) {
    const message = `Could not resolve to an Organization with the login of '${variables.org}'.`;
    const error: GraphqlError = { type: "NOT_FOUND", path: ["organization"], message };
    return outcome({ data: { organization: null, user }, errors: [error, ...errors] });
  }
  const forbidden = refusalOf(grant, organisation);
  if (forbidden !== null) return outcome({ data: { organization: null, user }, errors: [forbidden, ...errors] });

  const teams = teamsConnection(organisation, account, variables.after, query);
  const data = { organization: { databaseId: organisation.id, teams }, user };
  return outcome(errors.length === 0 ? { data } : { data, errors });
}

/** Asked by installations only. */
function refusalOf({ installation: holder }: Grant, organisation: StandInOrganisation): GraphqlError | null {
  if (holder?.installation.organisation !== organisation || holder.permissions.members === undefined) {
    const message = "Resource not accessible by integration";
    return { type: "FORBIDDEN", path: ["organization", "teams"], message };
  }
  if (organisation.restrictions.ipAllowList !== true) return null;
  return { type: "FORBIDDEN", path: ["organization"], message: ipAllowListMessage(organisation.login) };
}

/** `userLogins` finds direct members only. */
function teamsConnection(
  organisation: StandInOrganisation,
  account: StandInAccount | null,
  after: string | null,
  query: string,
) {
  const found = account === null ? [] : directTeams(organisation, account);
  const start = after === null ? 0 : offsetIn(after);
  const end = start + firstIn(query, "teams");
  const shownAncestors = firstIn(query, "ancestors");
  return {
    pageInfo: {
      hasNextPage: end < found.length,
      endCursor: found.length === 0 ? null : cursor(Math.min(end, found.length)),
    },
    nodes: found.slice(start, end).map((team) => {
      const ancestors = ancestorsOf(team);
      return {
        ...teamNode(team),
        ancestors: {
          pageInfo: { hasNextPage: ancestors.length > shownAncestors },
          nodes: ancestors.slice(0, shownAncestors).map(teamNode),
        },
      };
    }),
  };
}

function teamNode({ id, slug }: StandInTeam) {
  return { databaseId: id, slug };
}

function firstIn(query: string, connection: "teams" | "ancestors"): number {
  const first = new RegExp(`${connection}\\s*\\([^)]*\\bfirst:\\s*(\\d+)`).exec(query)?.[1];
  return Math.min(Number(first ?? largestPageSize), largestPageSize);
}

function cursor(offset: number): string {
  return Buffer.from(`cursor:${offset}`).toString("base64");
}

function offsetIn(after: string): number {
  const offset = Number(Buffer.from(after, "base64").toString().replace("cursor:", ""));
  return Number.isSafeInteger(offset) ? offset : 0;
}

function outcome(body: Readonly<Record<string, unknown>>): RouteResult {
  return { kind: "outcome", status: 200, body: JSON.stringify(body) };
}
