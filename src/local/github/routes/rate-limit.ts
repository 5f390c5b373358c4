// GET /rate_limit: what is left of the caller's bucket. It costs nothing.
import type { components } from "@octokit/openapi-types";
import { Hono } from "hono";
import type { StandInEnv } from "../context.ts";
import { jsonResponse } from "../responses.ts";

export const rateLimitPath = "/rate_limit";
export const rateLimitRoutes = new Hono<StandInEnv>();

rateLimitRoutes.get(rateLimitPath, (c) => {
  const { grant, bucket } = c.get("caller");
  const core = bucket.state();
  const graphql = grant === null ? { ...core, limit: 0, remaining: 0, used: 0 } : grant.buckets.graphql.state();
  const search = { limit: 10, remaining: 10, used: 0, reset: core.reset };
  const body: components["schemas"]["rate-limit-overview"] = { resources: { core, graphql, search }, rate: core };
  return jsonResponse(c, 200, JSON.stringify(body), { "cache-control": "no-cache", ...bucket.headers() });
});
