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

export const installationSchema = v.object({
  id: idSchema,
  suspended_at: v.nullish(v.string(), null),
  account: v.nullish(v.object({ id: idSchema, login: v.optional(organisationLoginSchema) }), null),
});
export type InstallationBody = v.InferOutput<typeof installationSchema>;

const teamNode = { databaseId: idSchema, slug: teamSlugSchema };
export const teamsOfUserSchema = v.object({
  errors: v.optional(v.never()),
  data: v.object({
    organization: v.object({
      databaseId: idSchema,
      teams: v.object({
        pageInfo: v.object({ hasNextPage: v.boolean(), endCursor: v.nullable(v.string()) }),
        nodes: v.array(
          v.object({
            ...teamNode,
            ancestors: v.object({
              // A list of ancestors that goes on would be a shorter list of groups.
              pageInfo: v.object({ hasNextPage: v.literal(false) }),
              nodes: v.array(v.object(teamNode)),
            }),
          }),
        ),
      }),
    }),
    user: v.object({ databaseId: idSchema }),
  }),
});
