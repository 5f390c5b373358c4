// The parts of GitHub's answers that appear at several endpoints, as strict as GitHub's own rules for names and numbers: what
// it could not have given out is nonsense, and becomes nobody's identity.
import * as v from "valibot";

export const idSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

export const organisationLoginSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/));

/** GitHub makes slugs from names; those of an enterprise's teams begin with `ent:`. They become a part of paths, where "." and ".." would lead elsewhere. */
export const teamSlugSchema = v.pipe(v.string(), v.regex(/^(?:ent:)?(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$/));

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
