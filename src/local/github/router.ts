// The way of each request through the stand-in: what GitHub checks, in its order, and the routes.
import { Hono } from "hono";
import { type GitHub, identifyCaller, refusalOfNew, type StandInContext, type StandInEnv } from "./context.ts";
import { deliver } from "./delivery.ts";
import { faultResponse } from "./fault-responses.ts";
import {
  addressLimit,
  graphqlError,
  makeRequestId,
  notAccessible,
  notFound,
  pageResponse,
  primaryLimit,
  refuse,
  refuseCredential,
  refuseVersion,
} from "./responses.ts";
import { appRoutes } from "./routes/app.ts";
import { appTokenRoutes } from "./routes/app-tokens.ts";
import { graphqlPath, graphqlRoutes } from "./routes/graphql.ts";
import { memberRoutes } from "./routes/members.ts";
import { membershipRoutes } from "./routes/memberships.ts";
import { publicProfileRoutes } from "./routes/public-profiles.ts";
import { rateLimitPath, rateLimitRoutes } from "./routes/rate-limit.ts";
import { teamRoutes } from "./routes/teams.ts";
import { userRoutes } from "./routes/user.ts";

/** @returns the application that answers as this GitHub */
export function createRouter(github: GitHub): Hono<StandInEnv> {
  const router = new Hono<StandInEnv>();
  router.use(async (c, next) => {
    c.set("github", github);
    c.set("requestId", makeRequestId(github.now()));
    c.set("caller", identifyCaller(c, c.req.path === graphqlPath));
    await next();
  });
  router.use(deliver);
  router.use(async (c, next) => {
    for (const check of checks) {
      const response = check(c);
      if (response !== null) return response;
    }
    return next();
  });
  // Apps sign in to these as themselves, so GitHub looks at no other token here.
  router.route("/", appRoutes);
  router.route("/", appTokenRoutes);
  router.use(async (c, next) => refusalOfToken(c) ?? next());
  router.route("/", rateLimitRoutes);
  router.route("/", userRoutes);
  router.route("/", membershipRoutes);
  router.route("/", memberRoutes);
  router.route("/", teamRoutes);
  router.route("/", publicProfileRoutes);
  router.route("/", graphqlRoutes);
  // GitHub has no 405: a method that a path does not have is not found, and neither is a path with a slash at its end.
  router.notFound(notFound);
  return router;
}

/** What GitHub checks of each request, in this order. */
const checks: readonly ((c: StandInContext) => Response | null)[] = [
  // A request that GitHub refuses before it looks at the token or the path.
  (c) => {
    if (c.req.header("user-agent")) return null;
    const text =
      "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header " +
      "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).\r\n";
    return pageResponse(c, 403, text, "html");
  },
  // A fault that a test set.
  (c) => {
    const fault = c.get("github").faults.for(c.get("caller").token, [c.req.path, c.env.incoming.url ?? ""]);
    return fault === null ? null : faultResponse(c, fault);
  },
  // The used-up bucket of an address: a server before the API refuses what shows no credential.
  (c) => {
    const { isAnonymous, isUnknown } = c.get("caller");
    const { counted401, rateLimits } = c.get("github");
    if (isFree(c) || !(isAnonymous || (isUnknown && counted401))) return null;
    return rateLimits.ofAddress.isExhausted() ? addressLimit(c, 403) : null;
  },
  // GitHub looks at the credential first: the routes refuse one that it does not know.
  (c) => (c.get("caller").isUnknown || isFree(c) ? null : refuseVersion(c)),
  // A used-up bucket. GraphQL tells a token that it knows of that with status 200.
  (c) => {
    const { bucket, grant, isUnknown } = c.get("caller");
    if (isUnknown || isFree(c) || !bucket.isExhausted()) return null;
    if (c.req.path === graphqlPath && grant !== null) return graphqlError(c, "RATE_LIMITED");
    return primaryLimit(c, 403, bucket.headers());
  },
  (c) => (refusalOfNew(c, c.get("caller").grant) === 403 ? notAccessible(c) : null),
  (c) => {
    const suspendedAt = c.get("caller").grant?.installation?.installation.suspendedAt ?? null;
    return suspendedAt === null ? null : refuse(c, 403, "This installation has been suspended");
  },
];

/** @returns the refusal of a token that GitHub does not know */
function refusalOfToken(c: StandInContext): Response | null {
  const { token, grant, isUnknown } = c.get("caller");
  return isUnknown || (token !== null && grant === null) ? refuseCredential(c) : null;
}

/** A server of its own tells an address what is left of its bucket, whatever version the request asks for. */
function isFree(c: StandInContext): boolean {
  return c.req.path === rateLimitPath && c.get("caller").isAnonymous;
}
