// Lists of GitHub that only a report reads: the people of a whole organisation and of its teams.
import * as v from "valibot";
import {
  type Endpoint,
  membershipOfUser,
  organisationFailures,
  organisationTeams,
} from "../../../worker/github/endpoints.ts";
import type { LookupFailure } from "../../../worker/github/facts.ts";
import type { Absent, Hidden } from "../../../worker/github/outcomes.ts";
import {
  accountSchema,
  type MembershipBody,
  organisationLoginSchema,
  teamWithParentSchema,
} from "../../../worker/github/schemas.ts";

export type Failure = Absent | Hidden | LookupFailure;

const list = { method: "GET", success: 200, isConditional: false, rows: organisationFailures } as const;

type AccountBody = v.InferOutput<typeof accountSchema>;

/** "If the authenticated user is also a member of this organization then both concealed and public members." */
export const members: Endpoint<
  { readonly organisation: string; readonly role: "all" | "admin" },
  AccountBody[],
  Failure
> = {
  ...list,
  name: "members",
  path: ({ organisation, role }) => `/orgs/${organisation}/members?role=${role}&per_page=100`,
  schema: v.array(accountSchema),
};

/** A review leaves out what it can't read of a list; a report has no list that is not whole. */
export const teams: Endpoint<{ readonly organisation: string }, v.InferOutput<typeof teamWithParentSchema>[], Failure> =
  {
    ...organisationTeams,
    isConditional: false,
    schema: v.array(teamWithParentSchema),
  };

/** "Team members will include the members of child teams." By numbers, which no rename changes. */
export const teamMembers: Endpoint<
  { readonly organisationId: number; readonly teamId: number },
  AccountBody[],
  Failure
> = {
  ...list,
  name: "teamMembers",
  path: ({ organisationId, teamId }) => `/organizations/${organisationId}/team/${teamId}/members?per_page=100`,
  schema: v.array(accountSchema),
};

/** One person's membership, asked for by an installation or by an owner. */
export const membership: Endpoint<{ readonly organisation: string; readonly login: string }, MembershipBody, Failure> =
  {
    ...membershipOfUser,
    rows: organisationFailures,
    isConditional: false,
  };

const invitationSchema = v.object({
  id: v.number(),
  login: v.nullable(organisationLoginSchema),
  email: v.nullable(v.string()),
  role: v.string(),
  created_at: v.string(),
});

/** Not at an Enterprise Server, and not for organisations of managed users: there is no such list then. */
export const invitations: Endpoint<
  { readonly organisation: string },
  v.InferOutput<typeof invitationSchema>[],
  Failure
> = {
  ...list,
  name: "invitations",
  path: ({ organisation }) => `/orgs/${organisation}/invitations?per_page=100`,
  schema: v.array(invitationSchema),
};
