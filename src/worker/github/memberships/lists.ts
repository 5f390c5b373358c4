// GitHub's lists come in pages. A missing page would be a shorter list of groups, so a list is complete or it is a
// failure.
import { type CallFailure, type GitHubCalls, isOk } from "../calls.ts";
import type { Endpoint } from "../endpoints.ts";
import type { Unavailable } from "../facts.ts";
import { invalidResponse, organisationsLeftOut } from "../outcomes.ts";

/** 100 items each: no user is in more teams or organisations than that. A list that goes on is a failure, never cut. */
export const maxPages = 20;

export const tooManyPages: Unavailable = { kind: "unavailable", reason: "github_too_large" };

/** The free plan of Workers has 50 calls for each request, which the other questions need as well. */
const maxTeamCalls = 36;

/** @returns tells whether one more call for teams may be made in a review */
export function boundTeamCalls(): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls <= maxTeamCalls;
  };
}

/**
 * GitHub gives a request ten seconds and advises to ask for fewer items then. Each size is a part of the one before, so
 * that a list goes on where it stopped.
 */
const smallerSizes: ReadonlyMap<number, number> = new Map([
  [100, 20],
  [20, 5],
  // One item is what GitHub can always send: where it does, the length of the list is the cause.
  [5, 1],
]);
/** A second try leaves GitHub its own ten seconds. */
export const patientTimeoutMs = 11_000;

export interface List<Item> {
  readonly kind: "ok";
  readonly items: readonly Item[];
  /** The numbers of the organisations that GitHub left out because of single sign-on. */
  readonly leftOut: readonly number[];
  /** Whether `leftOut` is of this moment: a 304 does not repeat the header that names them. */
  readonly isLeftOutCurrent: boolean;
}

export interface ListOptions {
  /** See GitHubRequest. */
  readonly maxHeaderAgeMs?: number;
  /** Whether a page that GitHub could not send is worth another try, in smaller pages; by default not. */
  readonly isWorthAnotherTry?: () => Promise<boolean>;
  /** Whether one more page may be called for; by default as many as `maxPages`. */
  readonly mayCall?: () => boolean;
  /** In place of the usual bound, for a list that is not about one user. */
  readonly maxPages?: number;
}

/** Follows `Link: <…>; rel="next"`, on the same host only: the next call carries the token. */
export async function fetchList<Params, Item, Failure extends CallFailure>(
  calls: GitHubCalls,
  endpoint: Endpoint<Params, Item[], Failure>,
  authorization: string,
  params: Params,
  { isWorthAnotherTry = async () => false, mayCall, maxPages: pagesAtMost = maxPages, ...ages }: ListOptions = {},
): Promise<List<Item> | Failure | Unavailable> {
  const items: Item[] = [];
  const leftOut: number[] = [];
  let url = calls.urlOf(endpoint, params);
  let isLeftOutCurrent = true;
  let options: Parameters<GitHubCalls["callUrl"]>[2] = { authorization, ...ages };
  let failure: Failure | Unavailable | null = null;
  for (let pages = 1; ; pages += 1) {
    if (pages > pagesAtMost || mayCall?.() === false) return tooManyPages;
    const result = await calls.callUrl(endpoint, url, options);
    if (!isOk(result)) {
      // The time ended before the list did: what GitHub failed at before is the cause, or else the number of pages.
      if (calls.isOver() && couldBeTooLarge(result) && pages > 1) return failure ?? tooManyPages;
      const smaller = couldBeTooLarge(result) ? inSmallerPages(url) : null;
      if (smaller === null || !(await isWorthAnotherTry())) return result;
      failure = result;
      url = smaller;
      options = { authorization, timeoutMs: patientTimeoutMs, ...ages };
      continue;
    }
    const numbers = organisationsLeftOut(result.headers);
    if (numbers === null) return invalidResponse;
    if (result.notModified) isLeftOutCurrent = false;
    items.push(...result.body);
    leftOut.push(...numbers);
    const next = nextPage(url, result.headers.get("link"));
    if (next === "none") return { kind: "ok", items, leftOut, isLeftOutCurrent };
    if (next === "elsewhere") return invalidResponse;
    url = next.url;
  }
}

/** What a page of fewer items might spare GitHub, and the reader of its response. */
export function couldBeTooLarge({ kind, reason = "" }: CallFailure): boolean {
  return kind === "unavailable" && ["github_timeout", "github_server_error", "github_too_large"].includes(reason);
}

/** @returns the address that goes on where this page would have begun, in smaller pages; null where there are none */
function inSmallerPages(address: string): string | null {
  const url = new URL(address);
  const size = Number(url.searchParams.get("per_page"));
  const page = Number(url.searchParams.get("page") ?? "1");
  const smaller = smallerSizes.get(size);
  if (smaller === undefined || !Number.isSafeInteger(page)) return null;
  url.searchParams.set("per_page", String(smaller));
  url.searchParams.set("page", String((page - 1) * (size / smaller) + 1));
  return url.href;
}

/** @returns the address of the next page, if there is one, and if it may be followed */
function nextPage(current: string, link: string | null): { readonly url: string } | "none" | "elsewhere" {
  // Any mention of a next page outside of an address, however it is written: only a link that is understood can say
  // "the end".
  if (link === null || !/next/i.test(link.replace(/<[^<>]*>/g, ""))) return "none";
  const target = /<([^<>]+)>\s*;[^,<]*\brel="?next"?\s*(?:[;,]|$)/.exec(link)?.[1];
  if (target === undefined || !URL.canParse(target)) return "elsewhere";
  return new URL(target).origin === new URL(current).origin ? { url: target } : "elsewhere";
}
