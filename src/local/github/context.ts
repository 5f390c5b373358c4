// The context of each request: the GitHub that the stand-in keeps, and who calls it.
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { auth } from "hono/utils/basic-auth";
import type { Accounts } from "./accounts.ts";
import type { ActionsKeys } from "./actions/issuer.ts";
import type { Jobs } from "./actions/jobs.ts";
import type { AppSignIn, Apps, RegisteredApp } from "./apps.ts";
import type { AuthorisationCodes } from "./authorisation-codes.ts";
import type { Authorisations } from "./authorisations.ts";
import type { Browsers } from "./browsers.ts";
import type { DeviceCodes } from "./device-codes.ts";
import type { DeliveryFault, Faults } from "./faults.ts";
import type { Grant, Grants } from "./grants.ts";
import type { Organisations } from "./organisations.ts";
import type { RateLimitBucket, RateLimits } from "./rate-limit.ts";
import type { Repositories } from "./repositories.ts";

/** What GitHub does at times or in some editions only, or what is not published. */
export interface Switches {
  /**
   * Whether a credential that GitHub does not know counts against its address, and its 401 shows that bucket: GitHub
   * did so until some time between 2024 and 2026, and an Enterprise Server may do so still. Default: false.
   */
  counted401: boolean;
  /** How a new installation token is refused until all of GitHub knows it. Default: null, it is good at once. */
  newTokenRefusal: { readonly seconds: number; readonly status: 401 | 403 } | null;
  /** Whether `GET /user/{account_id}` finds organisations, too: only users are documented. Default: true. */
  findsOrganisationsById: boolean;
  /** Whether a fine-grained token may list memberships: GitHub's documents disagree. Default: false. */
  fineGrainedListsMemberships: boolean;
  /**
   * Whether organisations have a list of invitations: an Enterprise Server and organisations of managed users have
   * none. Default: true.
   */
  listsInvitations: boolean;
  /**
   * Whether a browser with a wrong redirect URI sees a page, as many reported from 2024 to 2026, or goes back to the
   * app with an error, as is documented. Default: false.
   */
  showsMismatchPage: boolean;
}

/** All that the stand-in keeps: handlers read it, and the next request sees what a test changes in it. */
export interface GitHub extends Switches {
  /** `http://127.0.0.1:PORT`, which bodies refer to. */
  url: string;
  /** `http://127.0.0.1:PORT`, where the pages and the OAuth endpoints are. */
  webUrl: string;
  readonly now: () => Date;
  readonly accounts: Accounts;
  readonly organisations: Organisations;
  readonly repositories: Repositories;
  readonly jobs: Jobs;
  /** Of GitHub Actions, which signs the ID tokens of jobs. */
  readonly actionsKeys: ActionsKeys;
  readonly apps: Apps;
  readonly grants: Grants;
  readonly authorisations: Authorisations;
  readonly authorisationCodes: AuthorisationCodes;
  readonly deviceCodes: DeviceCodes;
  readonly browsers: Browsers;
  readonly rateLimits: RateLimits;
  readonly faults: Faults;
  /** The latest requests, 25,000 of them at least; may be cleared with `length = 0`. */
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
  /** Whether the request shows no credential at all. */
  readonly isAnonymous: boolean;
  /** Whether the request shows a credential that GitHub does not know. */
  readonly isUnknown: boolean;
  /** The app that signs in with a JWT, or what is wrong with the JWT. */
  readonly appSignIn: AppSignIn;
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
  const authorization = c.req.header("authorization");
  // GitHub takes both schemes for all kinds of tokens.
  const token = tokenPattern.exec(authorization ?? "")?.[1] ?? null;
  const issued = token === null ? null : grants.use(token);
  const grant = refusalOfNew(c, issued) === 401 ? null : issued;
  const appSignIn = apps.signIn(token, now());
  const basic = auth(c.req.raw);
  const client = basic === undefined ? null : apps.byCredentials(basic.username, basic.password);
  const app = appSignIn.kind === "app" ? appSignIn.app : client;
  const isAnonymous = authorization === undefined;
  return {
    token,
    grant,
    isAnonymous,
    isUnknown: !isAnonymous && grant === null && app === null,
    appSignIn,
    client,
    bucket: rateLimits.bucketOf(grant?.buckets ?? null, app, isGraphql ? "graphql" : "core"),
  };
}

/** @returns the status with which GitHub refuses an installation's token because it is new, or null */
export function refusalOfNew(c: StandInContext, grant: Grant | null): 401 | 403 | null {
  const { newTokenRefusal, now } = c.get("github");
  if (newTokenRefusal === null || !grant?.installation) return null;
  const ageMs = now().getTime() - grant.installation.issuedAt.getTime();
  return ageMs < newTokenRefusal.seconds * 1000 ? newTokenRefusal.status : null;
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
