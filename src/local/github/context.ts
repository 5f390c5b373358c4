// The context of each request: the GitHub that the stand-in keeps, and who calls it.
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { auth } from "hono/utils/basic-auth";
import type { Accounts } from "./accounts.ts";
import type { AppSignIn, Apps, RegisteredApp } from "./apps.ts";
import type { DeliveryFault, Faults } from "./faults.ts";
import type { Grant, Grants } from "./grants.ts";
import type { Organisations } from "./organisations.ts";
import type { RateLimitBucket, RateLimits } from "./rate-limit.ts";

/** All that the stand-in keeps: handlers read it, and the next request sees what a test changes in it. */
export interface GitHub {
  /** `http://127.0.0.1:PORT`, which bodies refer to. */
  url: string;
  readonly now: () => Date;
  readonly accounts: Accounts;
  readonly organisations: Organisations;
  readonly apps: Apps;
  readonly grants: Grants;
  readonly rateLimits: RateLimits;
  readonly faults: Faults;
  /** Every request so far; may be cleared with `length = 0`. */
  readonly requests: RecordedRequest[];
  /** Added before the head of each response. */
  latencyMs: number;
  /** Added to all responses, such as `Deprecation` and `Sunset`. */
  extraHeaders: Readonly<Record<string, string>>;
  /** Aborted when the stand-in closes: it ends all waiting. */
  readonly shutdown: AbortSignal;
}

export interface RecordedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Null as long as no head was sent: for ever, if the request hangs or is reset. */
  readonly status: number | null;
  readonly token: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Caller {
  readonly token: string | null;
  /** Null without a token and for one that GitHub does not know. */
  readonly grant: Grant | null;
  /** The app that signs in with a JWT, or what is wrong with the JWT. */
  readonly appSignIn: AppSignIn;
  /** Whether the request shows a client id and secret, right or wrong. */
  readonly isBasic: boolean;
  /** The app whose client id and secret the request shows. */
  readonly client: RegisteredApp | null;
  /** What the request counts against. */
  readonly bucket: RateLimitBucket;
}

export interface StandInEnv {
  Bindings: HttpBindings;
  Variables: {
    github: GitHub;
    caller: Caller;
    requestId: string;
    deliveryFault: DeliveryFault | undefined;
  };
}

export type StandInContext = Context<StandInEnv>;

const tokenPattern = /^(?:bearer|token) +(\S.*)$/i;

/**
 * Finds out whose credentials a request shows. Wrong ones are no error yet: each route has its own refusal.
 *
 * @param isGraphql whether the request counts against GraphQL's buckets
 */
export function identifyCaller(c: StandInContext, isGraphql: boolean): Caller {
  const { grants, apps, rateLimits, now } = c.get("github");
  // GitHub takes both schemes for all kinds of tokens.
  const token = tokenPattern.exec(c.req.header("authorization") ?? "")?.[1] ?? null;
  const grant = token === null ? null : grants.of(token);
  const appSignIn = apps.signIn(token, now());
  const basic = auth(c.req.raw);
  const client = basic === undefined ? null : apps.byCredentials(basic.username, basic.password);
  const app = appSignIn.kind === "app" ? appSignIn.app : client;
  return {
    token,
    grant,
    appSignIn,
    client,
    isBasic: basic !== undefined,
    bucket: rateLimits.bucketOf(grant?.buckets ?? null, app, isGraphql ? "graphql" : "core"),
  };
}

/** @returns the request's body as JSON; `whenEmpty` if there is none, undefined if it is no JSON or broke off */
export async function readJson(c: StandInContext, whenEmpty?: unknown): Promise<unknown> {
  try {
    const text = await c.req.text();
    return text === "" ? whenEmpty : JSON.parse(text);
  } catch {
    return undefined;
  }
}
