// Observations of GitHub for a report: what its documents leave open, and one request each shows.
// A report may be published, so it gets statuses, counts and the names of headers, and no account, token or value.
import { createHash } from "node:crypto";

const api = "https://api.github.com";
const timeoutMs = 10_000;

/** One answer, without anything that tells whose it is. */
export interface ObservedResponse {
  readonly request: string;
  /** Null: there was no answer. */
  readonly status: number | null;
  /** The names of the headers that facts are read from. */
  readonly headers: readonly string[];
  /** For a list: how many elements it has, and how many of them are in a form that is not documented. */
  readonly list: { readonly length: number; readonly odd: number } | null;
}

const tellingHeaders =
  /^(?:x-ratelimit-.*|x-oauth-.*|x-accepted-.*|x-github-sso|github-authentication-token-expiration|link|deprecation|sunset|server)$/;

/**
 * Asks api.github.com, and no other host, about the token's owner.
 *
 * @param token a person's; it is sent, and not kept
 */
export async function observeGitHub(token: string, send: typeof fetch): Promise<ObservedResponse[]> {
  const ask = async (name: string, path: string, credential: string, more: Record<string, string> = {}) => {
    const headers = {
      accept: "application/vnd.github+json",
      "user-agent": "octogate",
      "x-github-api-version": "2022-11-28",
      authorization: `Bearer ${credential}`,
      ...more,
    };
    try {
      const response = await send(`${api}${path}`, {
        headers,
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body = await response.text();
      const names = [...response.headers.keys()].filter((header) => tellingHeaders.test(header)).sort();
      const observed = { request: name, status: response.status, headers: names, list: listIn(body) };
      return { observed, tag: response.headers.get("etag") };
    } catch {
      return { observed: { request: name, status: null, headers: [], list: null }, tag: null };
    }
  };
  const account = await ask("GET /user", "/user", token);
  const unchanged =
    account.tag === null ? [] : [await ask("GET /user, unchanged", "/user", token, { "if-none-match": account.tag })];
  const others = [
    await ask("GET /user/memberships/orgs", "/user/memberships/orgs?per_page=100", token),
    await ask("GET /user/teams", "/user/teams?per_page=100", token),
    await ask("GET /user, with a token that is none", "/user", createHash("sha256").update(token).digest("hex")),
  ];
  return [account, ...unchanged, ...others].map(({ observed }) => observed);
}

function listIn(body: string): ObservedResponse["list"] {
  try {
    const list: unknown = JSON.parse(body);
    return Array.isArray(list) ? { length: list.length, odd: list.filter(isOdd).length } : null;
  } catch {
    return null;
  }
}

/** A team without a usual slug or without an organisation; of a membership only the second can be. */
function isOdd(element: unknown): boolean {
  if (typeof element !== "object" || element === null) return true;
  if (!("organization" in element) || typeof element.organization !== "object") return true;
  return "slug" in element && !/^[a-z0-9_-]+$/.test(String(element.slug));
}
