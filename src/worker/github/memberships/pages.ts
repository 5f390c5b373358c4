// GitHub's lists come in pages. A page that is missing would be a shorter list of groups, so a list is complete or it is none.

import type { WithResponse } from "../call.ts";
import type { Unavailable } from "../facts.ts";
import { invalidResponse, type Ok } from "../outcomes.ts";

/** 100 items each: nobody is in more teams or organisations than that. A list that goes on is an error, never cut. */
export const maxPages = 20;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly headers: Headers;
}

const tooManyPages: Unavailable = { kind: "unavailable", reason: "github_too_large" };

/**
 * Follows `Link: <…>; rel="next"`, on the same host only: the next call carries the token.
 *
 * @param firstUrl the first page's address
 * @param ask asks for one page
 * @param parse takes a page's JSON apart, null if it has not the documented form
 */
export async function readAllPages<Item, Failure extends { readonly kind: string }>(
  firstUrl: string,
  ask: (url: string) => Promise<WithResponse<Ok | Failure>>,
  parse: (json: unknown) => readonly Item[] | null,
): Promise<WithResponse<{ readonly kind: "ok"; readonly pages: readonly Page<Item>[] } | Failure | Unavailable>> {
  const pages: Page<Item>[] = [];
  let url = firstUrl;
  for (;;) {
    const { outcome, responseInfo } = await ask(url);
    if (!isOk(outcome)) return { outcome, responseInfo };
    const items = parse(outcome.json);
    if (items === null) return { outcome: invalidResponse, responseInfo };
    pages.push({ items, headers: outcome.headers });
    const next = nextPage(url, outcome.headers.get("link"));
    if (next === "none") return { outcome: { kind: "ok", pages }, responseInfo };
    if (next === "elsewhere") return { outcome: invalidResponse, responseInfo };
    if (pages.length >= maxPages) return { outcome: tooManyPages, responseInfo };
    url = next.url;
  }
}

function isOk<Failure extends { readonly kind: string }>(outcome: Ok | Failure): outcome is Ok {
  return outcome.kind === "ok";
}

/** @returns the address of the next page, if there is one, and if it may be followed */
function nextPage(current: string, link: string | null): { readonly url: string } | "none" | "elsewhere" {
  // Whatever speaks of a next page outside of an address, however it is written: only what is understood is known to be the end.
  if (link === null || !/next/i.test(link.replace(/<[^<>]*>/g, ""))) return "none";
  const target = /<([^<>]+)>\s*;[^,<]*\brel="?next"?\s*(?:[;,]|$)/.exec(link)?.[1];
  if (target === undefined || !URL.canParse(target)) return "elsewhere";
  return new URL(target).origin === new URL(current).origin ? { url: target } : "elsewhere";
}
