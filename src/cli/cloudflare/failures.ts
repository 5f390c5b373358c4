// What Cloudflare's API answers when it does not do what it was asked, in words that say what to do. The SDK has tried 429, 5xx and lost connections again by
// then, as often as Retry-After told it to.
import { failureText } from "../../node/network-failure.ts";
import { StepFailure } from "../step-failure.ts";
import type { Permission } from "./permissions.ts";

/** What of the SDK's errors counts: its classes are loaded with the SDK alone, which may not be there. */
interface ApiError extends Error {
  readonly status: number | undefined;
  readonly errors: readonly { readonly code?: number; readonly message?: string }[];
}

/**
 * Asks Cloudflare for something.
 *
 * @param what is being done, for the failure's text
 * @param permission that it takes
 * @throws StepFailure if Cloudflare does not do it
 */
export async function askCloudflare<T>(what: string, permission: Permission, call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isApiError(error)) throw error;
    const reason = reasonOf(error);
    throw new StepFailure({ where: `Cloudflare, ${what}`, message: reason, cure: cureFor(error, reason, permission) });
  }
}

/** Whether the SDK reports an answer of this status. */
export function isStatus(error: unknown, status: number): boolean {
  return isApiError(error) && error.status === status;
}

function isApiError(error: unknown): error is ApiError {
  // The SDK's APIError, and no other error, has both.
  return error instanceof Error && "status" in error && "errors" in error && Array.isArray(error.errors);
}

function reasonOf({ status, errors, message, cause }: ApiError): string {
  const words = errors.map(({ code, message: text }) => (code === undefined ? text : `${text} (code ${code})`));
  if (status === undefined) return [message, ...causesOf(cause)].join(" ");
  return words.length === 0 ? `answered ${status}` : `answered ${status}: ${words.join(", ")}`;
}

/** "Connection error." says nothing: fetch hides what happened two causes deep. */
function causesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return error.cause === undefined ? [failureText(error)] : causesOf(error.cause);
}

function cureFor({ status }: ApiError, reason: string, permission: Permission): string {
  if (status === 401 || status === 403) return `give the API token the permission “${permission}”`;
  if (status === undefined || status === 429 || status >= 500) {
    return "run the command again later: it goes on from where it stopped";
  }
  if (/quota|limit|maximum|exceed/i.test(reason)) {
    return "remove what is no longer used (custom rules, client certificates: octogate certificate list), or take a larger plan";
  }
  return "put it right, and run the command again: it goes on from where it stopped";
}
