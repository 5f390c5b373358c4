// Conditional requests: a request with the ETag of the last response costs nothing of the user's quota if GitHub
// answers 304. The caller gets the last response again then, as if GitHub had sent it once more.
//
// A 304 vouches for the body alone. GitHub's ETag is made of the body and the request, and a 304 has none of the
// headers that tell facts: no scopes, no single sign-on, no next page. So no response is kept that had the last two,
// and a request that needs the scopes says how old they may be.
import * as v from "valibot";
import type { GitHubClient, GitHubReply, GitHubRequest, Validator, ValidatorStore } from "./client.ts";

const validatorSchema = v.object({
  etag: v.string(),
  readAt: v.number(),
  headers: v.record(v.string(), v.string()),
  json: v.unknown(),
});

/** By address: what is needed to ask conditionally. */
export const validatorsSchema = v.record(v.string(), validatorSchema);
export type Validators = Readonly<v.InferOutput<typeof validatorsSchema>>;

/** The client and the end of a token never change. Its scopes do: they are kept with their time. */
const keptHeaders = ["github-authentication-token-expiration", "x-oauth-client-id", "x-oauth-scopes"];

export interface ConditionalClient extends GitHubClient {
  /** @returns the validators of all responses so far, for the next time */
  validators(): Validators;
}

/**
 * @param known the validators of an earlier time, of the same token: GitHub's ETags depend on it
 * @param now milliseconds
 */
export function createConditionalClient(client: GitHubClient, known: Validators, now: () => number): ConditionalClient {
  const collected = new Map<string, Validator>();

  const own: ValidatorStore = {
    get: (url) => (Object.hasOwn(known, url) ? known[url] : undefined),
    set: (url, validator) => collected.set(url, validator),
  };

  function validatorOf({ url, maxHeaderAgeMs, validators = own }: GitHubRequest): Validator | undefined {
    const validator = validators.get(url);
    if (validator === undefined || maxHeaderAgeMs === undefined) return validator;
    const ageMs = now() - validator.readAt;
    // A time in the future comes from another machine's wrong clock.
    return ageMs >= 0 && ageMs < maxHeaderAgeMs ? validator : undefined;
  }

  async function send(request: GitHubRequest, deadline?: AbortSignal): Promise<GitHubReply> {
    const { url, isConditional = false, validators = own } = request;
    if (!isConditional) return client.send(request, deadline);
    const validator = validatorOf(request);
    const reply = await client.send(
      validator === undefined ? request : { ...request, ifNoneMatch: validator.etag },
      deadline,
    );
    if (reply.kind !== "answered") return reply;
    const { status, headers } = reply;
    if (status === 304 && validator !== undefined) {
      // A header that a 304 does carry counts.
      const current = currentValidator(validator, headers, now());
      if (!tellsByHeaders(headers)) validators.set(url, current);
      return {
        ...reply,
        status: 200,
        notModified: true,
        headers: new Headers({ ...current.headers, ...Object.fromEntries(headers) }),
        keptJson: validator.json,
      };
    }
    const etag = headers.get("etag");
    if (status !== 200 || etag === null || etag.length > 200 || tellsByHeaders(headers)) return reply;
    const readAt = now();
    return {
      ...reply,
      keep: (json, body) => {
        if (!isFullPage(url, json)) validators.set(url, { etag, readAt, headers: keptOf(headers), json: body });
      },
    };
  }

  return { send, validators: () => Object.fromEntries(collected) };
}

/** Whether a response says something that the 304 of a later time would not repeat. */
function tellsByHeaders(headers: Headers): boolean {
  return headers.has("link") || headers.has("x-github-sso");
}

/** A page that is full may have a next one at any time, without a change of its own. */
function isFullPage(url: string, json: unknown): boolean {
  if (!Array.isArray(json)) return false;
  const pageSize = Number(new URL(url).searchParams.get("per_page") ?? defaultPageSize);
  return !(json.length < pageSize);
}

/** GitHub's own, where an address names none. */
const defaultPageSize = 30;

function currentValidator(validator: Validator, headers: Headers, now: number): Validator {
  if (!headers.has("x-oauth-scopes")) return validator;
  return { ...validator, readAt: now, headers: { ...validator.headers, ...keptOf(headers) } };
}

function keptOf(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = headers.get(name);
    if (value !== null) kept[name] = value;
  }
  return kept;
}
