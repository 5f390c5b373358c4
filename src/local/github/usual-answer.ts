// How GitHub answers when nothing is wrong with it: what it checks, in its order.
import { type Answer, entityTag, errorAnswer, htmlType, jsonAnswer, pageAnswer } from "./answer.ts";
import { type Call, defaultApiVersion } from "./call.ts";
import { graphqlErrorAnswer } from "./graphql-error.ts";
import { primaryLimitAnswer } from "./limited-answer.ts";
import type { Route, RouteResult } from "./route.ts";
import { appRoutes } from "./routes/app.ts";
import { checkTokenRoutes } from "./routes/check-token.ts";
import { graphqlPath, graphqlRoutes } from "./routes/graphql.ts";
import { organisationRoutes } from "./routes/organisation.ts";
import { publicProfileRoutes } from "./routes/public-profiles.ts";
import { userRoutes } from "./routes/user.ts";
import { userMembershipRoutes } from "./routes/user-memberships.ts";
import { userTeamRoutes } from "./routes/user-teams.ts";
import type { State } from "./state.ts";

const routes: readonly Route[] = [
  ...userRoutes,
  ...userMembershipRoutes,
  ...userTeamRoutes,
  ...organisationRoutes,
  ...publicProfileRoutes,
  ...appRoutes,
  ...checkTokenRoutes,
  ...graphqlRoutes,
];

const apiVersions: readonly string[] = [defaultApiVersion, "2026-03-10"];

/** @returns what is wrong with the request before anybody looks at its token or path, or null */
export function frontDoorAnswer(call: Call): Answer | null {
  if (call.userAgent === null) {
    const text =
      "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header " +
      "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).\r\n";
    return pageAnswer(call, 403, text, htmlType);
  }
  if (!apiVersions.includes(call.apiVersion)) {
    const message = `API version ${JSON.stringify(call.apiVersion)} is not supported.`;
    // The answer can't be of a version that does not exist.
    return errorAnswer({ ...call, apiVersion: defaultApiVersion }, 400, message, {
      headers: {},
      documentationPath: "/about-the-rest-api/api-versions",
    });
  }
  return null;
}

export function usualAnswer(call: Call, state: State): Answer {
  if (call.bucket.isExhausted()) return limitAnswer(call);
  const found = findRoute(call);
  const isTokenLookedAt = found?.route.isForApps !== true;
  if (isTokenLookedAt && call.token !== null && call.grant === null) return countedError(call, 401, "Bad credentials");
  if (call.grant?.installation?.installation.suspendedAt != null) {
    return countedError(call, 403, "This installation has been suspended");
  }
  // GitHub has no 405: a method that a path does not have is not found, and neither is a path with a slash at its end.
  if (found === null) return countedError(call, 404, "Not Found");
  return finish(call, found.route.answer(call, state, found.parameters));
}

function finish(call: Call, result: RouteResult): Answer {
  switch (result.kind) {
    case "refusal":
      return result.answer;
    case "outcome":
      call.bucket.spend();
      return jsonAnswer(call, result.status, result.body, call.bucket.headers());
    case "resource": {
      const tag = entityTag(call, result.body);
      const headers = { ...result.headers, etag: tag };
      if (call.grant !== null && matches(call.ifNoneMatch, tag)) return notModified(call, headers);
      call.bucket.spend();
      return jsonAnswer(call, 200, result.body, { ...headers, ...call.bucket.headers() });
    }
  }
}

function findRoute(call: Call): { readonly route: Route; readonly parameters: readonly string[] } | null {
  // HEAD is answered like GET, for Node leaves the body out.
  const method = call.method === "HEAD" ? "GET" : call.method;
  for (const route of routes) {
    const match = route.method === method ? route.pattern.exec(call.path) : null;
    const parameters = match?.slice(1).map(decode);
    if (parameters?.every((parameter) => parameter !== null)) return { route, parameters };
  }
  return null;
}

function decode(parameter: string): string | null {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return null;
  }
}

/** GraphQL tells somebody known with a 200. */
function limitAnswer(call: Call): Answer {
  return call.path === graphqlPath && call.grant !== null
    ? graphqlErrorAnswer(call, "RATE_LIMITED")
    : primaryLimitAnswer(call, 403, call.bucket.headers());
}

/** Costs nothing of the bucket, as long as the token is good. */
function notModified(call: Call, headers: Readonly<Record<string, string>>): Answer {
  const { "content-type": _, ...kept } = jsonAnswer(call, 304, "", { ...headers, ...call.bucket.headers() }).headers;
  return { status: 304, headers: kept, body: "" };
}

function countedError(call: Call, status: number, message: string): Answer {
  call.bucket.spend();
  return errorAnswer(call, status, message, { headers: call.bucket.headers() });
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2): `W/` does not count. */
function matches(ifNoneMatch: string | null, tag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = (text: string) => text.trim().replace(/^W\//, "");
  return ifNoneMatch.split(",").some((candidate) => opaque(candidate) === opaque(tag));
}
