// Scripted GitHub of these tests: a script says how each call is answered, and any other call fails the test. And the
// bodies of the answers.
import { expect, onTestFinished } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../src/worker/config/organisations.ts";
import { apiAddressOf } from "../../../../src/worker/github/api-address.ts";
import { createCalls, type GitHubCalls } from "../../../../src/worker/github/calls.ts";
import {
  createGitHubClient,
  type GitHubClient,
  type GitHubClientOptions,
} from "../../../../src/worker/github/client.ts";
import type { Validators } from "../../../../src/worker/github/conditional-client.ts";
import type { Account, FactsRequest, LookupFailure, Membership } from "../../../../src/worker/github/facts.ts";
import { createGitHubFacts, type Earlier, type GitHubOutcome } from "../../../../src/worker/github/github-facts.ts";
import { ownTokenMemberships } from "../../../../src/worker/github/memberships/own-token.ts";
import type { MembershipSource, MembershipsRequest } from "../../../../src/worker/github/memberships/source.ts";
import { createTrace, decidingCall, type Trace, type TracedCall } from "../../../../src/worker/github/trace.ts";
import { errorAnswer, userAnswer } from "../support.ts";

export const api = apiAddressOf("https://api.github.test");

/** A call as the script sees it. */
export interface ScriptedCall {
  readonly authorization: string | null;
  readonly headers: Headers;
  readonly body: string;
  /** Ends the call. */
  readonly signal?: AbortSignal | null;
}

export type ScriptedAnswer = (call: ScriptedCall) => Response | Promise<Response>;

export interface ScriptedGitHub {
  readonly fetch: typeof fetch;
  readonly client: GitHubClient;
  /** Every call so far, as "GET /user"; may be cleared with `length = 0`. */
  readonly calls: string[];
  /** The value of the Authorization header of every call so far. */
  readonly authorizations: readonly (string | null)[];
  /** May be changed at any time. */
  readonly script: Record<string, ScriptedAnswer>;
}

/** @param script answers by method and path with its query; any other call fails the test */
export function scriptGitHub(script: Record<string, ScriptedAnswer>): ScriptedGitHub {
  const calls: string[] = [];
  const authorizations: (string | null)[] = [];
  const unexpected: string[] = [];
  const scripted: typeof fetch = async (input, init) => {
    const url = String(input);
    const path = url.startsWith(api.restUrl) ? url.slice(api.restUrl.length) : url;
    const name = `${init?.method} ${path}`;
    const headers = new Headers(init?.headers);
    const authorization = headers.get("authorization");
    calls.push(name);
    authorizations.push(authorization);
    const answer = script[name];
    if (answer === undefined) {
      unexpected.push(name);
      throw new Error(`no call of ${name} was expected`);
    }
    return answer({ authorization, headers, body: String(init?.body ?? ""), signal: init?.signal ?? null });
  };
  onTestFinished(() => expect(unexpected).toEqual([]));
  return { fetch: scripted, client: createGitHubClient({ fetch: scripted }), calls, authorizations, script };
}

/** Calls that a test makes itself, to the scripted GitHub. */
export function callsTo(
  { client }: { readonly client: GitHubClient },
  { trace = createTrace(), now = Date.now }: { readonly trace?: Trace; readonly now?: () => number } = {},
): GitHubCalls {
  return createCalls({ client, api, now, trace, deadline: AbortSignal.timeout(5_000) });
}

/** What the log takes from a call. */
export type CallInfo = Pick<TracedCall, "status" | "requestId" | "retryAfterMs">;

export function callInfoOf({ status, requestId, retryAfterMs }: TracedCall): CallInfo {
  return { status, requestId, retryAfterMs };
}

export const acme: OrganisationReference = { login: "acme", id: null, teams: [], needsTeams: true };
export const pinnedAcme: OrganisationReference = { login: "acme", id: 1234, teams: [], needsTeams: true };
export const globex: OrganisationReference = { login: "globex", id: null, teams: [], needsTeams: true };

/** A pinned team as a policy names it. */
export function teamNamed(id: number | null, slug: string, isDenied = false) {
  return { id, slug, isDenied };
}

export const acmeBody = { login: "Acme", id: 1234 };
export const globexBody = { login: "Globex", id: 5678 };

export interface MembershipChanges {
  readonly state?: unknown;
  readonly role?: unknown;
  readonly organization?: unknown;
  readonly user?: unknown;
}

/** octocat's membership in Acme. */
export function membershipBody(changes: MembershipChanges = {}): object {
  return {
    url: "https://api.github.test/orgs/Acme/memberships/octocat",
    state: "active",
    role: "member",
    organization: acmeBody,
    user: { login: "octocat", id: 583231, type: "User" },
    ...changes,
  };
}

export interface TeamReference {
  readonly id: number;
  readonly slug: string;
}

/** A team in Acme. */
export function teamBody(
  id: number,
  slug: string,
  { parent = null, organization = acmeBody }: { parent?: TeamReference | null; organization?: unknown } = {},
): object {
  return { id, slug, name: "system:masters", privacy: "closed", parent, organization };
}

export const json =
  (body: unknown, headers: Record<string, string> = {}): ScriptedAnswer =>
  () =>
    Response.json(body, { headers });

export const error =
  (status: number, message: string, headers: Record<string, string> = {}): ScriptedAnswer =>
  () =>
    errorAnswer(status, message, headers);

/** Answers that refuse a token at every endpoint, and their outcomes. */
export const refusals: readonly [string, ScriptedAnswer, LookupFailure][] = [
  ["refused", error(401, "Bad credentials"), { kind: "refused", reason: "token_refused" }],
  ["suspended", error(403, "Sorry. Your account was suspended"), { kind: "suspended" }],
  ["unrecognised", error(403, "API rate limit exceeded", { "x-ratelimit-limit": "60" }), { kind: "unrecognised" }],
];

export const notFound = error(404, "Not Found");

/** The calls with the user's own token. */
export const paths = {
  user: "GET /user",
  membership: (login: string) => `GET /user/memberships/orgs/${login}`,
  memberships: "GET /user/memberships/orgs?state=active&per_page=100",
  teams: "GET /user/teams?per_page=100",
  teamsOf: (login: string) => `GET /orgs/${login}/teams?per_page=100`,
  byId: (id: number) => `GET /user/${id}`,
  team: (login: string, slug: string) => `GET /orgs/${login}/teams/${slug}`,
} as const;

/** GitHub's answer about the account with a number. */
export function organisationById(id: number, login: string): Record<string, ScriptedAnswer> {
  return { [paths.byId(id)]: json({ id, login, type: "Organization" }) };
}

/** The header by which a list goes on. */
export function linkTo(path: string, relation = "next"): Record<string, string> {
  return { link: `<${api.restUrl}${path}>; rel="${relation}"` };
}

export interface FactsChanges {
  readonly memberships?: MembershipSource;
  readonly clientSecrets?: ReadonlyMap<string, string>;
  readonly request?: Partial<FactsRequest>;
  readonly token?: string;
  readonly earlier?: Earlier | null;
  readonly now?: () => number;
}

export interface LoadedFacts {
  readonly outcome: GitHubOutcome;
  readonly validators: Validators;
  /** The call on which the outcome rests. */
  readonly call: CallInfo | null;
  /** All calls. */
  readonly traced: readonly TracedCall[];
}

/** A token that has let this account in before, with read:org. */
export function earlierOf(account: Account): Earlier {
  const expiry = { kind: "never" } as const;
  return { account, oauthClientId: null, scopes: ["read:org"], expiry, hasAdmitted: true, validators: {} };
}

/** What a cluster needs to know about the owner of a classic token. */
export function requestAbout(organisations: readonly OrganisationReference[]): FactsRequest {
  return {
    cluster: "production",
    tokenKind: "classic",
    organisations,
    oauthClients: [],
    candidates: { only: null, except: [] },
  };
}

/** Loads facts about octocat's token and the organisation acme. */
export async function loadFacts(
  { client }: { readonly client: GitHubClient },
  {
    memberships = ownTokenMemberships,
    clientSecrets = new Map(),
    request = {},
    token = makeToken("classic"),
    earlier = null,
    now = Date.now,
  }: FactsChanges = {},
): Promise<LoadedFacts> {
  const source = createGitHubFacts({ client, api, memberships, clientSecrets, now });
  const trace = createTrace();
  const loaded = await source.load(token, { ...requestAbout([acme]), ...request }, earlier, trace);
  const call = decidingCall(trace, loaded.outcome);
  return { ...loaded, call: call === null ? null : callInfoOf(call), traced: trace.calls() };
}

/** Loads whose token this is and nothing else, where GitHub is `fetch`. */
export function loadOwner(
  fetch: typeof globalThis.fetch,
  options: Partial<GitHubClientOptions> = {},
): Promise<LoadedFacts> {
  return loadFacts({ client: createGitHubClient({ fetch, ...options }) }, { request: { organisations: [] } });
}

/** The outcome where GitHub gives this answer. */
export async function outcomeOf(answer: Response): Promise<GitHubOutcome> {
  return (await loadOwner(async () => answer)).outcome;
}

/** GitHub's answer about octocat's classic token that may read organisations. */
export const octocatReadsOrganisations: ScriptedAnswer = () => userAnswer({}, { "x-oauth-scopes": "read:org" });

/** A source of memberships that always says the same, and keeps its requests. */
export function fixedMemberships(...memberships: Membership[]) {
  const requests: MembershipsRequest[] = [];
  const source: MembershipSource = {
    async load(request) {
      requests.push(request);
      return { kind: "known", memberships, tookToken: true };
    },
  };
  return { requests, source };
}

export const octocat = { id: 583231, login: "octocat", type: "User" };
export const inAcme = paths.membership("acme");
export const octocatInAcme: Membership = {
  kind: "active",
  id: 1234,
  login: "Acme",
  role: "member",
  teams: [{ id: 55, slug: "platform" }],
  teamsHidden: null,
};
export const scriptOfMember = () => ({
  [paths.user]: octocatReadsOrganisations,
  [inAcme]: json(membershipBody()),
  [paths.teams]: json([teamBody(55, "platform")]),
});
