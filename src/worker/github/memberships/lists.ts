// GitHub's lists come in pages. A missing page would be a shorter list of groups, so a list is complete or it is a
// failure.
import { type CallFailure, type GitHubCalls, isOk } from "../calls.ts";
import type { Endpoint } from "../endpoints.ts";
import type { Unavailable } from "../facts.ts";
import { invalidResponse, organisationsLeftOut } from "../outcomes.ts";

/** 100 items each: no user is in more teams or organisations than that. A list that goes on is a failure, never cut. */
export const maxPages = 20;

export const tooManyPages: Unavailable = { kind: "unavailable", reason: "github_too_large" };

export interface List<Item> {
  readonly kind: "ok";
  readonly items: readonly Item[];
  /** The numbers of the organisations that GitHub left out because of single sign-on. */
  readonly leftOut: readonly number[];
}

/** Follows `Link: <…>; rel="next"`, on the same host only: the next call carries the token. */
export async function fetchList<Item, Failure extends CallFailure>(
  calls: GitHubCalls,
  endpoint: Endpoint<undefined, Item[], Failure>,
  authorization: string,
): Promise<List<Item> | Failure | Unavailable> {
  const items: Item[] = [];
  const leftOut: number[] = [];
  let result = await calls.call(endpoint, undefined, { authorization });
  for (let pages = 1; ; pages += 1) {
    if (!isOk(result)) return result;
    const numbers = organisationsLeftOut(result.headers);
    if (numbers === null) return invalidResponse;
    items.push(...result.body);
    leftOut.push(...numbers);
    const next = nextPage(result.url, result.headers.get("link"));
    if (next === "none") return { kind: "ok", items, leftOut };
    if (next === "elsewhere") return invalidResponse;
    if (pages >= maxPages) return tooManyPages;
    result = await calls.callUrl(endpoint, next.url, { authorization });
  }
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
