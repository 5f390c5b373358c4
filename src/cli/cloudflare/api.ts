// Cloudflare's API: the connection, the permissions of the token, and failures in words that say what to do.
// The official SDK is a development dependency, 120 MB in thousands of files. The installed package does not bring it,
// and deploying needs wrangler anyway. Only the files of this folder know it.
import { hasCode } from "../../node/files.ts";
import { failureText } from "../../node/https.ts";
import { proxyHint } from "../../node/proxy.ts";
import { type CliError, type Context, cliError } from "../command.ts";
import { edgeErrorCodeIn } from "./edge-errors.ts";
import { type Clock, lookAgain } from "./patience.ts";
import { chosenByHand, tokenFormUrl } from "./token-form.ts";

export type CloudflareClient = import("cloudflare").default;

/** What the API token has to be allowed, in the words that Cloudflare's dashboard has. */
export const permissions = {
  zone: "Zone · Zone · Read",
  clientCertificates: "Zone · SSL and Certificates · Edit",
  firewall: "Zone · Zone WAF · Edit",
  routes: "Zone · Workers Routes · Edit",
  dns: "Zone · DNS · Read",
  workers: "Account · Workers Scripts · Edit",
  kv: "Account · Workers KV Storage · Edit",
  botProtection: "Zone · Bot Management · Read",
  zoneSettings: "Zone · Zone Settings · Read",
} as const;

export type Permission = (typeof permissions)[keyof typeof permissions];

/** The last two are for a warning only: setup works without them. */
export const requiredPermissions: readonly Permission[] = [
  permissions.zone,
  permissions.clientCertificates,
  permissions.firewall,
  permissions.routes,
  permissions.dns,
  permissions.workers,
  permissions.kv,
];

/** What a header can hold. Anything else would come back in the words of an exception, with the token among them. */
const tokenPattern = /^[\x21-\x7e]+$/;

export const tokensPage = "https://dash.cloudflare.com/profile/api-tokens";

/**
 * For so long a refusal may be about the token's age: Cloudflare refuses a token that was made a moment ago now and
 * then.
 */
export const newTokenMs = 20_000;

/**
 * @param refusedForMs how long a request that is refused (401, 403) is sent again
 * @throws CliError if the SDK is not there, or no token is
 */
export async function connectToCloudflare(
  { env, fetch: send, ...clock }: Pick<Context, "env" | "fetch"> & Clock,
  refusedForMs = newTokenMs,
): Promise<CloudflareClient> {
  const { default: Cloudflare } = await loadSdk();
  const apiToken = env.CLOUDFLARE_API_TOKEN?.trim() ?? "";
  if (!tokenPattern.test(apiToken)) {
    throw cliError(
      "CLOUDFLARE_API_TOKEN",
      apiToken === "" ? "is not set" : "holds no token: it has spaces, or characters that no token has",
      `make one with ${requiredPermissions.join(", ")}; this link fills in all but ${chosenByHand}: ${tokenFormUrl}`,
    );
  }
  return new Cloudflare({
    apiToken,
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: env.CLOUDFLARE_BASE_URL,
    fetch: patiently(carefully(send, clock.now), clock, refusedForMs),
    // Its debugging goes to stdout, which holds the command's result alone.
    logLevel: "warn",
  });
}

function patiently(send: typeof fetch, clock: Clock, refusedForMs: number): typeof fetch {
  return async (input, init) => {
    let response = await send(input, init);
    // What is asked about the token itself comes after a refusal: its answer is final.
    if (String(input).endsWith("/tokens/verify")) return response;
    return lookAgain(clock, {
      found: response,
      look: async () => {
        await response.body?.cancel();
        response = await send(input, init);
        return response;
      },
      isThere: ({ status }) => status !== 401 && status !== 403,
      until: ({ status }) => `Cloudflare takes the API token: it answers ${status}, as to one that was made just now`,
      maxMs: refusedForMs,
    });
  };
}

/** A command that is silent for longer looks broken. */
const maxRetryAfterSeconds = 60;

/**
 * The SDK waits for as long as Retry-After says, also for hours. And it takes the page of a proxy for an empty list.
 */
function carefully(send: typeof fetch, now: () => number): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    const { status, statusText, body } = response;
    if (secondsIn(response.headers.get("retry-after") ?? "", now()) > maxRetryAfterSeconds) {
      const headers = new Headers(response.headers);
      headers.set("x-should-retry", "false");
      return new Response(body, { status, statusText, headers });
    }
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || type === "" || type.includes("json")) return response;
    await body?.cancel();
    const message = `a page (${type.split(";")[0]}) came where JSON from Cloudflare was expected: does a proxy answer for it?`;
    return Response.json({ errors: [{ message }] }, { status: 502, headers: { "x-should-retry": "false" } });
  };
}

/** @param retryAfter seconds or a date, RFC 9110, 10.2.3 */
function secondsIn(retryAfter: string, now: number): number {
  const seconds = Number(retryAfter);
  return Number.isNaN(seconds) ? (Date.parse(retryAfter) - now) / 1000 : seconds;
}

/** @throws CliError if the command runs from the installed package */
export function loadSdk(): Promise<typeof import("cloudflare")> {
  return loadInClone("Cloudflare's SDK", () => import("cloudflare"));
}

/** Loads a development dependency. @throws CliError where it is not installed */
export async function loadInClone<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!hasCode(error, "ERR_MODULE_NOT_FOUND")) throw error;
    throw onlyInAClone(name);
  }
}

/** @param missing what the package does not bring along */
export function onlyInAClone(missing: string): CliError {
  return cliError(
    missing,
    "is not installed: this command deploys, and works in a clone of the repository only",
    "git clone the repository, npm ci, and run npx octogate there",
  );
}

/** The parts of the SDK's errors that count. Its classes are loaded with the SDK alone, which may not be there. */
interface ApiError extends Error {
  readonly status: number | undefined;
  readonly errors: readonly { readonly code?: number; readonly message?: string }[];
}

/**
 * Asks Cloudflare for something. The SDK has repeated a request after 429, 5xx and a lost connection before this fails.
 *
 * @param what is being done, for the failure's text
 * @param permission that it takes
 * @throws CliError if Cloudflare does not do it
 */
export async function askCloudflare<T>(what: string, permission: Permission, call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isApiError(error)) throw error;
    const reason = reasonOf(error);
    throw cliError(`Cloudflare, ${what}`, reason, hintFor(error, reason, permission));
  }
}

/** Does a call of the SDK's. @returns null where Cloudflare answers with one of these statuses */
export async function nullOn<T>(statuses: readonly number[], call: () => PromiseLike<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (isApiError(error) && error.status !== undefined && statuses.includes(error.status)) return null;
    throw error;
  }
}

/**
 * Does a call of the SDK's. @returns what Cloudflare says where it refuses the request as such (400); null: it is done
 */
export async function refusalOf(call: () => PromiseLike<unknown>): Promise<string | null> {
  try {
    await call();
    return null;
  } catch (error) {
    if (isApiError(error) && error.status === 400) return reasonOf(error);
    throw error;
  }
}

/** More than any account has: with a list that never ends the command would never end. */
const maxItems = 20_000;

/**
 * Reads a list that comes in pages. The SDK asks for the next page until an empty one comes: where the last page is
 * repeated, this ends at the first item that was there before.
 *
 * @throws CliError where the list has no end
 */
export async function listAll<T>(pages: AsyncIterable<T>, keyOf: (item: T) => string): Promise<T[]> {
  const items = new Map<string, T>();
  for await (const item of pages) {
    if (items.has(keyOf(item))) break;
    items.set(keyOf(item), item);
    if (items.size > maxItems) throw cliError("Cloudflare", `a list has more than ${maxItems} items`);
  }
  return [...items.values()];
}

/** Whether the SDK reports an answer with this code of Cloudflare in it. */
export function hasErrorCode(error: unknown, code: number): boolean {
  return isApiError(error) && error.errors.some((one) => one.code === code);
}

function isApiError(error: unknown): error is ApiError {
  // The SDK's APIError, and no other error, has both.
  return error instanceof Error && "status" in error && "errors" in error && Array.isArray(error.errors);
}

function reasonOf({ status, errors, message, cause }: ApiError): string {
  const words = errors.map(({ code, message: text }) => (code === undefined ? text : `${text} (code ${code})`));
  if (status === undefined) return [message, ...causesOf(cause)].join(" ");
  // Cloudflare's edge in front of the API has a form of its own for errors.
  const edgeCode = words.length === 0 ? edgeErrorCodeIn(message) : null;
  if (edgeCode !== null) return `answered ${status}, error code ${edgeCode} of Cloudflare's edge`;
  return words.length === 0 ? `answered ${status}` : `answered ${status}: ${words.join(", ")}`;
}

/** The SDK says "Connection error." only: fetch hides what happened two causes deep. */
function causesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return error.cause === undefined ? [failureText(error)] : causesOf(error.cause);
}

function hintFor({ status }: ApiError, reason: string, permission: Permission): string {
  if (status === 401 || status === 403) return `give the API token the permission “${permission}”`;
  if (status === undefined) return `run the command again later: it goes on from where it stopped; ${proxyHint}`;
  if (status === 429 || status >= 500) {
    return "run the command again later: it goes on from where it stopped";
  }
  if (/quota|limit|maximum|exceed/i.test(reason)) {
    return "remove what is no longer used (custom rules, client certificates: octogate certificate list), or take a larger plan";
  }
  return "put it right, and run the command again: it goes on from where it stopped";
}
