// Conditional requests: a request with the ETag of the last response costs nothing of the user's quota if GitHub
// answers 304. The caller gets the last response again then, as if GitHub had sent it once more.
import * as v from "valibot";
import type { GitHubClient, GitHubReply, GitHubRequest } from "./client.ts";

const validatorSchema = v.object({
  etag: v.string(),
  /** The headers that mean something, see below. */
  headers: v.record(v.string(), v.string()),
  /** The response's JSON, without the members that are not read. */
  json: v.unknown(),
});

/** By address: what is needed to ask conditionally. */
export const validatorsSchema = v.record(v.string(), validatorSchema);
export type Validators = Readonly<v.InferOutput<typeof validatorsSchema>>;

const keptHeaders = [
  "github-authentication-token-expiration",
  "link",
  "x-github-sso",
  "x-oauth-client-id",
  "x-oauth-scopes",
];

export interface ConditionalClient extends GitHubClient {
  /** @returns the validators of all responses so far, for the next time */
  validators(): Validators;
}

/** @param known the validators of an earlier time, of the same token: GitHub's ETags depend on it */
export function createConditionalClient(client: GitHubClient, known: Validators): ConditionalClient {
  const collected = new Map<string, v.InferOutput<typeof validatorSchema>>();

  async function send(request: GitHubRequest, deadline?: AbortSignal): Promise<GitHubReply> {
    const { url, keep } = request;
    if (keep === undefined) return client.send(request, deadline);
    const validator = Object.hasOwn(known, url) ? known[url] : undefined;
    const reply = await client.send(
      validator === undefined ? request : { ...request, ifNoneMatch: validator.etag },
      deadline,
    );
    if (reply.kind !== "answered") return reply;
    if (reply.status === 304 && validator !== undefined) {
      collected.set(url, validator);
      return {
        ...reply,
        status: 200,
        notModified: true,
        headers: new Headers({ ...validator.headers, ...Object.fromEntries(reply.headers) }),
        text: JSON.stringify(validator.json),
      };
    }
    const etag = reply.headers.get("etag");
    if (reply.status === 200 && etag !== null && etag.length <= 200) {
      const json = keep(reply.text);
      if (json !== undefined) collected.set(url, { etag, headers: headersOf(reply.headers), json });
    }
    return reply;
  }

  return { send, validators: () => Object.fromEntries(collected) };
}

function headersOf(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = headers.get(name);
    if (value !== null) kept[name] = value;
  }
  return kept;
}

/** @returns a `keep` for responses of one shape */
export function keepAs(schema: v.GenericSchema): (text: string) => unknown {
  return (text) => {
    try {
      const parsed = v.safeParse(schema, JSON.parse(text));
      return parsed.success ? parsed.output : undefined;
    } catch {
      return undefined;
    }
  };
}
