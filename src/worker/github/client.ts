// The one HTTP client for GitHub. Every fault of GitHub and of the network comes out as a value.
import { readBoundedBody } from "../bounded-body.ts";
import { version } from "../version.ts";
import type { UnavailableReason } from "./facts.ts";

export interface GitHubRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly url: string;
  /** Whether this is the REST API, or GitHub's pages with the endpoints of OAuth, which know no API version. */
  readonly host?: "api" | "web";
  /** The whole value of the Authorization header; null for what GitHub tells every caller. */
  readonly authorization: string | null;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly ifNoneMatch?: string;
  /** Whether the request may be conditional, and its response kept for the next one (conditional-client.ts). */
  readonly isConditional?: boolean;
  /** The age up to which a 304 may vouch for the headers of an earlier response; any age where it is left out. */
  readonly maxHeaderAgeMs?: number;
  /** Where the response is kept, and looked for, instead of with the user's token: for another credential than that. */
  readonly validators?: ValidatorStore;
  /** For head and body together, where it is another time than the client's own. */
  readonly timeoutMs?: number;
}

/** What is needed to ask whether a response still holds. */
export interface Validator {
  readonly etag: string;
  /** When GitHub sent the headers; milliseconds. */
  readonly readAt: number;
  /** The headers that mean something. */
  readonly headers: Readonly<Record<string, string>>;
  /** The response's JSON, without the members that are not read. */
  readonly json: unknown;
}

/** Responses of one credential by address, for conditional requests. */
export interface ValidatorStore {
  get(url: string): Validator | undefined;
  set(url: string, validator: Validator): void;
}

export type GitHubReply =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Whether this is the last response once more, since GitHub answered 304. */
      readonly notModified?: boolean;
      readonly headers: Headers;
      readonly text: string;
      /** The kept JSON of the last response, where `text` has none because GitHub answered 304. */
      readonly keptJson?: unknown;
      /**
       * Keeps the response for a conditional request, where GitHub allows one.
       *
       * @param json the JSON as GitHub sent it
       * @param body the part of it that is read, checked for its shape
       */
      readonly keep?: (json: unknown, body: unknown) => void;
    }
  | {
      readonly kind: "failed";
      readonly reason: Extract<UnavailableReason, "github_unreachable" | "github_timeout" | "github_too_large">;
      /** What GitHub had said before it broke off, if anything. */
      readonly status: number | null;
      readonly headers: Headers | null;
    };

export interface GitHubClient {
  /** @param deadline ends the call earlier than its own time limit does, where several calls share their time */
  send(request: GitHubRequest, deadline?: AbortSignal): Promise<GitHubReply>;
}

/**
 * kube-apiserver waits 30 s, and one kubectl asks five times in a row: a user should not wait longer than this for one
 * call.
 */
export const defaultTimeoutMs = 3_000;

/** A full page of a list has some hundred KB. */
export const defaultMaxBytes = 1024 * 1024;

export interface GitHubClientOptions {
  readonly fetch: typeof fetch;
  /** For head and body together. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Is called once for each announcement that GitHub is going to retire an API that is used here. */
  readonly writeWarning?: (text: string) => void;
}

export function createGitHubClient(options: GitHubClientOptions): GitHubClient {
  const { timeoutMs: ownTimeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes } = options;
  const warned = new Set<string>();

  function noticeSunset(headers: Headers): void {
    const [deprecation, sunset] = ["deprecation", "sunset"].map(
      (name) =>
        headers
          .get(name)
          ?.replace(/[^\x20-\x7e]/g, "")
          .slice(0, 100) ?? null,
    );
    if (deprecation == null && sunset == null) return;
    const text =
      sunset == null
        ? `GitHub calls an API that is used here outdated (since ${deprecation}), and names no end of it yet`
        : `GitHub is going to retire an API that is used here: it works until ${sunset}, so upgrade Octogate before then`;
    if (warned.has(text) || warned.size >= 10) return;
    warned.add(text);
    options.writeWarning?.(text);
  }

  return {
    async send(request, deadline) {
      const { method = "GET", url, host = "api", authorization, body, ifNoneMatch } = request;
      const { timeoutMs = ownTimeoutMs } = request;
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = deadline === undefined ? timeout : AbortSignal.any([timeout, deadline]);
      let response: Response;
      try {
        response = await options.fetch(url, {
          method,
          headers: {
            // Without it, GitHub's token endpoint answers with a form.
            Accept: host === "api" ? "application/vnd.github+json" : "application/json",
            ...(authorization === null ? {} : { Authorization: authorization }),
            // GitHub refuses requests without one, and Workers send none by themselves.
            "User-Agent": `octogate/${version}`,
            // Older GitHub Enterprise Servers know no newer one.
            ...(host === "api" ? { "X-GitHub-Api-Version": "2022-11-28" } : {}),
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
            ...(ifNoneMatch === undefined ? {} : { "If-None-Match": ifNoneMatch }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          // Following would send the token to any host that the response names.
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
      noticeSunset(headers);
      const read = await readBoundedBody(response, maxBytes, signal);
      switch (read.kind) {
        case "complete":
          return { kind: "answered", status, headers, text: new TextDecoder().decode(read.bytes) };
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
