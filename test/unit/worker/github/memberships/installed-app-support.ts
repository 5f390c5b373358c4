// Installed app of these tests: its key, its installations and tokens, and the answers that GitHub gives it.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect } from "vitest";
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import { createConditionalClient } from "../../../../../src/worker/github/conditional-client.ts";
import {
  type AppCredentials,
  createAppCredentials,
} from "../../../../../src/worker/github/memberships/app-credentials.ts";
import { createInstalledAppMemberships } from "../../../../../src/worker/github/memberships/installed-app.ts";
import { createTrace } from "../../../../../src/worker/github/trace.ts";
import {
  acme,
  acmeBody,
  callsTo,
  json,
  membershipBody,
  octocat,
  type ScriptedAnswer,
  scriptGitHub,
} from "../support.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const appPublicKey: KeyObject = pair.publicKey;
export const appPrivateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

export const startMs = Date.parse("2026-11-20T10:00:00Z");
export const secondMs = 1000;
export const minuteMs = 60 * secondMs;

export const installationsPath = "GET /app/installations?per_page=100";
export const installationPath = (organisation = "acme") => `GET /orgs/${organisation}/installation`;
export const accountPath = (id: number) => `GET /user/${id}`;
export const tokenPath = (installationId: number) => `POST /app/installations/${installationId}/access_tokens`;
export const graphqlPath = "POST /graphql";
export const membershipPath = (organisation = "Acme", login = "octocat") =>
  `GET /orgs/${organisation}/memberships/${login}`;

/** An installation in an organisation. */
export function installationBody(id = 77, account: unknown = acmeBody, more: object = {}): object {
  return {
    id,
    app_id: 1,
    target_type: "Organization",
    permissions: { members: "read" },
    suspended_at: null,
    account,
    ...more,
  };
}

/** GitHub's answer with a token for an hour. */
export function tokenAnswer(now: () => number, tokens: string[] = []): ScriptedAnswer {
  return () => {
    const token = makeToken("installation");
    tokens.push(token);
    const expires_at = new Date(now() + 60 * minuteMs).toISOString().replace(/\.\d+/, "");
    return Response.json({ token, expires_at, permissions: { members: "read" } }, { status: 201 });
  };
}

/** The user's own. */
export const usersAuthorization = `Bearer ${makeToken("classic")}`;

/** An app that is installed in Acme, with a clock that is moved by hand. */
export function installedApp(changes: Record<string, ScriptedAnswer> = {}, privateKey = appPrivateKey) {
  const clock = { time: startMs };
  const now = () => clock.time;
  const tokens: string[] = [];
  const github = scriptGitHub({
    [installationPath()]: () => Response.json(installationBody()),
    [tokenPath(77)]: tokenAnswer(now, tokens),
    ...changes,
  });
  const trace = createTrace();
  const calls = callsTo({ client: createConditionalClient(github.client, {}, now) }, { trace });
  const credentials: AppCredentials = createAppCredentials({ id: "Iv23liTheAppsClientId", privateKey }, now);
  const installationIn = (reference: OrganisationReference) =>
    credentials.installationIn(reference, calls, usersAuthorization);
  return { clock, now, tokens, github, credentials, installationIn, calls, trace };
}

export interface TeamNode {
  readonly databaseId: unknown;
  readonly slug: unknown;
  readonly ancestors: unknown;
}

/** A team as GraphQL shows it, with its ancestors by slug and number. */
export function teamNode(
  databaseId: unknown,
  slug: unknown,
  ancestors: Readonly<Record<string, unknown>> = {},
): TeamNode {
  const nodes = Object.entries(ancestors).map(([ancestor, id]) => ({ databaseId: id, slug: ancestor }));
  return { databaseId, slug, ancestors: { pageInfo: { hasNextPage: false }, nodes } };
}

export interface GraphqlChanges {
  readonly organisationId?: unknown;
  readonly userId?: unknown;
  readonly pageInfo?: unknown;
}

/** GraphQL's body about a user's teams in Acme. */
export function graphqlBody(nodes: readonly unknown[] = [], changes: GraphqlChanges = {}): object {
  const { organisationId = 1234, userId = 583231, pageInfo = { hasNextPage: false, endCursor: null } } = changes;
  return {
    data: { organization: { databaseId: organisationId, teams: { pageInfo, nodes } }, user: { databaseId: userId } },
  };
}

export interface LoadChanges {
  readonly account?: typeof octocat;
  readonly isNeverSeen?: boolean;
  /** The scopes of the user's own token. */
  readonly scopes?: readonly string[];
}

/** The app's view of memberships; octocat is in Acme unless the script says otherwise. */
export function appView(changes: Record<string, ScriptedAnswer> = {}) {
  const app = installedApp({
    [membershipPath()]: json(membershipBody()),
    [graphqlPath]: json(graphqlBody()),
    ...changes,
  });
  const waits: number[] = [];
  const source = createInstalledAppMemberships(app.credentials, app.now, async (ms) => {
    waits.push(ms);
  });
  const token = makeToken("classic");
  const load = async (
    organisations: readonly OrganisationReference[] = [acme],
    { account = octocat, isNeverSeen = false, scopes = [] }: LoadChanges = {},
  ) => {
    const owner = { account, scopes };
    const request = { token, isNeverSeen, owner, organisations, isFineGrained: false, hasScopes: true };
    const result = await source.load(request, app.calls);
    // Each organisation counts for itself. What the app sees says nothing about the user's token: that one may be
    // revoked.
    if (result.kind === "failed") throw new Error("a membership source of the app never fails as a whole");
    expect(result.tookToken).toBe(false);
    return result.memberships;
  };
  /** The installation's token is old enough to be known to GitHub everywhere. */
  async function withOldToken() {
    await app.installationIn(acme);
    app.clock.time += 5 * secondMs;
    app.github.calls.length = 0;
  }
  return { ...app, source, load, waits, token, withOldToken };
}
