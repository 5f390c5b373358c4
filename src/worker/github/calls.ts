// Calls to GitHub by the table of endpoints: sent, sorted, checked for their shape, and noted in the trace of the
// review.
import * as v from "valibot";
import type { ApiAddress } from "./api-address.ts";
import type { GitHubClient, GitHubReply, ValidatorStore } from "./client.ts";
import type { Endpoint } from "./endpoints.ts";
import type { Unavailable } from "./facts.ts";
import { type GitHubResponse, invalidResponse, readReply, sortResponse } from "./outcomes.ts";
import type { Trace, TracedCall } from "./trace.ts";

export interface Ok<Body> {
  readonly kind: "ok";
  /** The address that was called. */
  readonly url: string;
  readonly body: Body;
  readonly headers: Headers;
  /** Whether it is the last response once more, whose headers are as old as that. */
  readonly notModified: boolean;
}

/** What every outcome of a row looks like. */
export interface CallFailure {
  readonly kind: string;
  readonly reason?: string;
}

export type CallResult<Body, Failure> = Ok<Body> | Failure | Unavailable;

/** A call's credential and, for a POST, its JSON. */
export interface CallOptions {
  /** The whole value of the Authorization header; null for what GitHub tells every caller. */
  readonly authorization: string | null;
  readonly body?: unknown;
  /** See GitHubRequest. */
  readonly maxHeaderAgeMs?: number;
  /** See GitHubRequest. */
  readonly timeoutMs?: number;
  /** See GitHubRequest. */
  readonly validators?: ValidatorStore;
  /** Takes the response, whatever it comes to. */
  readonly onResponse?: (response: GitHubResponse) => void;
}

/** All calls of one review share their client, their deadline and their trace. */
export interface GitHubCalls {
  call<Params, Body, Failure extends CallFailure>(
    endpoint: Endpoint<Params, Body, Failure>,
    params: Params,
    options: CallOptions,
  ): Promise<CallResult<Body, Failure>>;
  /** Calls an endpoint at another address than its own: a further page of its list. */
  callUrl<Body, Failure extends CallFailure>(
    endpoint: Endpoint<never, Body, Failure>,
    url: string,
    options: CallOptions,
  ): Promise<CallResult<Body, Failure>>;
  /** @returns the address that `call` calls */
  urlOf<Params>(endpoint: Endpoint<Params, unknown, unknown>, params: Params): string;
  /** Whether the time of all calls together is over. */
  isOver(): boolean;
}

export interface GitHubCallsOptions {
  readonly client: GitHubClient;
  readonly api: ApiAddress;
  /** Milliseconds. */
  readonly now: () => number;
  /** Takes every call. */
  readonly trace: Trace;
  /** Ends all calls. */
  readonly deadline: AbortSignal;
}

export function createCalls({ client, api, now, trace, deadline }: GitHubCallsOptions): GitHubCalls {
  const { restUrl, graphqlUrl } = api;

  async function callUrl<Body, Failure extends CallFailure>(
    endpoint: Endpoint<never, Body, Failure>,
    url: string,
    options: CallOptions,
  ): Promise<CallResult<Body, Failure>> {
    const { onResponse, ...request } = options;
    const { name, method, isConditional } = endpoint;
    const ended = trace.begin();
    const startedAt = now();
    const reply = await client.send({ ...request, method, url, isConditional }, deadline);
    const response = readReply(reply);
    onResponse?.(response);
    const notModified = reply.kind === "answered" && reply.notModified === true;
    const result = resultOf(endpoint, url, response, notModified);
    const isOutdated = notModified && !isOk(result) && options.maxHeaderAgeMs !== 0;
    if (reply.kind === "answered" && response.kind === "answered" && isOk(result)) {
      reply.keep?.(response.json, result.body);
    }
    ended({
      endpoint: name,
      method,
      url,
      ...responseInfoOf(reply),
      headers: reply.headers,
      message: response.kind === "answered" ? response.message : "",
      durationMs: now() - startedAt,
      outcome: isOk(result) ? ok : result,
    });
    // What an earlier release kept may not have the shape of this one.
    return isOutdated ? callUrl(endpoint, url, { ...options, maxHeaderAgeMs: 0 }) : result;
  }

  const urlOf: GitHubCalls["urlOf"] = ({ path }, params) => (path === null ? graphqlUrl : restUrl + path(params));

  return {
    callUrl,
    call: (endpoint, params, options) => callUrl(endpoint, urlOf(endpoint, params), options),
    urlOf,
    isOver: () => deadline.aborted,
  };
}

function resultOf<Body, Failure extends CallFailure>(
  { rows, success, schema }: Endpoint<never, Body, Failure>,
  url: string,
  response: GitHubResponse,
  notModified: boolean,
): CallResult<Body, Failure> {
  const sorted = sortResponse(response, rows, success);
  // A value of this call alone, so that the trace finds the call by it.
  if (!sorted.isSuccess) return { ...sorted.outcome };
  const parsed = v.safeParse(schema, sorted.json);
  if (!parsed.success) return { ...invalidResponse };
  return { kind: "ok", url, body: parsed.output, headers: sorted.headers, notModified };
}

/** What a response holds has no place in a trace. */
const ok: CallFailure = { kind: "ok" };

export function isOk<Body, Failure extends CallFailure>(result: Ok<Body> | Failure): result is Ok<Body> {
  return result.kind === "ok";
}

function responseInfoOf(reply: GitHubReply): Pick<TracedCall, "status" | "requestId" | "retryAfterMs"> {
  const id = reply.headers?.get("x-github-request-id") ?? "";
  return {
    status: reply.kind === "answered" && reply.notModified ? 304 : reply.status,
    // It goes into the log, so it has to look like one: with a separator, which no legacy token has.
    requestId: /^(?=.*[:-])[A-Za-z0-9:-]{1,100}$/.test(id) ? id : null,
    retryAfterMs: retryAfterOf(reply.headers),
  };
}

/** Retry-After in seconds, or else when the spent quota is filled up again, by GitHub's own clock. */
function retryAfterOf(headers: Headers | null): number | null {
  const seconds = headers?.get("retry-after") ?? "";
  if (/^\d{1,6}$/.test(seconds)) return Number(seconds) * 1000;
  if (headers?.get("x-ratelimit-remaining") !== "0") return null;
  const waitMs = Number(headers.get("x-ratelimit-reset") ?? Number.NaN) * 1000 - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(waitMs) ? null : Math.max(waitMs, 0);
}
