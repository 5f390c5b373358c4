// Responses that GitHub gives in place of the usual one: a row for each kind of fault.
import type { components } from "@octokit/openapi-types";
import type { StandInContext } from "./context.ts";
import type { Fault, LimitHeaders } from "./faults.ts";
import { legallyBlocked } from "./organisation-access.ts";
import {
  addressLimit,
  apiVersionOf,
  errorResponse,
  graphqlError,
  jsonResponse,
  notAccessible,
  pageResponse,
  primaryLimit,
  refuse,
  refuseCredential,
  secondaryLimit,
  spent,
  withLowerCaseNames,
} from "./responses.ts";
import * as sentences from "./sentences.ts";

const retryAfter = { "retry-after": "60" };

/** @returns null for a fault of the delivery: the usual response follows, and delivery.ts spoils it */
export function faultResponse(c: StandInContext, fault: Fault): Response | null {
  switch (fault.kind) {
    case "bad_credentials":
      return refuseCredential(c);
    case "suspended":
      return refuse(c, 403, "Sorry. Your account was suspended");
    case "resource_not_accessible":
      return notAccessible(c);
    case "primary_limit":
      return primaryLimit(c, fault.status, primaryLimitHeaders(c, fault.headers));
    case "secondary_limit":
      return secondaryLimit(c, fault.status, secondaryLimitHeaders(c, fault.headers));
    case "anonymous_limit":
      return addressLimit(c, fault.status);
    case "ip_allow_list":
      return refuse(c, 403, sentences.ipAllowList("octo-org"));
    case "forbidden":
      return refuse(c, 403, fault.message);
    case "legally_blocked":
      return legallyBlocked(c);
    case "lockout": {
      // GitHub authenticates no token during a lock-out, not even a right one, so the response names no bucket.
      const message = "Maximum number of login attempts exceeded. Please try again later.";
      return errorResponse(c, 403, message, { headers: {}, grant: null });
    }
    case "gone": {
      const message = `API version ${apiVersionOf(c).selected} is no longer supported.`;
      return errorResponse(c, 410, message, { headers: {}, documentationPath: "/about-the-rest-api/api-versions" });
    }
    case "graphql_error":
      spent(c);
      return graphqlError(c, fault.type);
    case "server_error":
      if (fault.delayMs !== undefined) c.set("deliveryFault", { kind: "slow_head", delayMs: fault.delayMs });
      if (fault.body === "json")
        return errorResponse(c, fault.status, serverErrorMessage(fault.status), { headers: {} });
      return pageResponse(c, fault.status, unicornPage(fault.status), fault.body === "unicorn_html" ? "html" : "json");
    case "redirect":
      return redirectResponse(c, fault.status, fault.location);
    case "body":
      return jsonResponse(c, fault.status, fault.body, { ...spent(c), ...withLowerCaseNames(fault.headers ?? {}) });
    default:
      c.set("deliveryFault", fault);
      return null;
  }
}

function primaryLimitHeaders(c: StandInContext, which: LimitHeaders): Record<string, string> {
  if (which === "full") return c.get("caller").bucket.exhaustedHeaders();
  return which === "retry_after" ? retryAfter : {};
}

function secondaryLimitHeaders(c: StandInContext, which: LimitHeaders): Record<string, string> {
  if (which === "none") return {};
  return which === "retry_after" ? { ...spent(c), ...retryAfter } : spent(c);
}

function redirectResponse(c: StandInContext, status: number, location: string): Response {
  const body: components["schemas"]["basic-error"] = {
    message: status === 301 || status === 308 ? "Moved Permanently" : "Moved Temporarily",
    url: location,
    documentation_url: "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
  };
  return jsonResponse(c, status, JSON.stringify(body), { ...spent(c), location });
}

export function serverErrorMessage(status: number): string {
  if (status !== 503) return "Server Error";
  return (
    "No server is currently available to service your request. Sorry about that. Please try resubmitting your " +
    "request and contact us if the problem persists."
  );
}

export function unicornPage(status: number): string {
  return [
    "<!DOCTYPE html>",
    "<html>",
    '  <head><meta charset="utf-8"><title>Unicorn! &middot; GitHub</title></head>',
    `  <body><h1>${status}</h1><p>This page is taking too long to load.</p></body>`,
    "</html>",
    "",
  ].join("\n");
}
