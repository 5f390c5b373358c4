// What the tests of the stand-in share: a stand-in that ends with the test, and requests to it.
import { type IncomingMessage, request as rawRequest } from "node:http";
import * as v from "valibot";
import { onTestFinished } from "vitest";
import { type GitHubStandIn, type StandInOptions, startGitHubStandIn } from "../../../../src/local/github/server.ts";

/** Starts a stand-in for this test alone. */
export async function start(options?: StandInOptions): Promise<GitHubStandIn> {
  const standIn = await startGitHubStandIn(options);
  onTestFinished(() => standIn.close());
  return standIn;
}

/** GET /user with this token, as a client of GitHub sends it. */
export function getUser(
  standIn: GitHubStandIn,
  token: string | null,
  init: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Response> {
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return fetch(`${standIn.url}/user`, {
    redirect: "manual",
    ...init,
    headers: { "user-agent": "octogate", accept: "application/vnd.github+json", ...authorization, ...init.headers },
  });
}

/** GET of any path, as a client of GitHub sends it. */
export function get(standIn: GitHubStandIn, path: string, token: string | null): Promise<Response> {
  return fetch(standIn.url + path, {
    redirect: "manual",
    headers: clientHeaders(token === null ? null : `Bearer ${token}`),
  });
}

/** POST of any path; `authorization` is the whole header. */
export function post(
  standIn: GitHubStandIn,
  path: string,
  authorization: string | null,
  body?: unknown,
): Promise<Response> {
  return fetch(standIn.url + path, {
    method: "POST",
    redirect: "manual",
    headers: clientHeaders(authorization),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function clientHeaders(authorization: string | null): Record<string, string> {
  const common = { "user-agent": "octogate", accept: "application/vnd.github+json" };
  return authorization === null ? common : { ...common, authorization };
}

/** The body of an answer that is a JSON object. */
export async function objectIn(response: Response): Promise<Record<string, unknown>> {
  return v.parse(v.record(v.string(), v.unknown()), await response.json());
}

/** The body of an answer that is a JSON list of objects. */
export async function listIn(response: Response): Promise<Record<string, unknown>[]> {
  return v.parse(v.array(v.record(v.string(), v.unknown())), await response.json());
}

/** The message of an error of GitHub's. */
export async function messageIn(response: Response): Promise<string> {
  return v.parse(v.object({ message: v.string() }), await response.json()).message;
}

/** Sends exactly these headers: fetch would add a User-Agent. */
export function getWithHeaders(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    rawRequest(url, { headers, agent: false }, resolve).on("error", reject).end();
  });
}

/** A clock that stands still until it is moved. */
export function handClock(start = "2026-11-20T10:00:00Z") {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    advanceSeconds: (seconds: number) => {
      time += seconds * 1000;
    },
  };
}
