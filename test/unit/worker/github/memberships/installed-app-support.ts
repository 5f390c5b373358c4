// An installed app in these tests: its key, its installations and tokens, and what GitHub answers to it.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { GitHubClient } from "../../../../../src/worker/github/client.ts";
import {
  type AppCredentials,
  createAppCredentials,
} from "../../../../../src/worker/github/memberships/app-credentials.ts";
import { acmeBody, api, type ScriptedAnswer, scriptGitHub } from "../support.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const appPublicKey: KeyObject = pair.publicKey;
export const appPrivateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

export const startMs = Date.parse("2026-11-20T10:00:00Z");
export const secondMs = 1000;
export const minuteMs = 60 * secondMs;

export const installationsPath = "GET /app/installations?per_page=100";
export const tokenPath = (installationId: number) => `POST /app/installations/${installationId}/access_tokens`;
export const graphqlPath = "POST /graphql";
export const membershipPath = (organisation = "Acme", login = "octocat") =>
  `GET /orgs/${organisation}/memberships/${login}`;

/** An installation in an organisation, as the list of installations shows it. */
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

/** An app that is installed in Acme, with a clock that is moved by hand. */
export function installedApp(changes: Record<string, ScriptedAnswer> = {}, privateKey = appPrivateKey) {
  const clock = { time: startMs };
  const now = () => clock.time;
  const tokens: string[] = [];
  const github = scriptGitHub({
    [installationsPath]: () => Response.json([installationBody()]),
    [tokenPath(77)]: tokenAnswer(now, tokens),
    ...changes,
  });
  const credentials: AppCredentials = createAppCredentials(
    github.client,
    api.restUrl,
    { id: "Iv23liTheAppsClientId", privateKey },
    now,
  );
  return { clock, now, tokens, github, credentials };
}

/** The client for calls with the person's own token, which an installed app has no use for. */
export const ownToken: GitHubClient = {
  send: () => Promise.reject(new Error("no call with the person's own token was expected")),
};

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

/** What GraphQL says of somebody's teams in Acme. */
export function graphqlBody(nodes: readonly unknown[] = [], changes: GraphqlChanges = {}): object {
  const { organisationId = 1234, userId = 583231, pageInfo = { hasNextPage: false, endCursor: null } } = changes;
  return {
    data: { organization: { databaseId: organisationId, teams: { pageInfo, nodes } }, user: { databaseId: userId } },
  };
}
