// How GitHub refuses whoever used up a bucket.
import { type Answer, errorAnswer } from "./answer.ts";
import type { Call } from "./call.ts";

const documentationPath = "/overview/rate-limits-for-the-rest-api";

/** @returns the refusal of somebody known, by number, or of an address; `headers` say what it tells about the bucket */
export function primaryLimitAnswer(call: Call, status: number, headers: Readonly<Record<string, string>>): Answer {
  if (call.grant === null) return addressLimitAnswer(call, status, headers);
  const time = call.now.toISOString().slice(0, 19).replace("T", " ");
  const { account, installation } = call.grant;
  const holder = installation === null ? `user ID ${account.id}` : `installation ID ${installation.installation.id}`;
  const message =
    `API rate limit exceeded for ${holder}. If you reach out to GitHub Support for help, ` +
    `please include the request ID ${call.requestId} and timestamp ${time} UTC.`;
  return errorAnswer(call, status, message, { headers, documentationPath });
}

export function addressLimitAnswer(call: Call, status: number, headers: Readonly<Record<string, string>>): Answer {
  const message =
    "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests get a higher rate limit. " +
    "Check out the documentation for more details.)";
  return errorAnswer(call, status, message, { headers, documentationPath });
}

export function secondaryLimitAnswer(call: Call, status: number, headers: Readonly<Record<string, string>>): Answer {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return errorAnswer(call, status, message, { headers, documentationPath });
}
