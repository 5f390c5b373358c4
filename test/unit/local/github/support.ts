// Shared by the tests of the stand-in: a stand-in that ends with the test, requests to it, and JWTs.
import { sign } from "node:crypto";
import * as v from "valibot";
import { onTestFinished } from "vitest";
import type { StandInApp } from "../../../../src/local/github/apps.ts";
import type { TokenOptions } from "../../../../src/local/github/grants.ts";
import { type GitHubStandIn, type StandInOptions, startGitHubStandIn } from "../../../../src/local/github/server.ts";

/** Starts a stand-in for this test alone. */
export async function start(options?: StandInOptions): Promise<GitHubStandIn> {
  const standIn = await startGitHubStandIn(options);
  onTestFinished(() => standIn.close());
  return standIn;
}

/** Starts a stand-in with one account and one token of it. */
export async function startWithToken(tokenOptions: TokenOptions = { kind: "classic" }, options?: StandInOptions) {
  const standIn = await start(options);
  const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
  const token = standIn.issueToken(account, tokenOptions);
  return { standIn, account, token, askUser: (init?: ClientInit) => get(standIn, "/user", token, init) };
}

export interface ClientInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** GET of any path, as a client of GitHub sends it. */
export function get(
  standIn: GitHubStandIn,
  path: string,
  token: string | null,
  { headers = {}, ...init }: ClientInit = {},
): Promise<Response> {
  const authorization = token === null ? null : `Bearer ${token}`;
  return fetch(standIn.url + path, {
    redirect: "manual",
    ...init,
    headers: { ...clientHeaders(authorization), ...headers },
  });
}

/** GET /user with this token, as a client of GitHub sends it. */
export function getUser(standIn: GitHubStandIn, token: string | null, init?: ClientInit): Promise<Response> {
  return get(standIn, "/user", token, init);
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

/** The body of a response that is a JSON object. */
export async function objectIn(response: Response): Promise<Record<string, unknown>> {
  return v.parse(v.record(v.string(), v.unknown()), await response.json());
}

/** The body of a response that is a JSON list of objects. */
export async function listIn(response: Response): Promise<Record<string, unknown>[]> {
  return v.parse(v.array(v.record(v.string(), v.unknown())), await response.json());
}

/** The message of an error in GitHub's form. */
export async function messageIn(response: Response): Promise<string> {
  return v.parse(v.object({ message: v.string() }), await response.json()).message;
}

/** The bucket that a response shows: its limit, what remains, and what is used. */
export function bucketIn({ headers }: Response): (string | null)[] {
  return ["limit", "remaining", "used"].map((name) => headers.get(`x-ratelimit-${name}`));
}

/** @returns a JWT of this app, good for eight minutes, but for what `claims` say otherwise */
export function appJwt(app: StandInApp, claims: Readonly<Record<string, unknown>> = {}, alg = "RS256"): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const payload = { iss: app.clientId, iat: nowSeconds - 60, exp: nowSeconds + 480, ...claims };
  const signed = `${part({ alg, typ: "JWT" })}.${part(payload)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), app.privateKeyPem).toString("base64url")}`;
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
