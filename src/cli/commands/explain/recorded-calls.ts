// A recorder around the Worker's own client for GitHub: every call, with the outcome that the Worker sorts its response
// to.
import type { GitHubClient, GitHubReply, GitHubRequest } from "../../../worker/github/client.ts";
import { outcomeOf } from "./call-outcome.ts";

/** One call to GitHub. Nothing in here holds a token. */
export interface RecordedCall {
  readonly method: string;
  /** With its query, without the API's own address. */
  readonly path: string;
  /** Null where no answer came. */
  readonly status: number | null;
  /** What the Worker's table of GitHub's answers sorts it to. */
  readonly outcome: string;
  /** The reason for it, where there is one. */
  readonly reason: string | null;
  readonly durationMs: number;
  /** What GitHub said of the token, its owner's quota and its own request. */
  readonly headers: Readonly<Record<string, string>>;
  /** What GitHub says is wrong, in its own words. */
  readonly message: string | null;
}

export interface Recorder {
  readonly client: GitHubClient;
  /** In the order in which they began. */
  calls(): readonly RecordedCall[];
}

export interface RecorderOptions {
  readonly client: GitHubClient;
  /** GITHUB_API_URL, and where GraphQL is. */
  readonly restUrl: string;
  readonly graphqlUrl: string;
  /** What must not be repeated, whatever GitHub sends back. */
  readonly token: string;
  readonly now: () => number;
}

const shownHeaders = [
  "x-oauth-scopes",
  "x-accepted-oauth-scopes",
  "x-accepted-github-permissions",
  "x-oauth-client-id",
  "github-authentication-token-expiration",
  "x-github-sso",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "retry-after",
  "x-github-request-id",
];

export function createRecorder({ client, restUrl, graphqlUrl, token, now }: RecorderOptions): Recorder {
  const calls: (RecordedCall | null)[] = [];
  /** It goes to a terminal: whatever could control one is left out. */
  const shown = (text: string, maxLength: number) =>
    text
      .replaceAll(token, "[the token]")
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, maxLength);

  function record({ method = "GET", url }: GitHubRequest, reply: GitHubReply, durationMs: number): RecordedCall {
    const path = url === graphqlUrl ? new URL(url).pathname : url.slice(restUrl.length);
    const { outcome, reason } = outcomeOf(method, path, reply);
    const headers = shownHeaders.flatMap((name) => {
      const value = reply.headers?.get(name) ?? null;
      return value === null ? [] : [[name, shown(value, 500)] as const];
    });
    const message = messageIn(reply);
    return {
      method,
      path: shown(path, 500),
      status: reply.status,
      outcome,
      reason,
      durationMs,
      headers: Object.fromEntries(headers),
      message: message === null ? null : shown(message, 300),
    };
  }

  return {
    client: {
      async send(request, deadline) {
        const index = calls.push(null) - 1;
        const startedAt = now();
        const reply = await client.send(request, deadline);
        calls[index] = record(request, reply, now() - startedAt);
        return reply;
      },
    },
    calls: () => calls.filter((call) => call !== null),
  };
}

function messageIn(reply: GitHubReply): string | null {
  if (reply.kind === "failed" || reply.status < 400) return null;
  try {
    const json: unknown = JSON.parse(reply.text);
    return typeof json === "object" && json !== null && "message" in json ? String(json.message) : null;
  } catch {
    return null;
  }
}
