// The whole Worker with a sign-in hostname, by its fetch: a clock of the test's own, a GitHub that answers as told, and
// sealed values as the browser's way gives them out.
import { createHash, randomBytes } from "node:crypto";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import * as v from "valibot";
import { expect, onTestFinished } from "vitest";
import { makeToken } from "../../../../../src/local/github/token.ts";
import { createApp } from "../../../../../src/worker/app.ts";
import { readConfig } from "../../../../../src/worker/config/config.ts";
import type { SealedValues } from "../../../../../src/worker/sign-in/sealed-values.ts";
import { createSignInSealer } from "../../../../../src/worker/sign-in/sealer.ts";
import type { ResponseCache } from "../../../../../src/worker/sign-in/used-codes.ts";
import { githubClientId, makeSecret, signInEnvironment } from "../../config/sign-in-environment.ts";
import { clusterTable, errorAnswer, startOfTests } from "../../support.ts";

export const issuerUrl = "https://login.acme.test";
export const argocdSecret = makeSecret();
export const argocdUri = "https://argocd.acme.test/auth/callback";
export const loopbackUri = "http://localhost:8000";
export const startSeconds = startOfTests / 1000;
export const eightHours = 8 * 3600;

/** Clusters "production" and "staging", and the confidential client "argocd"; octocat is admitted everywhere. */
export function signInDeployment(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const within = { limit: async () => ({ success: true }) };
  return signInEnvironment({
    CLUSTER_PRODUCTION: clusterTable({ sign_in: true, device_flow: true, exchange: true }),
    CLUSTER_STAGING: clusterTable({ sign_in: true, client_certificates: undefined }),
    CLIENT_ARGOCD: clusterTable({ client_certificates: undefined, redirect_uris: [argocdUri] }),
    OIDC_CLIENT_SECRETS: JSON.stringify({ argocd: argocdSecret }),
    AUTHORIZE_LIMIT: within,
    DEVICE_LIMIT: within,
    TOKEN_FAILURE_LIMIT: within,
    ...changes,
  });
}

interface GitHubAccount {
  readonly login: string;
  readonly id: number;
  readonly type: string;
}

const octocat: GitHubAccount = { login: "octocat", id: 583231, type: "User" };
const requestId = { "x-github-request-id": "8A2C:1F2E:9B3D" };

/** GitHub as far as a sign-in needs it. A test changes what it says. */
export class FakeGitHub {
  readonly calls: string[] = [];
  readonly owners = new Map<string, GitHubAccount>();
  isDown = false;
  /** The REST API alone. */
  isApiDown = false;
  /** What GitHub's token endpoint says to a poll or a code: errors come with 200. */
  tokenAnswer: unknown = { error: "authorization_pending" };
  deviceAnswer: unknown = {
    device_code: randomBytes(20).toString("hex"),
    user_code: "WDJB-MJHT",
    verification_uri: "https://github.com/login/device",
    expires_in: 900,
    interval: 5,
  };

  addToken(kind: "app" | "classic" = "app", account: GitHubAccount = octocat): string {
    const token = makeToken(kind);
    this.owners.set(token, account);
    return token;
  }

  fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    this.calls.push(`${request.method} ${pathname}`);
    if (this.isDown || (this.isApiDown && !pathname.startsWith("/login/")))
      return new Response("<html>", { status: 502 });
    const body = request.method === "GET" ? "" : await request.text();
    switch (`${request.method} ${pathname}`) {
      case "POST /login/oauth/access_token":
        return Response.json(this.tokenAnswer);
      case "POST /login/device/code":
        return Response.json(this.deviceAnswer);
      case `POST /applications/${githubClientId}/token`: {
        const owner = this.owners.get(tokenIn(body));
        if (owner === undefined || !tokenIn(body).startsWith("ghu_")) return errorAnswer(404, "Not Found", requestId);
        return Response.json(
          { app: { client_id: githubClientId }, scopes: null, expires_at: null, user: owner },
          { headers: requestId },
        );
      }
      case `DELETE /applications/${githubClientId}/token`:
        return new Response(null, { status: this.owners.delete(tokenIn(body)) ? 204 : 404 });
      case "GET /user": {
        const owner = this.owners.get((request.headers.get("authorization") ?? "").slice("Bearer ".length));
        if (owner === undefined) return errorAnswer(401, "Bad credentials", requestId);
        return Response.json({ ...owner, node_id: "MDQ6VXNlcjE=" }, { headers: requestId });
      }
      default:
        throw new Error(`no call to ${request.method} ${pathname} was expected`);
    }
  };
}

function tokenIn(body: string): string {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ access_token: v.string() })), body);
  return parsed.success ? parsed.output.access_token : "";
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export const verifier = "a".repeat(43);
export const challenge = createHash("sha256").update(verifier).digest("base64url");

export type SignInApp = ReturnType<typeof startSignIn>;

export function startSignIn(
  changes: Record<string, unknown> = {},
  github = new FakeGitHub(),
  cache: ResponseCache | null = null,
) {
  const env = signInDeployment(changes);
  const clock = { nowMs: startOfTests };
  const lines: string[] = [];
  const errors: string[] = [];
  const background: Promise<void>[] = [];
  const app = createApp({
    fetch: github.fetch,
    now: () => clock.nowMs,
    waitUntil: (work) => background.push(work),
    writeLine: (line) => lines.push(line),
    writeError: (text) => errors.push(text),
    ...(cache === null ? {} : { cache }),
  });
  onTestFinished(async () => void (await Promise.all(background)));
  const { signIn } = readConfig(env);
  if (signIn?.ok !== true) throw new Error(JSON.stringify(signIn));
  const sealer = createSignInSealer(signIn.value, () => clock.nowMs);

  const send = (path: string, init: RequestInit = {}, origin = issuerUrl) =>
    app.fetch(new Request(`${origin}${path}`, init), env);

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await send(path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: v.parse(recordSchema, JSON.parse(text)) };
  }

  /** Posts a form; what is undefined is left out. */
  function post(
    path: string,
    form: Readonly<Record<string, string | undefined>>,
    headers: Record<string, string> = {},
  ) {
    const there = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const body = new URLSearchParams(there).toString();
    return ask(path, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  }

  const codeOf = (changed: Partial<SealedValues["code"]> = {}, client = "production", endsIn = 60) =>
    sealer.seal(
      "code",
      client,
      {
        id: randomBytes(16).toString("base64url"),
        redirectUri: loopbackUri,
        challenge,
        nonce: "n-0S6_WzA2Mj",
        needsSecret: false,
        isShared: false,
        token: github.addToken(),
        tokenEndsAt: startSeconds + eightHours,
        ...changed,
      },
      startSeconds + endsIn,
    );

  const refreshTokenOf = (changed: Partial<SealedValues["refresh_token"]> = {}, client = "production") => {
    const token = changed.token ?? github.addToken();
    const session = { token, tokenEndsAt: startSeconds + eightHours, needsSecret: false, isShared: false, ...changed };
    return sealer.seal("refresh_token", client, session, session.tokenEndsAt);
  };

  const redeem = (code: string, form: Readonly<Record<string, string | undefined>> = {}, headers = {}) =>
    post(
      "/token",
      {
        grant_type: "authorization_code",
        client_id: "production",
        code,
        redirect_uri: loopbackUri,
        code_verifier: verifier,
        ...form,
      },
      headers,
    );

  const refresh = (refreshToken: string, form: Readonly<Record<string, string | undefined>> = {}, headers = {}) =>
    post(
      "/token",
      { grant_type: "refresh_token", client_id: "production", refresh_token: refreshToken, ...form },
      headers,
    );

  const exchange = (token: string, form: Readonly<Record<string, string | undefined>> = {}, headers = {}) =>
    post(
      "/token",
      {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: token,
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        audience: "production",
        ...form,
      },
      headers,
    );

  /** Verifies an ID token with the published keys, as kube-apiserver does. */
  async function claimsOf(idToken: unknown, audience = "production") {
    const keys = await (await send("/.well-known/jwks.json")).json();
    // Its own tests hold the key set to its form.
    const keySet = createLocalJWKSet(keys as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(String(idToken), keySet, {
      issuer: issuerUrl,
      audience,
      currentDate: new Date(clock.nowMs),
    });
    return { payload, protectedHeader };
  }

  const settled = () => Promise.all(background);
  const decisions = () => lines.map((line) => v.parse(recordSchema, JSON.parse(line)));
  return {
    ...{ env, github, clock, lines, errors, sealer, settled, decisions },
    ...{ send, ask, post, codeOf, refreshTokenOf, redeem, refresh, exchange, claimsOf },
  };
}

const recordSchema = v.record(v.string(), v.unknown());

/** An error as the table of errors has it, with a description that OAuth allows, and never kept. */
export function expectError({ status, headers, body }: Answer, error: string, expectedStatus = 400): void {
  expect({ status, error: body.error }).toEqual({ status: expectedStatus, error });
  expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,300}$/);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(Object.keys(body).sort()).toEqual(["error", "error_description"]);
}

export function basic(name: string, secret: string): Record<string, string> {
  const encode = (text: string) => encodeURIComponent(text).replaceAll("%20", "+");
  return { authorization: `Basic ${Buffer.from(`${encode(name)}:${encode(secret)}`).toString("base64")}` };
}
