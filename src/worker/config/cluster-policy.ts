// One CLUSTER_… variable: who gets into this cluster, and under which names. Everything is checked here, so that nothing an operator
// wrote is silently ignored.
import * as v from "valibot";
import type { Checked, Problem } from "./checked.ts";
import { type AllowEntry, allowEntrySchema, type DenyEntry, denyEntrySchema } from "./entries.ts";
import { normaliseFingerprint } from "./fingerprint.ts";
import { problemsOf } from "./schema-problems.ts";

/** The kinds of tokens that GitHub gives to people. */
export const tokenKinds = ["fine_grained", "classic", "oauth", "app", "legacy"] as const;
export type TokenKind = (typeof tokenKinds)[number];

export const usernameForms = ["login", "id", "login:id"] as const;
export type UsernameForm = (typeof usernameForms)[number];

export interface ClusterPolicy {
  readonly allow: readonly AllowEntry[];
  readonly deny: readonly DenyEntry[];
  readonly username: UsernameForm;
  readonly prefix: string;
  readonly tokenKinds: readonly TokenKind[];
  readonly oauthClients: readonly string[];
}

const nonEmpty = "must be a list with at least one entry";
const oneOf = (values: readonly string[]) => `must be one of ${values.join(", ")}`;

/** Printable ASCII without spaces: it goes into usernames, and from there into HTTP headers of aggregated API servers. */
const prefixPattern = /^[\x21-\x7e]{0,64}$/;

const clusterEntries = {
  client_certificates: v.pipe(
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
  ),
  allow: v.pipe(v.array(allowEntrySchema, nonEmpty), v.minLength(1, `${nonEmpty}: as it is, nobody gets in`)),
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
  token_kinds: v.pipe(v.array(v.picklist(tokenKinds, oneOf(tokenKinds)), nonEmpty), v.minLength(1, nonEmpty)),
  oauth_clients: v.optional(
    v.array(
      v.pipe(
        v.string("must be a client id"),
        v.regex(/^[A-Za-z0-9._-]{1,64}$/, "must be a client id as GitHub shows it, such as Iv23… or Ov23…"),
      ),
      "must be a list",
    ),
    [],
  ),
};

const clusterSchema = v.strictObject(clusterEntries, (issue) => {
  if (issue.expected !== "never") return issue.path === undefined ? "must be a table" : "is required";
  return `is no setting of a cluster; there are ${Object.keys(clusterEntries).join(", ")}`;
});

/**
 * @param setting the variable's name, for the problems' text
 * @param value the variable as wrangler hands it over: a table as JSON
 */
export function readClusterPolicy(setting: string, value: unknown): Checked<ClusterPolicy> {
  const parsed = v.safeParse(clusterSchema, value);
  if (!parsed.success) return { ok: false, problems: problemsOf(setting, parsed.issues) };
  const { allow, deny, username, prefix, token_kinds, oauth_clients } = parsed.output;
  const policy = { allow, deny, username, prefix, tokenKinds: token_kinds, oauthClients: oauth_clients };
  const problems = contradictionsOf(setting, policy);
  return problems.length === 0 ? { ok: true, value: policy } : { ok: false, problems };
}

/** @returns whatever fingerprints can be read, also from a policy that is wrong elsewhere: its callers shall hear what is wrong. */
export function readFingerprints(value: unknown): string[] {
  const parsed = v.safeParse(v.object({ client_certificates: v.array(v.unknown()) }), value);
  const listed = parsed.success ? parsed.output.client_certificates : [];
  return listed.map(normaliseFingerprint).filter((fingerprint) => fingerprint !== null);
}

/** What each setting allows by itself, but not together with the others. */
function contradictionsOf(setting: string, policy: ClusterPolicy): Problem[] {
  const problems: Problem[] = [];
  if (policy.prefix === "" && policy.allow.some(({ kind }) => kind === "anyone")) {
    problems.push({
      setting: `${setting}.prefix`,
      message: 'must not be empty while "anyone" is allowed: every stranger could choose a username of this cluster',
    });
  }
  if (policy.allow.every((entry) => entry.kind === "user" && policy.deny.some((denied) => sameUser(entry, denied)))) {
    problems.push({ setting: `${setting}.allow`, message: "admits nobody: every entry is denied, too" });
  }
  if (policy.tokenKinds.every((kind) => kind === "oauth" || kind === "app") && policy.oauthClients.length === 0) {
    problems.push({
      setting: `${setting}.oauth_clients`,
      message: "must name a client: only app tokens are welcome, and they are accepted for listed clients only",
    });
  }
  return problems;
}

/** Whether the second entry denies everybody whom the first admits; a pinned entry means the number alone. */
function sameUser(allowed: AllowEntry & { kind: "user" }, denied: DenyEntry): boolean {
  if (denied.kind !== "user" || denied.id !== allowed.id) return false;
  return denied.id !== null || denied.login === allowed.login;
}
