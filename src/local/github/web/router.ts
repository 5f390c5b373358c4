// GitHub's web host: the pages on which people let apps in, and the endpoints at which apps get tokens of people. It is
// another host than the API's, so another port here.
import { Hono } from "hono";
import { actionsRoutes } from "../actions/routes.ts";
import { type GitHub, identifyCaller, type StandInContext, type StandInEnv } from "../context.ts";
import { deliver } from "../delivery.ts";
import { makeRequestId } from "../responses.ts";
import { accessTokenRoutes } from "./access-token.ts";
import { authorizeRoutes } from "./authorize.ts";
import { deviceRoutes } from "./device.ts";
import { webFaultResponse } from "./faults.ts";
import { contentSecurityPolicy } from "./html.ts";
import { notFoundResponse } from "./responses.ts";

/** @returns the application that answers as the web host of this GitHub */
export function createWebRouter(github: GitHub): Hono<StandInEnv> {
  const router = new Hono<StandInEnv>();
  router.use(async (c, next) => {
    c.set("github", github);
    c.set("requestId", makeRequestId(github.now()));
    c.set("caller", identifyCaller(c, false));
    await next();
  });
  router.use(deliver);
  router.use(async (c, next) => {
    await next();
    setHeaders(c);
  });
  router.use(async (c, next) => {
    const fault = github.faults.for(c.get("caller").token, [c.req.path, c.env.incoming.url ?? ""]);
    return (fault === null ? null : await webFaultResponse(c, fault)) ?? next();
  });
  router.route("/", authorizeRoutes);
  router.route("/", accessTokenRoutes);
  router.route("/", deviceRoutes);
  router.route("/", actionsRoutes);
  router.notFound(notFoundResponse);
  return router;
}

function setHeaders(c: StandInContext): void {
  const headers: Readonly<Record<string, string>> = {
    server: "github.com",
    "cache-control": "max-age=0, private, must-revalidate",
    "content-security-policy": contentSecurityPolicy,
    "referrer-policy": "origin-when-cross-origin, strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-github-request-id": c.get("requestId"),
    ...c.get("github").extraHeaders,
  };
  for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
}
