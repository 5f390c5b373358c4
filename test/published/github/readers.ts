// The code of Octogate that reads a response, for every endpoint that it calls: fed with a response that is given.
import { createLookup } from "../../../src/cli/commands/pin/lookup.ts";
import * as reportRows from "../../../src/cli/commands/report/endpoints.ts";
import { apiAddressOf } from "../../../src/worker/github/api-address.ts";
import { type CallFailure, createCalls } from "../../../src/worker/github/calls.ts";
import type { GitHubClient } from "../../../src/worker/github/client.ts";
import * as rows from "../../../src/worker/github/endpoints.ts";
import { createTrace } from "../../../src/worker/github/trace.ts";

export interface GivenResponse {
  readonly status: number;
  readonly headers?: Headers;
  /** "" where there was no body. */
  readonly text: string;
}

/** What Octogate makes of a response: "ok" with what it has read of the body, or the outcome of an error. */
export interface ReadResult {
  readonly kind: string;
  readonly body?: unknown;
}

type Reader = (response: GivenResponse) => Promise<ReadResult>;

const api = apiAddressOf("https://api.github.com");

/** By the endpoint's name in GitHub's text. */
export const readers: Readonly<Record<string, Reader>> = {
  "GET /user": by(rows.user),
  "GET /user/memberships/orgs": by(rows.ownMemberships),
  "GET /user/memberships/orgs/{org}": by(rows.ownMembership),
  "GET /user/teams": by(rows.ownTeams),
  "GET /user/{account_id}": by(rows.accountById),
  "GET /orgs/{org}/teams": by(rows.organisationTeams),
  "GET /orgs/{org}/teams/{team_slug}": by(rows.team),
  "GET /orgs/{org}/teams/{team_slug}/memberships/{username}": by(rows.teamMembership),
  "GET /orgs/{org}/members": by(reportRows.members),
  "GET /orgs/{org}/invitations": by(reportRows.invitations),
  "GET /orgs/{org}/teams/{team_slug}/members": by(reportRows.teamMembers),
  "GET /orgs/{org}/memberships/{username}": by(rows.membershipOfUser),
  "POST /applications/{client_id}/token": by(rows.checkToken),
  "GET /app/installations": by(rows.installations),
  "GET /orgs/{org}/installation": by(rows.installationOfOrganisation),
  "POST /app/installations/{installation_id}/access_tokens": by(rows.installationToken),
  "GET /orgs/{org}": byPin,
  "GET /users/{username}": byPin,
};

/** By a row of the Worker's table of endpoints. */
function by<Body, Failure extends CallFailure>(row: rows.Endpoint<never, Body, Failure>): Reader {
  return (response) => {
    const trace = createTrace();
    const deadline = new AbortController().signal;
    const calls = createCalls({ client: clientOf(response), api, now: () => 0, trace, deadline });
    return calls.callUrl(row, api.restUrl, { authorization: null });
  };
}

/** By `octogate pin`, which asks for the number behind a name. */
async function byPin(response: GivenResponse): Promise<ReadResult> {
  const { login, type }: { login: string; type: string } = JSON.parse(response.text);
  const lookup = createLookup({ client: clientOf(response), restUrl: api.restUrl, token: null });
  const kind = type === "User" ? "user" : "organisation";
  const found = await lookup({ kind, login: login.toLowerCase(), id: null });
  return found.kind === "found" ? { kind: "ok", body: { id: Number(found.pin.slice(1)) } } : { kind: found.kind };
}

function clientOf({ status, headers = new Headers(), text }: GivenResponse): GitHubClient {
  return { send: async () => ({ kind: "answered", status, headers, text }) };
}
