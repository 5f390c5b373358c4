// The one HTTP client for GitHub's REST API. Whatever GitHub or the network does comes out as a value.
import { readBoundedBody } from "../bounded-body.ts";
import type { UnavailableReason } from "../facts.ts";
import { version } from "../version.ts";

export type GitHubReply =
  | { readonly kind: "answered"; readonly status: number; readonly headers: Headers; readonly text: string }
  | {
      readonly kind: "failed";
      readonly reason: Extract<UnavailableReason, "github_unreachable" | "github_timeout" | "github_too_large">;
      /** What GitHub had said before it broke off, if anything. */
      readonly status: number | null;
      readonly headers: Headers | null;
    };

export interface GitHubClient {
  /** @param path begins with a slash */
  get(path: string, token: string): Promise<GitHubReply>;
}

/** The apiserver waits 30 s, and one kubectl asks five times in a row: nobody should wait longer than this for each. */
export const defaultTimeoutMs = 3_000;

/** A full page of a list has some hundred KB. */
export const defaultMaxBytes = 1024 * 1024;

export interface GitHubClientOptions {
  readonly fetch: typeof fetch;
  /** Without a trailing slash. */
  readonly apiUrl: string;
  /** For head and body together. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

export function createGitHubClient(options: GitHubClientOptions): GitHubClient {
  const { apiUrl, timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes } = options;
  return {
    async get(path, token) {
      const signal = AbortSignal.timeout(timeoutMs);
      let response: Response;
      try {
        response = await options.fetch(apiUrl + path, {
          headers: {
            Accept: "application/vnd.github+json",
            Authorization: `Bearer ${token}`,
            // GitHub refuses requests without one, and Workers send none by themselves.
            "User-Agent": `octogate/${version}`,
            // Older GitHub Enterprise Servers know no newer one.
            "X-GitHub-Api-Version": "2022-11-28",
          },
          // Following would send the token to whatever host the answer names.
          redirect: "manual",
          // A Worker's fetch reads through the zone's own cache, whose key does not hold the token.
          cache: "no-store",
          signal,
        });
      } catch {
        const reason = signal.aborted ? "github_timeout" : "github_unreachable";
        return { kind: "failed", reason, status: null, headers: null };
      }
      const { status, headers } = response;
      const body = await readBoundedBody(response, maxBytes, signal);
      switch (body.kind) {
        case "complete":
          return { kind: "answered", status, headers, text: new TextDecoder().decode(body.bytes) };
        case "too_large":
          return { kind: "failed", reason: "github_too_large", status, headers };
        case "aborted":
          return { kind: "failed", reason: "github_timeout", status, headers };
        case "broken":
          return { kind: "failed", reason: "github_unreachable", status, headers };
      }
    },
  };
}
