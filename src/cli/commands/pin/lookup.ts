// Lookup of the number that a name has at GitHub.
// People and organisations are public; GitHub shows a team to its organisation's members alone.
import * as v from "valibot";
import { responseInfoOf } from "../../../worker/github/call.ts";
import type { GitHubClient, GitHubReply } from "../../../worker/github/client.ts";
import { sortOrganisationReply } from "../../../worker/github/outcomes.ts";
import { idSchema, teamSchema } from "../../../worker/github/schemas.ts";
import { type Reason, reasons } from "../../../worker/reasons.ts";
import type { Named } from "./named-entries.ts";

export type LookedUp =
  | {
      readonly kind: "found";
      readonly id: number;
      /** For a team: its organisation's number. */
      readonly organisationId: number | null;
    }
  /** No account or team has the name, as far as the token sees. */
  | { readonly kind: "unknown_name" }
  /** An account of another type than the entry names. */
  | { readonly kind: "unsuitable"; readonly message: string }
  /** A team, and there is no token. */
  | { readonly kind: "needs_token" }
  | { readonly kind: "failed"; readonly message: string; readonly hint?: string }
  /** GitHub would answer every other request in the same way: no more are sent. */
  | { readonly kind: "stopped"; readonly message: string; readonly hint?: string };

export type Lookup = (named: Named) => Promise<LookedUp>;

export interface LookupOptions {
  readonly client: GitHubClient;
  readonly restUrl: string;
  readonly token: string | null;
}

/** Sends one request after the other, and each once. */
export function createLookup({ client, restUrl, token }: LookupOptions): Lookup {
  const known = new Map<string, LookedUp>();
  let stopped: LookedUp | null = null;

  async function send(named: Named): Promise<LookedUp> {
    if (named.kind === "team" && token === null) return { kind: "needs_token" };
    if (stopped !== null) return stopped;
    const url = restUrl + pathOf(named);
    const reply = await client.send({ url, authorization: token === null ? null : `Bearer ${token}` });
    const result = sortReply(reply, named, token !== null);
    if (result.kind === "stopped") stopped = result;
    return result;
  }

  return async (named) => {
    const path = pathOf(named);
    const result = known.get(path) ?? (await send(named));
    known.set(path, result);
    return result;
  };
}

function pathOf(named: Named): string {
  switch (named.kind) {
    case "user":
      return `/users/${named.login}`;
    case "organisation":
      return `/orgs/${named.login}`;
    case "team":
      return `/orgs/${named.organisation}/teams/${encodeURIComponent(named.slug)}`;
  }
}

const accountSchema = v.object({ id: idSchema, login: v.string(), type: v.string() });

function sortReply(reply: GitHubReply, named: Named, hasToken: boolean): LookedUp {
  const sorted = sortOrganisationReply(reply);
  switch (sorted.kind) {
    case "ok":
      return named.kind === "team" ? readTeam(sorted.json, named) : readAccount(sorted.json, named);
    case "absent":
      return { kind: "unknown_name" };
    case "hidden":
      return { kind: "failed", ...wordsOf(sorted.reason) };
    case "refused":
      return {
        kind: "stopped",
        message: "GitHub refuses the token: it is revoked, expired or made up",
        hint: "use one that works; without any, people and organisations can be looked up all the same",
      };
    case "suspended":
      return { kind: "stopped", message: "GitHub has suspended the token's account" };
    case "unrecognised":
      return hasToken ? { kind: "stopped", ...wordsOf("token_unrecognised") } : anonymousLimit(reply);
    case "limited":
      if (!hasToken) return anonymousLimit(reply);
      return {
        kind: "stopped",
        message: `GitHub answers no more requests for now (${sorted.reason})${untilReset(reply)}`,
        hint: "wait, and run this again",
      };
    case "unavailable":
      return { kind: "stopped", ...wordsOf(sorted.reason) };
  }
}

function anonymousLimit(reply: GitHubReply): LookedUp {
  return {
    kind: "stopped",
    message: `GitHub answers this address no more requests without a token${untilReset(reply)}`,
    hint: "set GITHUB_TOKEN: with a token there are 5,000 an hour",
  };
}

function untilReset(reply: GitHubReply): string {
  const { retryAfterMs } = responseInfoOf(reply);
  return retryAfterMs === null ? "" : `; again in ${Math.ceil(retryAfterMs / 60_000)} min`;
}

function wordsOf(reason: Reason): { readonly message: string; readonly hint?: string } {
  const { problem, hint } = reasons[reason];
  return { message: problem, ...(hint === null ? {} : { hint }) };
}

const invalidResponse: LookedUp = { kind: "failed", ...wordsOf("github_invalid_response") };

function readAccount(json: unknown, named: Exclude<Named, { kind: "team" }>): LookedUp {
  const parsed = v.safeParse(accountSchema, json);
  if (!parsed.success || parsed.output.login.toLowerCase() !== named.login) return invalidResponse;
  const { id, type } = parsed.output;
  const wanted = named.kind === "user" ? "User" : "Organization";
  if (type === wanted) return { kind: "found", id, organisationId: null };
  const message =
    type === "Organization"
      ? `is an organisation: write org:${named.login}`
      : "is no person's account: people cannot sign in with it";
  return { kind: "unsuitable", message };
}

function readTeam(json: unknown, { organisation, slug }: Named & { kind: "team" }): LookedUp {
  const parsed = v.safeParse(teamSchema, json);
  if (!parsed.success) return invalidResponse;
  const { id, slug: itsSlug, organization } = parsed.output;
  if (itsSlug.toLowerCase() !== slug || organization.login.toLowerCase() !== organisation) return invalidResponse;
  return { kind: "found", id, organisationId: organization.id };
}
