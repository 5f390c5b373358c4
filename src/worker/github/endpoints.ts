// GitHub's endpoints, one row each: its address, how its responses are sorted, and the shape of a successful one.
// Documented at https://docs.github.com/rest and https://docs.github.com/graphql.
import * as v from "valibot";
import type { LookupFailure } from "./facts.ts";
import {
  type Absent,
  accountRows,
  appLookupRows,
  appRows,
  checkTokenRows,
  type Hidden,
  organisationRows,
  ownTokenRows,
  type Row,
} from "./outcomes.ts";
import {
  accountSchema,
  installationSchema,
  membershipItemsSchema,
  membershipSchema,
  teamItemsSchema,
  teamMembershipSchema,
  teamSchema,
  teamsOfUserSchema,
  teamsSchema,
  timeSchema,
} from "./schemas.ts";

export interface Endpoint<Params, Body, Failure> {
  readonly name: string;
  readonly method: "GET" | "POST";
  /** The path and query of the first page, below the REST address; null for GraphQL, which has one address. */
  readonly path: ((params: Params) => string) | null;
  readonly rows: readonly Row<Failure>[];
  readonly success: 200 | 201;
  readonly schema: v.GenericSchema<unknown, Body>;
  /** Whether a request may ask "has it changed?" by the ETag of the last response. */
  readonly isConditional: boolean;
}

/** With the user's own token. */
const ownToken = { method: "GET", success: 200, isConditional: true } as const;
/** With the installed app's JWT, or the token of an installation. */
const app = { method: "GET", success: 200, isConditional: false } as const;

/** Of every question about an organisation, its teams and its members. */
export const organisationFailures: readonly Row<Absent | Hidden | LookupFailure>[] = [
  ...ownTokenRows,
  ...organisationRows,
];

/** GraphQL's `userLogins` finds direct members only, so the ancestors are asked for as well. */
const teamsOfUserQuery = `query($org:String!,$login:String!,$first:Int!,$after:String){
  organization(login:$org){databaseId teams(first:$first,after:$after,userLogins:[$login]){
    pageInfo{hasNextPage endCursor}
    nodes{databaseId slug ancestors(first:100){pageInfo{hasNextPage} nodes{databaseId slug}}}}}
  user(login:$login){databaseId}}`;

/**
 * The owner of the token. REST on purpose: GraphQL's `viewer` also answers for the tokens of app installations, and so
 * for the token of any workflow.
 */
export const user = endpoint({
  ...ownToken,
  name: "user",
  path: () => "/user",
  rows: [...ownTokenRows, ...accountRows],
  schema: accountSchema,
});

/** Whether a token belongs to an OAuth or GitHub App, and whose it is. Needs the app's client secret. */
export const checkToken = endpoint({
  ...app,
  method: "POST",
  name: "checkToken",
  path: ({ clientId }: { readonly clientId: string }) => `/applications/${clientId}/token`,
  rows: checkTokenRows,
  schema: v.object({
    app: v.object({ client_id: v.string() }),
    scopes: v.nullable(v.array(v.string())),
    expires_at: v.nullish(v.string(), null),
    user: accountSchema,
  }),
});

/** The user's membership in one organisation. */
export const ownMembership = endpoint({
  ...ownToken,
  name: "ownMembership",
  path: ({ organisation }: { readonly organisation: string }) => `/user/memberships/orgs/${organisation}`,
  rows: organisationFailures,
  schema: membershipSchema,
});

/**
 * Any account by its number, which shows its present name: an organisation keeps its number when it is renamed. For
 * every token, since it is public.
 */
export const accountById = endpoint({
  ...ownToken,
  name: "accountById",
  path: ({ id }: { readonly id: number }) => `/user/${id}`,
  rows: organisationFailures,
  schema: accountSchema,
});

/** All memberships of the user, by the organisations' numbers. Not for fine-grained tokens. */
export const ownMemberships = endpoint({
  ...ownToken,
  name: "ownMemberships",
  path: () => "/user/memberships/orgs?state=active&per_page=100",
  rows: organisationFailures,
  schema: membershipItemsSchema,
});

/** The teams that the user is a direct member of, in all organisations. */
export const ownTeams = endpoint({
  ...ownToken,
  name: "ownTeams",
  path: () => "/user/teams?per_page=100",
  rows: organisationFailures,
  schema: teamItemsSchema,
});

/** All teams of an organisation that the user may see, each with its parent. */
export const organisationTeams = endpoint({
  ...ownToken,
  name: "organisationTeams",
  path: ({ organisation }: { readonly organisation: string }) => `/orgs/${organisation}/teams?per_page=100`,
  rows: organisationFailures,
  schema: teamsSchema,
});

interface TeamParams {
  readonly organisation: { readonly id: number; readonly login: string };
  /** By its slug where it has no number. */
  readonly team: { readonly id: number | null; readonly slug: string };
}

/** GitHub's text has the second form in a note: neither a rename nor a new owner of a name leads it elsewhere. */
function teamPath({ organisation, team: { id, slug } }: TeamParams): string {
  return id === null ? `/orgs/${organisation.login}/teams/${slug}` : `/organizations/${organisation.id}/team/${id}`;
}

/** One team with its parent. */
export const team = endpoint({
  ...ownToken,
  name: "team",
  path: teamPath,
  rows: organisationFailures,
  schema: teamSchema,
});

/** A user's membership in one team. "Team members will include the members of child teams", says GitHub. */
export const teamMembership = endpoint({
  ...ownToken,
  name: "teamMembership",
  path: (params: TeamParams & { readonly login: string }) => `${teamPath(params)}/memberships/${params.login}`,
  rows: organisationFailures,
  schema: teamMembershipSchema,
});

/** The app's installation in an organisation. */
export const installationOfOrganisation = endpoint({
  ...app,
  name: "installationOfOrganisation",
  path: ({ organisation }: { readonly organisation: string }) => `/orgs/${organisation}/installation`,
  rows: appLookupRows,
  schema: installationSchema,
});

/**
 * Where the app is installed. Any account can install a public app, so what is in the list is not checked as a whole.
 */
export const installations = endpoint({
  ...app,
  name: "installations",
  path: () => "/app/installations?per_page=100",
  rows: appRows,
  schema: v.array(v.unknown()),
});

/** A token of one installation, good for an hour. */
export const installationToken = endpoint({
  ...app,
  method: "POST",
  success: 201,
  name: "installationToken",
  path: ({ installationId }: { readonly installationId: number }) =>
    `/app/installations/${installationId}/access_tokens`,
  rows: appRows,
  schema: v.object({
    token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{20,4096}$/)),
    expires_at: timeSchema,
  }),
});

/** A user's membership in an organisation, as an installation sees it. */
export const membershipOfUser = endpoint({
  ...app,
  isConditional: true,
  name: "membershipOfUser",
  path: ({ organisation, login }: { readonly organisation: string; readonly login: string }) =>
    `/orgs/${organisation}/memberships/${login}`,
  rows: appLookupRows,
  schema: membershipSchema,
});

/** A user's teams in an organisation and their ancestors, as an installation sees them. */
export const teamsOfUser = {
  ...endpoint({
    ...app,
    method: "POST",
    name: "teamsOfUser",
    path: null,
    rows: appRows,
    schema: teamsOfUserSchema,
  }),
  query: teamsOfUserQuery,
};

/** Lets the parameters, the body and the failures of a row be inferred. */
function endpoint<Params, Body, Failure>(row: Endpoint<Params, Body, Failure>): Endpoint<Params, Body, Failure> {
  return row;
}
