// The forms of our own pages. A button works in the browser that got the page, and in no other.
import { browserCookie, randomId, readCookies, setCookie } from "./cookies.ts";
import { readFormParameters } from "./form.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import type { SealedValues } from "./sealed-values.ts";

/** @returns the value that binds our forms to this browser, and the cookie that sets it where there is none */
export function browserOf(request: Request): { readonly browser: string; readonly browserCookies: readonly string[] } {
  const known = readCookies(request).get(browserCookie);
  if (known !== undefined) return { browser: known, browserCookies: [] };
  const browser = randomId();
  return { browser, browserCookies: [setCookie(browserCookie, browser, null)] };
}

/** @returns whether a browser sends this for a page of another hostname: programs say no `Sec-Fetch-Site` */
export function isFromOtherSite(request: Request): boolean {
  return ["cross-site", "same-site"].includes(request.headers.get("sec-fetch-site") ?? "");
}

/** A form of our own, as it was sealed into the page. */
export interface BrowserForm<Value> {
  readonly value: Value;
  readonly parameters: Parameters;
}

/**
 * `Sec-Fetch-Site` says whether one of our own pages sent the form; a browser that is too old for it is held by the
 * sealed value. `Origin` decides nothing, for it is "null" under our referrer policy.
 *
 * @returns null for a form of another site, of another browser, of another purpose, or one that has ended
 */
export async function openBrowserForm<Purpose extends "consent" | "sign_out">(
  purpose: Purpose,
  request: Request,
  { sealer }: Provider,
): Promise<BrowserForm<SealedValues[Purpose]> | null> {
  if ((request.headers.get("sec-fetch-site") ?? "same-origin") !== "same-origin") return null;
  const form = await readFormParameters(request);
  if (form.kind === "unreadable") return null;
  const opened = await sealer.open(purpose, "", form.parameters.get("form") ?? "");
  if (opened.kind !== "opened" || readCookies(request).get(browserCookie) !== opened.value.browser) return null;
  return { value: opened.value, parameters: form.parameters };
}
