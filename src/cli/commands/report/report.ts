// A report as JSON: who could get in where, as what, and from which source that is known. `--since` reads an earlier
// one, so the shape has a version.
import * as v from "valibot";

/** A later shape has another one; this release reads no other. */
export const reportSchemaName = "octogate.dev/access-report/v1";

const nullableNumber = v.nullable(v.number());
const nullableText = v.nullable(v.string());

const entrySchema = v.object({
  /** As the file has it. */
  entry: v.string(),
  /** Whether GitHub's number is in it, or for an organisation elsewhere in the policy; null where there is none. */
  pinned: v.nullable(v.boolean()),
});
export type EntryInReport = v.InferOutput<typeof entrySchema>;

const grantSchema = v.object({
  /** Such as `ClusterRole/view`. */
  role: v.string(),
  /** Null: in the whole cluster. */
  namespace: nullableText,
  /** Such as `RoleBinding/people`. */
  binding: v.string(),
  /** Such as `Group github:acme`. */
  subject: v.string(),
});
export type Grant = v.InferOutput<typeof grantSchema>;

const personSchema = v.object({
  login: v.string(),
  id: v.number(),
  username: v.string(),
  groups: v.array(v.string()),
  entries: v.array(entrySchema),
  /** Whether each entry by which the person gets in is pinned. */
  pinned: v.boolean(),
  organisations: v.array(v.object({ login: v.string(), role: v.picklist(["admin", "member"]) })),
  /** Null where no bindings were given. */
  grants: v.nullable(v.array(grantSchema)),
});
export type Person = v.InferOutput<typeof personSchema>;

const keptOutSchema = v.object({
  login: v.string(),
  id: v.number(),
  /** As in the decision log. */
  reason: v.string(),
  sentence: v.string(),
  /** The entries of `deny` that match; empty where it is something else. */
  denied: v.array(entrySchema),
  /** The entries of `allow` that match. */
  entries: v.array(entrySchema),
});
export type KeptOut = v.InferOutput<typeof keptOutSchema>;

const workflowSchema = v.object({
  entry: v.string(),
  pinned: v.boolean(),
  /** Null where the entry lets no run in. */
  username: nullableText,
  /** A run has more: of its file or its environment, whichever the entry does not name. */
  groups: v.array(v.string()),
  /** Why no run gets in, as in the decision log; null where one does. */
  keptOut: nullableText,
  grants: v.nullable(v.array(grantSchema)),
});
export type WorkflowAccess = v.InferOutput<typeof workflowSchema>;

const invitedSchema = v.object({
  organisation: v.string(),
  login: nullableText,
  id: nullableNumber,
  email: nullableText,
  role: v.string(),
  since: v.string(),
});
export type Invited = v.InferOutput<typeof invitedSchema>;

const unmetSchema = v.object({
  binding: v.string(),
  namespace: nullableText,
  role: v.string(),
  subject: v.string(),
  why: v.string(),
});
export type Unmet = v.InferOutput<typeof unmetSchema>;

const bindingsSchema = v.object({
  file: v.string(),
  count: v.number(),
  /** What each person may do who gets in at all. */
  everyone: v.array(grantSchema),
  /** Subjects of ours that no person of this report is. */
  unmet: v.array(unmetSchema),
});

const clusterSchema = v.object({
  name: v.string(),
  kind: v.picklist(["cluster", "application"]),
  /** `CLUSTER_…` or `CLIENT_…`. */
  variable: v.string(),
  /** SHA-256 of the table, hex. */
  digest: v.string(),
  deployed: v.picklist(["same", "different", "missing", "not compared"]),
  allow: v.array(entrySchema),
  deny: v.array(entrySchema),
  /** Whether every account at GitHub gets in: those are not listed. */
  anyone: v.boolean(),
  /** What else a token has to be, a sentence each. */
  tokens: v.array(v.string()),
  people: v.array(personSchema),
  invited: v.array(invitedSchema),
  keptOut: v.array(keptOutSchema),
  workflows: v.array(workflowSchema),
  /** Entries of `allow` that name no account which GitHub shows, with the reason. */
  notFound: v.array(v.object({ entry: v.string(), why: v.string() })),
  /** Names in the policy that are uncertain. */
  nameWarnings: v.array(v.string()),
  bindings: v.nullable(bindingsSchema),
});
export type ClusterReport = v.InferOutput<typeof clusterSchema>;

const organisationSchema = v.object({
  login: v.string(),
  id: v.number(),
  members: v.number(),
  owners: v.number(),
  teams: v.number(),
  /** Null where GitHub shows no list of them. */
  invitations: nullableNumber,
});

const sourceSchema = v.variant("kind", [
  v.object({ kind: v.literal("app"), appId: v.string() }),
  v.object({ kind: v.literal("owner"), login: v.string(), id: v.number() }),
]);

/** The hostnames say which deployment it is: names of Workers and of clusters are the same in many. */
const deploymentSchema = v.object({
  /** The clusters'. Null: there is none yet. */
  hostname: nullableText,
  /** Where people sign in. Null: there is none. */
  signInHostname: nullableText,
});
export type Deployment = v.InferOutput<typeof deploymentSchema>;

const changedSchema = v.object({ login: v.string(), id: v.number(), changes: v.array(v.string()) });
const comersSchema = v.array(v.object({ login: v.string(), id: v.number(), username: v.string() }));

const clusterChangesSchema = v.object({
  name: v.string(),
  /** Whether the earlier report has this cluster; otherwise there is nothing to compare with. */
  isCompared: v.boolean(),
  policyChanged: v.boolean(),
  came: comersSchema,
  went: comersSchema,
  changed: v.array(changedSchema),
  /** Whether role bindings were given for both reports, or for neither: otherwise changes of roles are not known. */
  areRolesCompared: v.boolean(),
  /** What each person may do who gets in at all: a clause for each difference. */
  everyone: v.array(v.string()),
  /** Entries for workflows. */
  workflows: v.object({
    came: v.array(v.string()),
    went: v.array(v.string()),
    changed: v.array(v.object({ entry: v.string(), changes: v.array(v.string()) })),
  }),
});
export type ClusterChanges = v.InferOutput<typeof clusterChangesSchema>;

const changesSchema = v.object({
  file: v.string(),
  /** When the earlier report was made, in UTC. */
  since: v.string(),
  clusters: v.array(clusterChangesSchema),
  /** Clusters of the earlier report that this one does not have. */
  notReported: v.array(v.string()),
});
export type Changes = v.InferOutput<typeof changesSchema>;

export const reportSchema = v.object({
  schema: v.literal(reportSchemaName),
  octogate: v.string(),
  /** In UTC, ISO 8601. */
  startedAt: v.string(),
  endedAt: v.string(),
  configuration: v.string(),
  /** Missing in older reports. */
  deployment: v.optional(deploymentSchema),
  github: v.object({
    apiUrl: v.string(),
    host: v.string(),
    source: sourceSchema,
    /** Requests that it took. */
    calls: v.number(),
  }),
  /** SHA-256 over the tables of all clusters and clients of this report, and what they share, hex. */
  policyDigest: v.string(),
  deployed: v.picklist(["same", "different", "not compared"]),
  organisations: v.array(organisationSchema),
  clusters: v.array(clusterSchema),
  changes: v.nullable(changesSchema),
});
export type AccessReport = v.InferOutput<typeof reportSchema>;
