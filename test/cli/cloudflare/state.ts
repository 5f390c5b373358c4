// What the stand-in for Cloudflare's API knows: one account with one zone, and another owner's things in it that no
// command may touch.
import { randomBytes, randomUUID } from "node:crypto";
import type { ClientCertificate } from "cloudflare/resources/client-certificates/client-certificates";
import type { Namespace } from "cloudflare/resources/kv/namespaces/namespaces";
import type { PhaseGetResponse } from "cloudflare/resources/rulesets/phases/phases";
import type { DomainListResponse } from "cloudflare/resources/workers/domains";
import { permissions } from "../../../src/cli/cloudflare/api.ts";
import { type Identity, makeAuthority } from "../../../src/local/certificates.ts";
import { Lateness } from "./lateness.ts";

const day = 24 * 60 * 60 * 1000;

/** A custom rule as the rulesets API shows it. */
export type Rule = PhaseGetResponse.BlockRule;

export interface Ruleset {
  id: string;
  rules: Rule[];
}

/** A Worker as wrangler uploaded it. */
export interface Script {
  bindings: ScriptBinding[];
  /** By name; the API never shows the values. */
  secrets: Map<string, string>;
}

export type ScriptBinding =
  | { type: "plain_text"; name: string; text: string }
  | { type: "json"; name: string; json: unknown }
  | { type: "kv_namespace"; name: string; namespace_id: string };

export interface CloudflareState {
  readonly lateness: Lateness;
  readonly accountId: string;
  readonly zoneId: string;
  readonly zoneName: string;
  plan: "free" | "pro";
  /** What the token may do, as the dashboard calls it. */
  readonly granted: Set<string>;
  /** The zone's own words about it, which Cloudflare may leave out. */
  zonePermissions: string[];
  tokenStatus: "active" | "disabled" | "expired";
  /** Signs the client certificates. */
  authority: Identity;
  maxCertificates: number;
  readonly certificates: (ClientCertificate & { id: string; certificate: string })[];
  associatedHostnames: string[];
  /** Custom rules. Null: the zone has none and no place for them. */
  ruleset: Ruleset | null;
  /** Rate-limiting rules. */
  rateLimits: Ruleset | null;
  /** Whether the plan takes a host in the expressions of rate-limiting rules. */
  takesHostInRateLimits: boolean;
  readonly namespaces: Namespace[];
  readonly scripts: Map<string, Script>;
  readonly domains: DomainListResponse[];
  readonly workerRoutes: { id: string; pattern: string; script?: string }[];
  readonly dnsRecords: { type: "A" | "CNAME"; name: string; content: string }[];
  botFightMode: boolean;
  securityLevel: "medium" | "under_attack";
  browserCheck: "on" | "off";
}

export async function newState(lateness = new Lateness(false, Date.now)): Promise<CloudflareState> {
  const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 3650 * day) };
  return {
    lateness,
    accountId: newId(),
    zoneId: newId(),
    zoneName: "acme.dev",
    plan: "free",
    granted: new Set(Object.values(permissions)),
    zonePermissions: ["#zone:read", "#ssl:read", "#ssl:edit", "#waf:read", "#waf:edit"],
    tokenStatus: "active",
    authority: await makeAuthority(validity),
    maxCertificates: 100,
    certificates: [],
    associatedHostnames: ["other.acme.dev"],
    ruleset: { id: newId(), rules: [othersRule()] },
    rateLimits: null,
    takesHostInRateLimits: true,
    namespaces: [{ id: newId(), title: "other-kv" }],
    scripts: new Map([["other", { bindings: [], secrets: new Map() }]]),
    domains: [],
    workerRoutes: [{ id: newId(), pattern: "www.acme.dev/*", script: "other" }],
    dnsRecords: [{ type: "A", name: "www.acme.dev", content: "192.0.2.7" }],
    botFightMode: false,
    securityLevel: "medium",
    browserCheck: "on",
  };
}

export function othersRule(): Rule {
  const id = newId();
  return {
    id,
    ref: id,
    version: "1",
    last_updated: new Date(0).toISOString(),
    action: "block",
    enabled: true,
    expression: 'http.host eq "other.acme.dev"',
    description: "another owner's",
  };
}

/** An id as Cloudflare makes them. */
export function newId(): string {
  return randomBytes(16).toString("hex");
}

export function newUuid(): string {
  return randomUUID();
}

/** Everything that is there, for comparing before and after: ids of their own, and times, left in. */
export function snapshot(state: CloudflareState): unknown {
  return JSON.parse(
    JSON.stringify({
      certificates: state.certificates,
      associatedHostnames: state.associatedHostnames,
      ruleset: state.ruleset,
      // Cloudflare keeps the place of rules that are gone.
      rateLimits: state.rateLimits?.rules ?? [],
      namespaces: state.namespaces,
      scripts: [...state.scripts].map(([name, { bindings, secrets }]) => ({ name, bindings, secrets: [...secrets] })),
      domains: state.domains,
      dnsRecords: state.dnsRecords,
    }),
  );
}

/** @returns what puts everything back to what is there now, also what is late */
export function saveState(state: CloudflareState): () => void {
  const restoreLateness = state.lateness.save();
  // The authority's key is no plain data, and no command changes it.
  const { lateness: _lateness, authority: _authority, ...data } = state;
  const saved = structuredClone(data);
  return () => {
    Object.assign(state, structuredClone(saved));
    restoreLateness();
  };
}
