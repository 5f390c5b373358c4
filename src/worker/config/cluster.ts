// One CLUSTER_… variable: who gets into this cluster, and under which names. Everything in it is checked, so that
// nothing that an operator wrote is silently ignored.
import * as v from "valibot";
import { type Checked, type Problem, problemsOf } from "./checked.ts";
import { asksForSignIn, clientSettings } from "./client-table.ts";
import {
  type AllowEntry,
  allowEntrySchema,
  type DenyEntry,
  deniesAll,
  denyEntrySchema,
  type GroupSource,
  groupSourceSchema,
  isForWorkflows,
  organisationOf,
  organisationsNamedIn,
  pinConflictsIn,
  type UserEntry,
} from "./entries.ts";
import type { OrganisationReference } from "./organisations.ts";
import { clientIdPattern } from "./values.ts";

/** The kinds of tokens that GitHub gives to people. */
export const tokenKinds = ["fine_grained", "classic", "oauth", "app", "legacy"] as const;
export type TokenKind = (typeof tokenKinds)[number];

export const usernameForms = ["login", "id", "login:id"] as const;
export type UsernameForm = (typeof usernameForms)[number];

export const groupForms = ["slug", "id", "slug:id"] as const;
export type GroupForm = (typeof groupForms)[number];

/** Worked out once, since every review asks. */
export interface Candidates {
  /** Null for every account. */
  readonly only: readonly UserEntry[] | null;
  readonly except: readonly UserEntry[];
}

export interface ClusterPolicy {
  readonly allow: readonly AllowEntry[];
  readonly deny: readonly DenyEntry[];
  readonly username: UsernameForm;
  readonly prefix: string;
  /** Whether names leave with the prefix. In an ID token they do not: the cluster puts it before them. */
  readonly addsPrefix: boolean;
  readonly tokenKinds: readonly TokenKind[];
  readonly oauthClients: readonly string[];
  /** An organisation's membership and all its teams become groups; a team alone does by itself. */
  readonly groupsFrom: readonly GroupSource[];
  readonly group: GroupForm;
  /** The only scopes that a classic or OAuth token may have, or null for any. */
  readonly scopesAtMost: readonly string[] | null;
  readonly requireExpiry: boolean;
  /** The events that may have started a workflow's run. */
  readonly workflowEvents: readonly string[];
  /** `aud` of the tokens of workflows that are taken here; null without ISSUER_URL. */
  readonly workflowAudience: string | null;
  /** The accounts that some entry could admit, whatever their organisations. */
  readonly candidates: Candidates;
  /** Every organisation that the policy names anywhere. */
  readonly organisations: readonly OrganisationReference[];
}

const nonEmpty = "must be a list with at least one entry";
const oneOf = (values: readonly string[]) => `must be one of ${values.join(", ")}`;

/**
 * Printable ASCII without spaces: it goes into usernames, and from there into HTTP headers of aggregated API servers.
 */
const prefixPattern = /^[\x21-\x7e]{0,64}$/;

const certificateList = v.pipe(
  v.array(
    v.pipe(
      v.unknown(),
      v.check(
        (value) => normaliseFingerprint(value) !== null,
        "must be the SHA-256 fingerprint of a client certificate: 64 hex digits (is a placeholder left in?)",
      ),
    ),
    nonEmpty,
  ),
  v.minLength(1, nonEmpty),
);
/** What only people with write access to the repository start, or what it does by itself on its default branch. */
const defaultWorkflowEvents = ["push", "schedule", "workflow_dispatch", "release"];
const eventList = v.pipe(
  v.array(
    v.pipe(
      v.string("must be the name of an event"),
      v.regex(/^[a-z_]{1,64}$/, "must be the name of an event, such as push"),
    ),
    nonEmpty,
  ),
  v.minLength(1, nonEmpty),
);
const kindList = v.array(v.picklist(tokenKinds, oneOf(tokenKinds)), nonEmpty);

const policyEntries = {
  allow: v.pipe(
    v.array(allowEntrySchema, nonEmpty),
    v.minLength(1, `${nonEmpty}: without one, the cluster admits no account`),
  ),
  deny: v.optional(v.array(denyEntrySchema, "must be a list"), []),
  username: v.optional(v.picklist(usernameForms, oneOf(usernameForms)), "login:id"),
  prefix: v.optional(
    v.pipe(
      v.string("must be a string"),
      v.regex(prefixPattern, "must be at most 64 printable ASCII characters without spaces"),
      v.check((prefix) => !prefix.toLowerCase().startsWith("system:"), 'must not begin with "system:"'),
    ),
    "github:",
  ),
  oauth_clients: v.optional(
    v.array(
      v.pipe(
        v.string("must be a client id"),
        v.regex(clientIdPattern, "must be a client id as GitHub shows it, such as Iv23… or Ov23…"),
      ),
      "must be a list",
    ),
    [],
  ),
  groups_from: v.optional(v.array(groupSourceSchema, "must be a list")),
  group: v.optional(v.picklist(groupForms, oneOf(groupForms)), "slug"),
  scopes_at_most: v.optional(
    v.array(
      v.pipe(
        v.string("must be the name of an OAuth scope"),
        v.regex(/^[a-z_]+(?::[a-z_]+)?$/, "must be the name of an OAuth scope, such as read:org"),
      ),
      "must be a list",
    ),
  ),
  require_expiry: v.optional(v.boolean("must be true or false"), false),
  workflow_events: v.optional(eventList, defaultWorkflowEvents),
};

/** Every setting that a cluster's table may hold. */
export const clusterSettings: readonly string[] = [
  "client_certificates",
  "token_kinds",
  ...Object.keys(policyEntries),
  "sign_in",
  ...clientSettings,
];

/** Every setting that an application's table may hold: it has no certificate, and always signs in. */
export const applicationSettings = clusterSettings.filter((key) => key !== "client_certificates" && key !== "sign_in");

function schemaOf<const Entries extends v.ObjectEntries>(entries: Entries, table: string, settings: readonly string[]) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected !== "never") return issue.path === undefined ? "must be a table" : "is required";
    return `is no setting of ${table}; there are ${settings.join(", ")}`;
  });
}

const anyKinds = { ...policyEntries, token_kinds: v.optional(kindList, []) };
const schemas = {
  application: schemaOf(anyKinds, "a client", applicationSettings),
  /** Who may ask for reviews, and what people bring themselves, can be left out where people sign in. */
  signIn: schemaOf({ client_certificates: v.optional(certificateList), ...anyKinds }, "a cluster", clusterSettings),
  /** Where no entry admits people, they bring no tokens. */
  workflows: schemaOf({ client_certificates: certificateList, ...anyKinds }, "a cluster", clusterSettings),
  webhook: schemaOf(
    {
      client_certificates: certificateList,
      ...policyEntries,
      token_kinds: v.pipe(kindList, v.minLength(1, nonEmpty)),
    },
    "a cluster",
    clusterSettings,
  ),
};

/**
 * Reads the policy. What the table says about signing in is read apart (client-table.ts), since a mistake there must
 * not lock the webhook out.
 *
 * @param setting the variable's name, for the problems' text
 * @param value the variable as wrangler hands it over: a table as JSON
 * @param kind of a web application in place of a cluster
 */
export function readClusterPolicy(
  setting: string,
  value: unknown,
  kind: "cluster" | "application" = "cluster",
): Checked<ClusterPolicy> {
  const clusterSchema = asksForSignIn(value)
    ? schemas.signIn
    : admitsWorkflowsAlone(value)
      ? schemas.workflows
      : schemas.webhook;
  const parsed = v.safeParse(
    kind === "cluster" ? clusterSchema : schemas.application,
    withoutClientSettings(value, kind),
  );
  if (!parsed.success) return { ok: false, problems: problemsOf(setting, parsed.issues) };
  const { allow, deny, groups_from } = parsed.output;
  const sources = groups_from ?? [];
  const forPeople = allow.filter((entry) => !isForWorkflows(entry));
  const groupsFrom =
    groups_from ?? organisationsNamedIn(allow).map(({ login, id }) => ({ kind: "organisation", login, id }) as const);
  const organisations = organisationsNamedIn([...allow, ...deny, ...sources], deny);
  const policy: ClusterPolicy = {
    allow,
    deny,
    username: parsed.output.username,
    prefix: parsed.output.prefix,
    addsPrefix: true,
    tokenKinds: parsed.output.token_kinds,
    oauthClients: parsed.output.oauth_clients,
    groupsFrom,
    group: parsed.output.group,
    scopesAtMost: parsed.output.scopes_at_most ?? null,
    requireExpiry: parsed.output.require_expiry,
    workflowEvents: parsed.output.workflow_events,
    workflowAudience: null,
    candidates: {
      only: forPeople.every((entry) => entry.kind === "user")
        ? forPeople.filter((entry) => entry.kind === "user")
        : null,
      except: deny.filter((entry) => entry.kind === "user"),
    },
    organisations: organisations.map((one) => ({
      ...one,
      needsTeams: one.needsTeams || groupsFrom.some((source) => organisationOf(source) === one.login),
    })),
  };
  const problems = [...conflictsIn(setting, policy), ...pinConflictsIn(setting, [...allow, ...deny, ...sources])];
  return problems.length === 0 ? { ok: true, value: policy } : { ok: false, problems };
}

/** By the texts of the entries: whether each is right is said with the others. */
function admitsWorkflowsAlone(table: unknown): boolean {
  if (typeof table !== "object" || table === null || !("allow" in table)) return false;
  const { allow } = table;
  if (!Array.isArray(allow) || allow.length === 0) return false;
  return allow.every((entry) => /^(?:workflow|environment):/.test(String(entry)));
}

function withoutClientSettings(table: unknown, kind: "cluster" | "application"): unknown {
  if (typeof table !== "object" || table === null) return table;
  const others = kind === "cluster" ? ["sign_in", ...clientSettings] : clientSettings;
  return Object.fromEntries(Object.entries(table).filter(([key]) => !others.includes(key)));
}

/**
 * @returns the fingerprints that can be read, also where the policy is wrong elsewhere, so that its callers are told
 *   so
 */
export function readFingerprints(value: unknown): string[] {
  const parsed = v.safeParse(v.object({ client_certificates: v.array(v.unknown()) }), value);
  const listed = parsed.success ? parsed.output.client_certificates : [];
  return listed.map(normaliseFingerprint).filter((fingerprint) => fingerprint !== null);
}

/** Finds settings that are right by themselves, but not together with the others. */
function conflictsIn(setting: string, policy: ClusterPolicy): Problem[] {
  const problems: Problem[] = [];
  if (policy.prefix === "" && policy.allow.some(({ kind }) => kind === "anyone")) {
    problems.push({
      setting: `${setting}.prefix`,
      message: 'must not be empty while "anyone" is allowed: every GitHub user could choose a username of this cluster',
    });
  }
  if (deniesAll(policy.allow, policy.deny, policy.organisations)) {
    problems.push({ setting: `${setting}.allow`, message: "admits no account: deny takes every entry back" });
  }
  const hasActions = policy.groupsFrom.some((source) => organisationOf(source) === "actions");
  if (policy.group === "slug:id" && hasActions && policy.allow.some(isForWorkflows)) {
    problems.push({
      setting: `${setting}.group`,
      message: "must be another form: in this one an organisation called actions has names that workflows have, too",
    });
  }
  const { tokenKinds: kinds, oauthClients } = policy;
  if (kinds.length > 0 && kinds.every((kind) => kind === "oauth" || kind === "app") && oauthClients.length === 0) {
    problems.push({
      setting: `${setting}.oauth_clients`,
      message: "must name a client: this cluster accepts only tokens of apps, and only of listed ones",
    });
  }
  return problems;
}

const fingerprintPattern = /^[0-9a-f]{64}$/;

/**
 * Cloudflare writes 64 lowercase hex digits, openssl upper case with colons.
 *
 * @returns the fingerprint as 64 lowercase hex digits, or null if it is none
 */
export function normaliseFingerprint(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const digits = value.replaceAll(":", "").toLowerCase();
  return fingerprintPattern.test(digits) ? digits : null;
}
