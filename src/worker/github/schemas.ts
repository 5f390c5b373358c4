// Shapes of GitHub's responses, as strict as GitHub's own rules for names and numbers: a value that GitHub cannot have
// given out is an invalid response, and never becomes an identity.
import * as v from "valibot";

export const idSchema = v.custom<number>(isId);

/** A time as GitHub writes it in JSON; comes out in milliseconds. */
export const timeSchema = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/),
  v.transform(Date.parse),
  v.check((epochMs) => !Number.isNaN(epochMs)),
);

/**
 * Letters, digits, dashes, and the underscore before the short code of an enterprise's managed users. Accounts of
 * GitHub's first years may begin with a dash.
 */
const loginPattern = /^[A-Za-z0-9_-]{1,39}$/;
/** Other accounts' may end in [bot]. They are never admitted, so this only keeps the log clean. */
const otherLogin = /^[A-Za-z0-9_-]{1,100}(?:\[bot\])?$/;

export const organisationLoginSchema = v.pipe(v.string(), v.regex(loginPattern));

/**
 * GitHub makes slugs from names; those of an enterprise's teams begin with `ent:`. They become a part of paths, where
 * "." and ".." would lead elsewhere.
 */
const slugPattern = /^(?:ent:)?(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$/;

export const teamSlugSchema = v.pipe(v.string(), v.regex(slugPattern));

export const accountSchema = v.pipe(
  v.object({ id: idSchema, login: v.string(), type: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,40}$/)) }),
  v.check(({ login, type }) => (type === "User" ? loginPattern : otherLogin).test(login)),
);

const organisationSchema = v.object({ id: idSchema, login: organisationLoginSchema });
export type OrganisationBody = v.InferOutput<typeof organisationSchema>;

/** State and role may be any: those that count are told apart in memberships/source.ts. */
export const membershipSchema = v.object({
  state: v.optional(v.unknown()),
  role: v.optional(v.unknown()),
  organization: organisationSchema,
  user: v.nullish(v.object({ id: idSchema })),
});
export type MembershipBody = v.InferOutput<typeof membershipSchema>;

/** A team whose slug is odd has none ("") and stays a team by its number: its makers decide about no one else. */
export const teamReferenceSchema = v.object({ id: idSchema, slug: v.fallback(teamSlugSchema, "") });

/** A team as it was read before. */
export const knownTeamSchema = v.object({ id: idSchema, slug: v.union([v.literal(""), teamSlugSchema]) });

/** A team with its parent. */
export const teamWithParentSchema = v.object({
  ...teamReferenceSchema.entries,
  parent: v.nullish(teamReferenceSchema, null),
});
export type TeamWithParent = v.InferOutput<typeof teamWithParentSchema>;

export const teamSchema = v.object({ ...teamWithParentSchema.entries, organization: organisationSchema });
export type TeamBody = v.InferOutput<typeof teamSchema>;

/** State and role may be any, as in `membershipSchema`. */
export const teamMembershipSchema = v.object({ state: v.optional(v.unknown()), role: v.optional(v.unknown()) });

/** An organisation's teams: one that cannot be read is missing where it is needed, and nowhere else. */
export const teamsSchema = v.pipe(
  v.array(v.unknown()),
  v.transform((items) =>
    items.flatMap((item) => {
      const team = v.safeParse(teamWithParentSchema, item);
      return team.success ? [team.output] : [];
    }),
  ),
);

/** @returns an item of a list as a team, or null where it cannot be read; hundreds of them cost little in this way */
export function readTeam({ id, slug, parent }: ListItem): TeamWithParent | null {
  if (!isId(id)) return null;
  if (parent === null || parent === undefined) return { id, slug: slugOf(slug), parent: null };
  if (!isObject(parent) || !isId(parent.id)) return null;
  return { id, slug: slugOf(slug), parent: { id: parent.id, slug: slugOf(parent.slug) } };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function slugOf(value: unknown): string {
  return typeof value === "string" && slugPattern.test(value) ? value : "";
}

type Members = Readonly<Record<string, unknown>>;

/**
 * An item of a list about all of a user's organisations, as GitHub sent it, without the members that are not read. The
 * list is not checked as a whole: others decide what is in it, and most of it concerns no policy.
 */
export interface ListItem extends Members {
  readonly organization: { readonly id: unknown; readonly login: unknown };
}

export const teamItemsSchema = listItems(({ id, slug, parent }) => ({
  id,
  slug,
  parent: picked(parent, "id", "slug"),
}));
export const membershipItemsSchema = listItems(({ state, role, user }) => ({ state, role, user: picked(user, "id") }));

/** What has no organisation is in no policy's. */
function listItems(pick: (item: Members) => Members) {
  return v.pipe(
    v.array(v.unknown()),
    v.transform((items) =>
      items.flatMap((item): ListItem[] => {
        if (!isObject(item) || !isObject(item.organization)) return [];
        const { id, login } = item.organization;
        return [{ ...pick(item), organization: { id, login } }];
      }),
    ),
  );
}

function picked(value: unknown, ...names: readonly string[]): unknown {
  return isObject(value) ? Object.fromEntries(names.map((name) => [name, value[name]])) : value;
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}

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
  ancestors: v.object({
    pageInfo,
    nodes: v.array(v.object({ databaseId: idSchema, slug: v.fallback(teamSlugSchema, "") })),
  }),
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
