// GitHub in these tests: a script that says what is answered to which call, and fails the test at any other; and the bodies that its answers are made of.
import { expect, onTestFinished } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../src/worker/config/organisations.ts";
import { apiAddressOf } from "../../../../src/worker/github/api-address.ts";
import {
  createGitHubClient,
  type GitHubClient,
  type GitHubClientOptions,
} from "../../../../src/worker/github/client.ts";
import type { FactsRequest, LookupFailure, Membership } from "../../../../src/worker/github/facts.ts";
import { createGitHubFacts, type Earlier, type GitHubAnswer } from "../../../../src/worker/github/github-facts.ts";
import { createPersonalMemberships } from "../../../../src/worker/github/memberships/own-token.ts";
import type { MembershipSource, MembershipsRequest } from "../../../../src/worker/github/memberships/source.ts";
import { errorAnswer, userAnswer } from "../support.ts";

export const api = apiAddressOf("https://api.github.test");

/** A call as the script sees it. */
export interface ScriptedCall {
  readonly authorization: string | null;
  readonly headers: Headers;
  readonly body: string;
}

export type ScriptedAnswer = (call: ScriptedCall) => Response | Promise<Response>;

export interface ScriptedGitHub {
  readonly fetch: typeof fetch;
  readonly client: GitHubClient;
  /** Every call so far, as "GET /user"; may be cleared with `length = 0`. */
  readonly calls: string[];
  /** May be changed at any time. */
  readonly script: Record<string, ScriptedAnswer>;
}

/** @param script answers by method and path with its query; any other call fails the test */
export function scriptGitHub(script: Record<string, ScriptedAnswer>): ScriptedGitHub {
  const calls: string[] = [];
  const unexpected: string[] = [];
  const scripted: typeof fetch = async (input, init) => {
    const url = String(input);
    const path = url.startsWith(api.restUrl) ? url.slice(api.restUrl.length) : url;
    const name = `${init?.method} ${path}`;
    calls.push(name);
    const answer = script[name];
    if (answer === undefined) {
      unexpected.push(name);
      throw new Error(`no call of ${name} was expected`);
    }
    const headers = new Headers(init?.headers);
    return answer({ authorization: headers.get("authorization"), headers, body: String(init?.body ?? "") });
  };
  onTestFinished(() => expect(unexpected).toEqual([]));
  return { fetch: scripted, client: createGitHubClient({ fetch: scripted }), calls, script };
}

export const inTime = (): AbortSignal => AbortSignal.timeout(5_000);

export const acme: OrganisationReference = { login: "acme", id: null, teamIds: [] };
export const pinnedAcme: OrganisationReference = { login: "acme", id: 1234, teamIds: [] };
export const globex: OrganisationReference = { login: "globex", id: null, teamIds: [] };

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

/** A team of Acme's. */
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

/** GitHub's answers that refuse a token wherever it is asked, and what they come to. */
export const refusalAnswers: readonly [string, ScriptedAnswer, LookupFailure][] = [
  ["refused", error(401, "Bad credentials"), { kind: "refused", reason: "token_refused" }],
  ["suspended", error(403, "Sorry. Your account was suspended"), { kind: "suspended" }],
  ["unrecognised", error(403, "API rate limit exceeded", { "x-ratelimit-limit": "60" }), { kind: "unrecognised" }],
];

export const notFound = error(404, "Not Found");

/** The paths of a person's own calls. */
export const paths = {
  user: "GET /user",
  membership: (login: string) => `GET /user/memberships/orgs/${login}`,
  memberships: "GET /user/memberships/orgs?state=active&per_page=100",
  teams: "GET /user/teams?per_page=100",
  team: (login: string, slug: string) => `GET /orgs/${login}/teams/${slug}`,
} as const;

/** The header by which a list goes on. */
export function linkTo(path: string, relation = "next"): Record<string, string> {
  return { link: `<${api.restUrl}${path}>; rel="${relation}"` };
}

export interface FactsChanges {
  readonly memberships?: MembershipSource;
  readonly clientSecrets?: ReadonlyMap<string, string>;
  readonly question?: Partial<FactsRequest>;
  readonly token?: string;
  readonly earlier?: Earlier | null;
}

/** What a cluster asks about the owner of a classic token. */
export function questionAbout(organisations: readonly OrganisationReference[]): FactsRequest {
  return {
    cluster: "production",
    tokenKind: "classic",
    organisations,
    oauthClients: [],
    dependsOnOrganisations: () => true,
    admits: () => true,
  };
}

/** Asks about octocat's token and the organisation acme. */
export function askFacts(
  { client }: { readonly client: GitHubClient },
  {
    memberships,
    clientSecrets = new Map(),
    question = {},
    token = makeToken("classic"),
    earlier = null,
  }: FactsChanges = {},
): Promise<GitHubAnswer> {
  const source = createGitHubFacts({
    client,
    api,
    memberships: memberships ?? createPersonalMemberships(api.restUrl),
    clientSecrets,
  });
  return source.load(token, { ...questionAbout([acme]), ...question }, earlier);
}

/** Asks GitHub whose token this is and nothing else, where GitHub is `fetch`. */
export function ask(fetch: typeof globalThis.fetch, options: Partial<GitHubClientOptions> = {}): Promise<GitHubAnswer> {
  return askFacts({ client: createGitHubClient({ fetch, ...options }) }, { question: { organisations: [] } });
}

/** Asks a GitHub that gives this answer. */
export async function outcomeOf(answer: Response): Promise<GitHubAnswer["outcome"]> {
  return (await ask(async () => answer)).outcome;
}

/** GitHub's answer about octocat's classic token that may read organisations. */
export const octocatReadsOrganisations: ScriptedAnswer = () => userAnswer({}, { "x-oauth-scopes": "read:org" });

/** A source of memberships that always says the same, and keeps what it was asked. */
export function membershipsSaying(...standings: Membership[]) {
  const questions: MembershipsRequest[] = [];
  const source: MembershipSource = {
    async load(question) {
      questions.push(question);
      return { kind: "known", standings, tookToken: true };
    },
  };
  return { questions, source };
}

export const octocat = { id: 583231, login: "octocat", type: "User" };
export const inAcme = paths.membership("acme");
export const octocatInAcme: Membership = {
  kind: "active",
  id: 1234,
  login: "Acme",
  role: "member",
  teams: [{ id: 55, slug: "platform" }],
};
export const scriptOfMember = () => ({
  [paths.user]: octocatReadsOrganisations,
  [inAcme]: json(membershipBody()),
  [paths.teams]: json([teamBody(55, "platform")]),
});
