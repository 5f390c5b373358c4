// The table that sorts every answer of GitHub's: read from the top, the first row that fits counts. Everything that GitHub is known to say
// at an endpoint has its row; whatever fits none is "unavailable" and lets nobody in.
import type { FactsOutcome } from "../facts.ts";
import type { GitHubReply } from "./client.ts";

/** What the rows look at. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The answer's JSON object, or null where it has none. */
  readonly json: object | null;
  /** `message` of GitHub's error body, or "" where there is none. */
  readonly message: string;
}

type Refusal = Exclude<FactsOutcome, { kind: "found" }>;

interface Row {
  readonly when: (answer: Answer) => boolean;
  readonly outcome: Refusal;
}

const forbidden = ({ status }: Answer) => status === 403 || status === 429;
const says = (pattern: RegExp) => (answer: Answer) => forbidden(answer) && pattern.test(answer.message);

/** `GET /user`, for every status but 200. */
const accountRows: readonly Row[] = [
  {
    // Not "Requires authentication", which would mean that the token did not arrive, and not what some proxy says.
    when: ({ status, message }) => status === 401 && /^bad credentials/i.test(message),
    outcome: { kind: "refused" },
  },
  { when: says(/account was suspended/i), outcome: { kind: "suspended" } },
  {
    // An inference, not documented: GitHub counts a token that it knows in its owner's bucket (5,000 an hour or more), and only one that it does not
    // know in the anonymous bucket of the calling address. That address is shared with other Workers, so the bucket is often spent.
    when: (answer) => forbidden(answer) && answer.headers.get("x-ratelimit-limit") === "60",
    outcome: { kind: "unrecognised" },
  },
  // Secondary limits come with quota left or with none, so their words are looked at before the numbers.
  {
    when: says(/secondary rate limit|abuse detection/i),
    outcome: { kind: "limited", reason: "github_secondary_limit" },
  },
  {
    when: (answer) => forbidden(answer) && answer.headers.get("x-ratelimit-remaining") === "0",
    outcome: { kind: "limited", reason: "github_rate_limit" },
  },
  { when: says(/rate limit exceeded/i), outcome: { kind: "limited", reason: "github_rate_limit" } },
  { when: says(/by integration/i), outcome: { kind: "limited", reason: "github_not_for_integrations" } },
  { when: says(/IP allow list|your IP address/i), outcome: { kind: "limited", reason: "github_ip_allow_list" } },
  { when: says(/login attempts exceeded/i), outcome: { kind: "limited", reason: "github_locked_out" } },
  {
    when: (answer) => forbidden(answer) && (answer.status === 429 || answer.headers.has("retry-after")),
    outcome: { kind: "limited", reason: "github_secondary_limit" },
  },
  { when: forbidden, outcome: { kind: "limited", reason: "github_forbidden" } },
  { when: ({ status }) => status === 401, outcome: { kind: "unavailable", reason: "github_nonsense" } },
  { when: ({ status }) => status === 410, outcome: { kind: "unavailable", reason: "github_version_retired" } },
  {
    when: ({ status }) => status >= 300 && status <= 399,
    outcome: { kind: "unavailable", reason: "github_redirect" },
  },
  { when: ({ status }) => status >= 500, outcome: { kind: "unavailable", reason: "github_server_error" } },
];

const unexpected: Refusal = { kind: "unavailable", reason: "github_unexpected_status" };
export const nonsense: Refusal = { kind: "unavailable", reason: "github_nonsense" };

/**
 * Sorts an answer of `GET /user`.
 *
 * @returns the JSON object of a 200, whose shape is still to be checked, or what the answer comes to
 */
export function sortAccountReply(
  reply: GitHubReply,
): { readonly kind: "ok"; readonly json: object; readonly headers: Headers } | Refusal {
  if (reply.kind === "failed") return { kind: "unavailable", reason: reply.reason };
  const answer = readAnswer(reply);
  if (answer.status === 200) {
    return answer.json === null ? nonsense : { kind: "ok", json: answer.json, headers: answer.headers };
  }
  return accountRows.find(({ when }) => when(answer))?.outcome ?? unexpected;
}

function readAnswer({ status, headers, text }: GitHubReply & { kind: "answered" }): Answer {
  const json = parseObject(text);
  const message = json !== null && "message" in json && typeof json.message === "string" ? json.message : "";
  return { status, headers, json, message };
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
