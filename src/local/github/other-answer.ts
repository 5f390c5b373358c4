// What each behaviour that replaces the usual answer looks like.
import type { components } from "@octokit/openapi-types";
import { type Answer, errorAnswer, htmlType, jsonAnswer, jsonType, pageAnswer } from "./answer.ts";
import type { LimitHeaders, OtherAnswer } from "./behaviour.ts";
import type { Call } from "./call.ts";
import { graphqlErrorAnswer } from "./graphql-error.ts";
import { addressLimitAnswer, primaryLimitAnswer, secondaryLimitAnswer } from "./limited-answer.ts";
import type { RateLimitBucket } from "./rate-limit.ts";

const retryAfterSeconds = "60";

/** @param anonymousBucket the bucket of the caller's address */
export function otherAnswer(call: Call, behaviour: OtherAnswer, anonymousBucket: RateLimitBucket): Answer {
  switch (behaviour.kind) {
    case "suspended":
      return refusal(call, 403, "Sorry. Your account was suspended");
    case "resource_not_accessible":
      return notAccessibleAnswer(call);
    case "primary_limit":
      return primaryLimitAnswer(call, behaviour.status, primaryLimitHeaders(call, behaviour.headers));
    case "secondary_limit":
      return secondaryLimitAnswer(call, behaviour.status, secondaryLimitHeaders(call, behaviour.headers));
    case "anonymous_limit":
      // GitHub did not look at the token: nothing in this answer may tell whose it is.
      return addressLimitAnswer({ ...call, grant: null }, behaviour.status, anonymousBucket.exhaustedHeaders());
    case "ip_allow_list":
      return refusal(call, 403, ipAllowListMessage("octo-org"));
    case "lockout":
      // Nobody is authenticated during a lock-out, right token or not, so no bucket is named.
      return errorAnswer(
        { ...call, grant: null },
        403,
        "Maximum number of login attempts exceeded. Please try again later.",
        { headers: {} },
      );
    case "gone":
      return errorAnswer(call, 410, `API version ${call.apiVersion} is no longer supported.`, {
        headers: {},
        documentationPath: "/about-the-rest-api/api-versions",
      });
    case "graphql_error":
      call.bucket.spend();
      return graphqlErrorAnswer(call, behaviour.type);
    case "server_error":
      return serverErrorAnswer(call, behaviour.status, behaviour.body);
    case "redirect":
      return redirectAnswer(call, behaviour.status, behaviour.location);
    case "body":
      return jsonAnswer(call, behaviour.status, behaviour.body, {
        ...spent(call),
        ...withLowerCaseNames(behaviour.headers ?? {}),
      });
  }
}

/** @returns the refusal of a token that is good for much, but not for this */
export function notAccessibleAnswer(call: Call): Answer {
  const holder = call.grant?.kind === "fine_grained" ? "personal access token" : "integration";
  return errorAnswer(call, 403, `Resource not accessible by ${holder}`, {
    headers: spent(call),
    documentationPath: "/users/users#get-the-authenticated-user",
  });
}

/** @param login the organisation whose list this machine's address is not on */
export function ipAllowListMessage(login: string): string {
  return (
    `Although you appear to have the correct authorization credentials, the \`${login}\` organization has an IP allow list ` +
    "enabled, and your IP address is not permitted to access this resource."
  );
}

function refusal(call: Call, status: number, message: string): Answer {
  return errorAnswer(call, status, message, { headers: spent(call) });
}

function redirectAnswer(call: Call, status: number, location: string): Answer {
  const body: components["schemas"]["basic-error"] = {
    message: status === 301 || status === 308 ? "Moved Permanently" : "Moved Temporarily",
    url: location,
    documentation_url: "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
  };
  return jsonAnswer(call, status, JSON.stringify(body), { ...spent(call), location });
}

function serverErrorAnswer(call: Call, status: number, form: "unicorn_html" | "json" | "html_labelled_json"): Answer {
  switch (form) {
    case "unicorn_html":
      return pageAnswer(call, status, unicornPage(status), htmlType);
    case "html_labelled_json":
      return pageAnswer(call, status, unicornPage(status), jsonType);
    case "json":
      return errorAnswer(call, status, serverErrorMessage(status), { headers: {} });
  }
}

function serverErrorMessage(status: number): string {
  if (status === 503) {
    return (
      "No server is currently available to service your request. Sorry about that. Please try resubmitting your " +
      "request and contact us if the problem persists."
    );
  }
  return "Server Error";
}

function unicornPage(status: number): string {
  return [
    "<!DOCTYPE html>",
    "<html>",
    '  <head><meta charset="utf-8"><title>Unicorn! &middot; GitHub</title></head>',
    `  <body><h1>${status}</h1><p>This page is taking too long to load.</p></body>`,
    "</html>",
    "",
  ].join("\n");
}

function primaryLimitHeaders(call: Call, which: LimitHeaders): Record<string, string> {
  if (which === "full") return call.bucket.exhaustedHeaders();
  return which === "retry_after" ? { "retry-after": retryAfterSeconds } : {};
}

function secondaryLimitHeaders(call: Call, which: LimitHeaders): Record<string, string> {
  if (which === "none") return {};
  return which === "retry_after" ? { ...spent(call), "retry-after": retryAfterSeconds } : spent(call);
}

/** Counts the call in its bucket. */
function spent(call: Call): Record<string, string> {
  call.bucket.spend();
  return call.bucket.headers();
}

export function withLowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
