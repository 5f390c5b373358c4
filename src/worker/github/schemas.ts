// Shapes of GitHub's responses, as strict as GitHub's own rules for names and numbers: a value that GitHub cannot have
// given out is an invalid response, and never becomes an identity.
import * as v from "valibot";

export const idSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

export const organisationLoginSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/));

/**
 * GitHub makes slugs from names; those of an enterprise's teams begin with `ent:`. They become a part of paths, where
 * "." and ".." would lead elsewhere.
 */
export const teamSlugSchema = v.pipe(v.string(), v.regex(/^(?:ent:)?(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$/));

/** Letters, digits, dashes, and the underscore before the short code of an enterprise's managed users. */
const userLogin = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/;
/** Other accounts' may end in [bot]. They are never admitted, so this only keeps the log clean. */
const otherLogin = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?$/;

export const accountSchema = v.pipe(
  v.object({ id: idSchema, login: v.string(), type: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,40}$/)) }),
  v.check(({ login, type }) => (type === "User" ? userLogin : otherLogin).test(login)),
);

const organisationSchema = v.object({ id: idSchema, login: organisationLoginSchema });

export const membershipSchema = v.object({
  state: v.picklist(["active", "pending"]),
  role: v.pipe(v.string(), v.regex(/^[a-z_]{1,40}$/)),
  organization: organisationSchema,
  user: v.nullish(v.object({ id: idSchema })),
});
export type MembershipBody = v.InferOutput<typeof membershipSchema>;

export const teamReferenceSchema = v.object({ id: idSchema, slug: teamSlugSchema });

export const teamSchema = v.object({
  id: idSchema,
  slug: teamSlugSchema,
  parent: v.nullish(teamReferenceSchema, null),
  organization: organisationSchema,
});
export type ListedTeam = v.InferOutput<typeof teamSchema>;

/** An enterprise's installation has another account, without a login. */
export const installationSchema = v.object({
  id: idSchema,
  suspended_at: v.nullish(v.string(), null),
  account: v.object({ id: idSchema, login: organisationLoginSchema }),
});
export type InstallationBody = v.InferOutput<typeof installationSchema>;

/** GraphQL reports most failures with a 200. */
export const graphqlErrorsSchema = v.object({
  errors: v.nullish(
    v.array(
      v.object({
        type: v.fallback(v.nullish(v.string(), null), null),
        path: v.fallback(v.nullish(v.array(v.unknown()), []), []),
      }),
    ),
    [],
  ),
});
export type GraphqlErrors = v.InferOutput<typeof graphqlErrorsSchema>["errors"];

const pageInfo = v.object({ hasNextPage: v.boolean(), endCursor: v.nullish(v.string(), null) });

/** A team and its ancestors. Members of the organisation make teams, so one that is odd must not spoil the others. */
export const teamNodeSchema = v.object({
  databaseId: idSchema,
  slug: v.fallback(teamSlugSchema, ""),
  ancestors: v.object({ pageInfo, nodes: v.array(v.object({ databaseId: idSchema, slug: v.fallback(teamSlugSchema, "") })) }),
});

export const teamsOfUserSchema = v.object({
  ...graphqlErrorsSchema.entries,
  data: v.nullish(
    v.object({
      organization: v.nullish(
        v.object({ databaseId: idSchema, teams: v.nullish(v.object({ pageInfo, nodes: v.array(v.unknown()) }), null) }),
        null,
      ),
      user: v.nullish(v.object({ databaseId: idSchema }), null),
    }),
    null,
  ),
});
export type TeamsOfUserBody = v.InferOutput<typeof teamsOfUserSchema>;
