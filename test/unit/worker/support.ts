// What the Worker's unit tests share: settings that are right, so that each test changes the one thing it is about, and
// an app whose clock, network and log are the test's own.
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { expect, onTestFinished } from "vitest";
import { createApp } from "../../../src/worker/app.ts";
import { type ClusterPolicy, readClusterPolicy } from "../../../src/worker/config/cluster.ts";
import { keyOfOrganisation } from "../../../src/worker/config/organisations.ts";
import type { Account, Facts, HiddenReason, Membership, Team } from "../../../src/worker/github/facts.ts";
import { statusSchema } from "../../support/answer-rules.ts";

export const startOfTests = Date.parse("2026-11-20T10:00:00Z");

/** The fingerprint of the cluster "production". */
export const productionFingerprint = "a1".repeat(32);

/** A CLUSTER_… variable. A change to `undefined` takes the key out. */
export function clusterTable(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const table = {
    client_certificates: [productionFingerprint],
    allow: ["user:octocat#583231"],
    token_kinds: ["fine_grained", "classic"],
    ...changes,
  };
  return Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined));
}

/** Variables and secrets of a whole deployment. */
export function environment(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    CACHE_SECRET: randomBytes(32).toString("base64"),
    CLUSTER_PRODUCTION: clusterTable(),
    NEVER_SEEN_LIMIT: { limit: async () => ({ success: true }) },
    ...changes,
  };
}

/** The policy that config makes of a right table. */
export function policyOf(changes: Record<string, unknown> = {}): ClusterPolicy {
  const checked = readClusterPolicy("CLUSTER_PRODUCTION", clusterTable(changes));
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.value;
}

/** `request.cf` for a client certificate. */
export function cfOf(changes: Record<string, unknown> = {}): { tlsClientAuth: Record<string, unknown> } {
  return {
    tlsClientAuth: {
      certPresented: "1",
      certVerified: "SUCCESS",
      certRevoked: "0",
      certFingerprintSHA256: productionFingerprint,
      certNotAfter: "Dec 20 10:00:00 2026 GMT",
      ...changes,
    },
  };
}

/** `request.cf` of a caller without a certificate, as Cloudflare fills in the fields then. */
export const noCertificate = cfOf({
  certPresented: "0",
  certVerified: "NONE",
  certFingerprintSHA256: "",
  certNotAfter: "",
});

export function factsOf(changes: Partial<Omit<Facts, "account">> & { account?: Partial<Account> } = {}): Facts {
  return {
    host: "github.com",
    oauthClientId: null,
    scopes: ["read:org"],
    expiry: { kind: "never" },
    organisations: {},
    ...changes,
    account: { id: 583231, login: "octocat", type: "User", ...changes.account },
  };
}

/** A member of the organisation, and of the teams that are given by slug and number. */
export function memberOf(login: string, id: number, teams: Readonly<Record<string, number>> = {}) {
  const list = Object.entries(teams).map(([slug, teamId]): Team => ({ id: teamId, slug }));
  return { kind: "active", id, login, role: "member", teams: list, teamsHidden: null } as const satisfies Membership;
}

export const noMember = { kind: "none", nameTakenBy: null, isProven: true } as const satisfies Membership;

export function invitedTo(login: string, id: number) {
  return { kind: "pending", id, login } as const satisfies Membership;
}

/** The organisation's name leads to another number than the pinned one. */
export function takenBy(id: number) {
  return { kind: "none", nameTakenBy: id, isProven: true } as const satisfies Membership;
}

export function invisibleFor(reason: HiddenReason, ssoUrl: string | null = null) {
  return { kind: "hidden", reason, ssoUrl } as const satisfies Membership;
}

/** Memberships under the keys that the policy looks for, by organisation name; the default is none. */
export function membershipsFor(
  { organisations }: ClusterPolicy,
  memberships: Readonly<Record<string, Membership>>,
): Readonly<Record<string, Membership>> {
  return Object.fromEntries(
    organisations.map((reference) => [keyOfOrganisation(reference), memberships[reference.login] ?? noMember]),
  );
}

/** GitHub's answer about octocat. */
export function userAnswer(changes: Record<string, unknown> = {}, headers: Record<string, string> = {}): Response {
  const body = { login: "octocat", id: 583231, node_id: "MDQ6VXNlcjU4MzIzMQ==", type: "User", ...changes };
  return Response.json(body, { headers: { "x-github-request-id": "8A2C:1F2E:9B3D", ...headers } });
}

/** An error as GitHub's API words it. */
export function errorAnswer(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json(
    { message, documentation_url: "https://docs.github.com/rest", status: String(status) },
    {
      status,
      headers,
    },
  );
}

export interface ReviewOptions {
  readonly cf?: unknown;
  readonly apiVersion?: string;
}

/** @param github answers in GitHub's place; without it, a call to GitHub fails the test */
export function startApp(options: { env?: Record<string, unknown>; github?: typeof fetch; now?: () => number } = {}) {
  const { env = environment(), github, now = () => startOfTests } = options;
  const lines: string[] = [];
  const errors: string[] = [];
  const calls: string[] = [];
  const app = createApp({
    fetch: (input, init) => {
      calls.push(new Headers(init?.headers).get("authorization") ?? "without a token");
      if (github === undefined) throw new Error("no call to GitHub was expected");
      return github(input, init);
    },
    now,
    waitUntil: (work) => onTestFinished(() => work),
    writeLine: (line) => lines.push(line),
    writeError: (text) => errors.push(text),
  });
  if (github === undefined) onTestFinished(() => expect(calls).toEqual([]));

  /** Sends any request, with the certificate of "production" unless another cf is given; null stands for none. */
  async function send(path: string, init: RequestInit = {}, cf: unknown = cfOf()): Promise<Response> {
    return app.fetch(Object.assign(new Request(`https://auth.test${path}`, init), { cf }), env);
  }

  /** Sends a TokenReview. */
  function review(token: unknown, { cf = cfOf(), apiVersion = "authentication.k8s.io/v1" }: ReviewOptions = {}) {
    const body = JSON.stringify({
      kind: "TokenReview",
      apiVersion,
      metadata: {},
      spec: { token },
      status: { user: {} },
    });
    return send("/authenticate", { method: "POST", body }, cf);
  }
  return { send, review, lines, errors, calls };
}

/** The Status that an answer holds; fails where it is none. */
export async function statusIn(response: Response): Promise<v.InferOutput<typeof statusSchema>> {
  return v.parse(statusSchema, await response.json());
}

/** A record of the decision log. */
export function recordIn(line: string | undefined): Record<string, unknown> {
  return v.parse(v.record(v.string(), v.unknown()), JSON.parse(line ?? ""));
}

/** @returns every part of a token of this length: none may appear anywhere */
export function partsOf(token: string, length = 12): string[] {
  return Array.from({ length: Math.max(0, token.length - length + 1) }, (_, index) =>
    token.slice(index, index + length),
  );
}
