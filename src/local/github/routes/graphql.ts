// POST /graphql: the one query that Octogate sends, recognised by what it asks for. The stand-in speaks no GraphQL as
// such.
import { Hono } from "hono";
import * as v from "valibot";
import type { StandInAccount } from "../accounts.ts";
import { readJson, type StandInEnv } from "../context.ts";
import type { GraphqlErrorType } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { isVisible } from "../organisation-access.ts";
import { ancestorsOf, directTeams, type StandInOrganisation, type StandInTeam } from "../organisations.ts";
import { outcome, refuse } from "../responses.ts";
import { ipAllowList } from "../sentences.ts";

export const graphqlPath = "/graphql";
export const graphqlRoutes = new Hono<StandInEnv>();

interface GraphqlError {
  readonly type: GraphqlErrorType;
  readonly path: readonly string[];
  readonly message: string;
}

const bodySchema = v.object({
  query: v.string(),
  variables: v.object({
    org: v.string(),
    login: v.string(),
    first: v.optional(v.number()),
    after: v.nullish(v.string(), null),
  }),
});

/** GitHub gives no list with more items. */
const largestPageSize = 100;

graphqlRoutes.post(graphqlPath, async (c) => {
  const { grant } = c.get("caller");
  const { accounts, organisations } = c.get("github");
  if (grant === null) return refuse(c, 401, "This endpoint requires you to be authenticated.");
  const parsed = v.safeParse(bodySchema, await readJson(c));
  if (!parsed.success || !/organization\b.*teams\b.*userLogins/s.test(parsed.output.query)) {
    return outcome(c, 200, { errors: [{ message: "The stand-in for GitHub knows no such query" }] });
  }
  const { variables } = parsed.output;
  const errors: GraphqlError[] = [];

  const account = accounts.byLogin(variables.login);
  const user = account === null || !isVisible(c, account) ? null : { databaseId: account.id };
  if (user === null) errors.push(notResolved("user", `a User with the login of '${variables.login}'`));

  const organisation = organisations.byLogin(variables.org);
  const refused =
    organisation === null
      ? notResolved("organization", `an Organization with the login of '${variables.org}'`)
      : refusalOf(grant, organisation);
  if (organisation === null || refused !== null) {
    return outcome(c, 200, { data: { organization: null, user }, errors: [refused, ...errors] });
  }
  const teams = teamsConnection(organisation, account, parsed.output);
  const data = { organization: { databaseId: organisation.id, teams }, user };
  return outcome(c, 200, errors.length === 0 ? { data } : { data, errors });
});

function notResolved(field: "user" | "organization", what: string): GraphqlError {
  return { type: "NOT_FOUND", path: [field], message: `Could not resolve to ${what}.` };
}

/** For installations only. */
function refusalOf({ installation: granted }: Grant, organisation: StandInOrganisation): GraphqlError | null {
  if (granted?.installation.account !== organisation || granted.permissions.members === undefined) {
    const message = "Resource not accessible by integration";
    return { type: "FORBIDDEN", path: ["organization", "teams"], message };
  }
  if (organisation.restrictions.ipAllowList !== true) return null;
  return { type: "FORBIDDEN", path: ["organization"], message: ipAllowList(organisation.login) };
}

/** `userLogins` finds direct members only. */
function teamsConnection(
  organisation: StandInOrganisation,
  account: StandInAccount | null,
  { query, variables: { after, first = firstIn(query, "teams") } }: v.InferOutput<typeof bodySchema>,
) {
  const found = account === null ? [] : directTeams(organisation, account);
  const start = after === null ? 0 : offsetIn(after);
  const end = start + first;
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
