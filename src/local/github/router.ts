// The way of each request through the stand-in: what GitHub checks, in its order, and the routes.
import { Hono } from "hono";
import { type GitHub, identifyCaller, type StandInContext, type StandInEnv } from "./context.ts";
import { deliver } from "./delivery.ts";
import { faultResponse } from "./fault-responses.ts";
import {
  apiVersionOf,
  errorResponse,
  graphqlError,
  makeRequestId,
  notFound,
  pageResponse,
  primaryLimit,
  refuse,
} from "./responses.ts";
import { appRoutes } from "./routes/app.ts";
import { checkTokenRoutes } from "./routes/check-token.ts";
import { graphqlPath, graphqlRoutes } from "./routes/graphql.ts";
import { membershipRoutes } from "./routes/memberships.ts";
import { publicProfileRoutes } from "./routes/public-profiles.ts";
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
  router.route("/", checkTokenRoutes);
  router.use(async (c, next) => refusalOfToken(c) ?? next());
  router.route("/", userRoutes);
  router.route("/", membershipRoutes);
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
    if (!c.req.header("user-agent")) {
      const text =
        "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header " +
        "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).\r\n";
      return pageResponse(c, 403, text, "html");
    }
    const { asked, selected } = apiVersionOf(c);
    if (asked === selected) return null;
    const documentationPath = "/about-the-rest-api/api-versions";
    const message = `API version ${JSON.stringify(asked)} is not supported.`;
    return errorResponse(c, 400, message, { headers: {}, documentationPath });
  },
  // A fault that a test set.
  (c) => {
    const fault = c.get("github").faults.for(c.get("caller").token, [c.req.path, c.env.incoming.url ?? ""]);
    return fault === null ? null : faultResponse(c, fault);
  },
  // A used-up bucket. GraphQL tells a token that it knows of that with status 200.
  (c) => {
    const { bucket, grant } = c.get("caller");
    if (!bucket.isExhausted()) return null;
    if (c.req.path === graphqlPath && grant !== null) return graphqlError(c, "RATE_LIMITED");
    return primaryLimit(c, 403, bucket.headers());
  },
  (c) => {
    const suspendedAt = c.get("caller").grant?.installation?.installation.suspendedAt ?? null;
    return suspendedAt === null ? null : refuse(c, 403, "This installation has been suspended");
  },
];

/** @returns the refusal of a token that GitHub does not know */
function refusalOfToken(c: StandInContext): Response | null {
  const { token, grant } = c.get("caller");
  return token === null || grant !== null ? null : refuse(c, 401, "Bad credentials");
}
