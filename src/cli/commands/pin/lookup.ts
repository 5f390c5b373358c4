// Lookup of the number that a name has at GitHub.
// People and organisations are public; GitHub shows a team to its organisation's members alone, and a private
// repository to those who may read it.
import * as v from "valibot";
import { proxyHint } from "../../../node/proxy.ts";
import { type OrganisationEntry, printEntry, type UserEntry } from "../../../worker/config/entries.ts";
import { apiAddressOf } from "../../../worker/github/api-address.ts";
import { type CallResult, createCalls } from "../../../worker/github/calls.ts";
import type { GitHubClient } from "../../../worker/github/client.ts";
import { type Endpoint, organisationFailures, team } from "../../../worker/github/endpoints.ts";
import type { LookupFailure } from "../../../worker/github/facts.ts";
import type { Absent, Hidden } from "../../../worker/github/outcomes.ts";
import { idSchema, type TeamBody } from "../../../worker/github/schemas.ts";
import { createTrace } from "../../../worker/github/trace.ts";
import { type Reason, reasons } from "../../../worker/reasons.ts";
import type { LookedUp, Notice } from "./looked-up.ts";
import { isInRepository, type Named } from "./named-entries.ts";
import { environment, type Moved, noEnvironment, noticeOf, readRepository, repository } from "./repositories.ts";

export type Lookup = (named: Named) => Promise<LookedUp>;

interface LookupOptions {
  readonly client: GitHubClient;
  readonly restUrl: string;
  readonly token: string | null;
}

type Failure = Absent | Hidden | LookupFailure;
type NamedAccount = UserEntry | OrganisationEntry;
type NamedTeam = Named & { readonly kind: "team" };

const accountSchema = v.object({ id: idSchema, login: v.string(), type: v.string() });
type AccountBody = v.InferOutput<typeof accountSchema>;

/** A public profile: /users/LOGIN and /orgs/LOGIN. */
export const publicProfile: Endpoint<NamedAccount, AccountBody, Failure> = {
  name: "publicProfile",
  method: "GET",
  path: ({ kind, login }) => (kind === "user" ? `/users/${login}` : `/orgs/${login}`),
  rows: organisationFailures,
  success: 200,
  schema: accountSchema,
  isConditional: false,
};

/** A team, as its organisation's members may see it. The slug of an enterprise's team has a colon. */
const teamBySlug: Endpoint<NamedTeam, TeamBody, Failure> = {
  ...team,
  path: ({ organisation, slug }) => `/orgs/${organisation}/teams/${encodeURIComponent(slug)}`,
  isConditional: false,
};

/** Each call has 3 s of its own; this ends what an interrupted machine left over. */
const lookupTimeoutMs = 30_000;

/** Looks one name up after the other, and each once. */
export function createLookup({ client, restUrl, token }: LookupOptions): Lookup {
  const known = new Map<string, LookedUp>();
  const authorization = token === null ? null : `Bearer ${token}`;
  let stopped: LookedUp | null = null;

  async function lookUp(named: Named): Promise<LookedUp> {
    if (named.kind === "team" && token === null) return { kind: "needs_token" };
    if (stopped !== null) return stopped;
    const trace = createTrace();
    const deadline = AbortSignal.timeout(lookupTimeoutMs);
    const calls = createCalls({ client, api: apiAddressOf(restUrl), now: Date.now, trace, deadline });
    const result = await answerAbout(named);
    if (result.kind === "stopped") stopped = result;
    return result;

    async function answerAbout(named: Named): Promise<LookedUp> {
      if (named.kind === "team") {
        return read(await calls.call(teamBySlug, named, { authorization }), (body) => readTeam(body, named));
      }
      if (!isInRepository(named)) {
        return read(await calls.call(publicProfile, named, { authorization }), (body) => readAccount(body, named));
      }
      const found = read(
        await calls.call(repository, named, { authorization }),
        (body) => readRepository(body, named) ?? invalidResponse,
      );
      if (found.kind !== "found" || named.kind !== "environment") return found;
      const rules = await calls.call(environment, named, { authorization });
      if (rules.kind === "ok") return withNotice(found, noticeOf(rules.body));
      return rules.kind === "absent" ? withNotice(found, noEnvironment) : read(rules, () => found);
    }

    function read<Body>(response: CallResult<Body, Failure | Moved>, readBody: (body: Body) => LookedUp): LookedUp {
      if (response.kind === "ok") return readBody(response.body);
      if (response.kind === "moved") return response;
      return readFailure(response, token !== null, trace.calls()[0]?.retryAfterMs ?? null);
    }
  }

  return async (named) => {
    // Two entries may pin the same name in different ways.
    const key = named.kind === "workflow" ? `repository:${named.owner}/${named.repository}` : printEntry(named);
    const result = known.get(key) ?? (await lookUp(named));
    known.set(key, result);
    return result;
  };
}

function withNotice(found: LookedUp & { kind: "found" }, notice: Notice | null): LookedUp {
  return notice === null ? found : { ...found, notice };
}

function readFailure(failure: Failure, hasToken: boolean, retryAfterMs: number | null): LookedUp {
  switch (failure.kind) {
    case "absent":
      return { kind: "unknown_name" };
    case "hidden":
      return { kind: "failed", ...wordsOf(failure.reason) };
    case "refused":
      return {
        kind: "stopped",
        message: "GitHub refuses the token: it is revoked, expired or made up",
        hint: "use one that works; without any, people and organisations can be looked up all the same",
      };
    case "denied":
      return { kind: "stopped", ...wordsOf(failure.reason) };
    case "suspended":
      return { kind: "stopped", message: "GitHub has suspended the token's account" };
    case "unrecognised":
      return hasToken ? { kind: "stopped", ...wordsOf("token_unrecognised") } : anonymousLimit(retryAfterMs);
    case "limited":
      if (!hasToken) return anonymousLimit(retryAfterMs);
      return {
        kind: "stopped",
        message: `GitHub answers no more requests for now (${failure.reason})${untilReset(retryAfterMs)}`,
        hint: "wait, and run this again",
      };
    case "unavailable":
      return failure.reason === "github_invalid_response"
        ? invalidResponse
        : { kind: "stopped", ...wordsOf(failure.reason) };
  }
}

function anonymousLimit(retryAfterMs: number | null): LookedUp {
  return {
    kind: "stopped",
    message: `GitHub answers this address no more requests without a token${untilReset(retryAfterMs)}`,
    hint: "set GITHUB_TOKEN: with a token there are 5,000 an hour",
  };
}

function untilReset(retryAfterMs: number | null): string {
  return retryAfterMs === null ? "" : `; again in ${Math.ceil(retryAfterMs / 60_000)} min`;
}

function wordsOf(reason: Reason): { readonly message: string; readonly hint?: string } {
  const { problem, hint: said } = reasons[reason];
  const hint = reason === "github_unreachable" ? `${said} ${proxyHint}` : said;
  return { message: problem, ...(hint === null ? {} : { hint }) };
}

const invalidResponse: LookedUp = { kind: "failed", ...wordsOf("github_invalid_response") };

function readAccount({ id, login, type }: AccountBody, named: NamedAccount): LookedUp {
  if (login.toLowerCase() !== named.login) return invalidResponse;
  const wanted = named.kind === "user" ? "User" : "Organization";
  if (type === wanted) return { kind: "found", pin: `#${id}`, organisationId: named.kind === "user" ? null : id };
  const message =
    type === "Organization"
      ? `is an organisation: write org:${named.login}`
      : "is no person's account, and cannot sign in";
  return { kind: "unsuitable", message };
}

function readTeam({ id, slug, organization }: TeamBody, named: NamedTeam): LookedUp {
  if (slug.toLowerCase() !== named.slug || organization.login.toLowerCase() !== named.organisation)
    return invalidResponse;
  return { kind: "found", pin: `#${id}`, organisationId: organization.id };
}
