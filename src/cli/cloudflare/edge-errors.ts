// Cloudflare's own errors: what its edge answers in the place of what is behind it.
// To callers that prefer JSON, as kube-apiserver does, they are problem details (RFC 9457), on all plans since spring
// 2026; to others, and where the zone has error pages of its own, they are pages:
// https://developers.cloudflare.com/fundamentals/reference/error-responses/
import * as v from "valibot";
import type { HttpsResponse } from "../../node/https.ts";

export interface EdgeError {
  /** Cloudflare's own code (1020), or an HTTP status (522). */
  readonly code: number;
  /** "HTTP 429 in JSON, error code 1027" */
  readonly seen: string;
  readonly problem: string;
  readonly hint: string;
  /** Whether the cause is another one than the client certificate, or the missing one. */
  readonly isForAllCallers: boolean;
}

interface Meaning {
  readonly problem: string;
  readonly hint: string;
}

const addressIsBlocked: Meaning = {
  problem: "an IP Access rule blocks this machine's address, network or country",
  hint: "take the addresses of kube-apiserver out of the rule (Security, Settings; the account has such rules, too)",
};

const byCode: ReadonlyMap<number, Meaning> = new Map([
  [1006, addressIsBlocked],
  [1007, addressIsBlocked],
  [1008, addressIsBlocked],
  [1009, addressIsBlocked],
  [
    1010,
    {
      problem: "Browser Integrity Check refuses the user agent, or the protection from DDoS does",
      hint: "turn Browser Integrity Check off for this hostname by a configuration rule, or skip it by a custom rule: kube-apiserver's user agent is Go-http-client/2.0",
    },
  ],
  [
    1015,
    {
      problem: "a rate limiting rule of the zone stops requests",
      hint: "take this hostname out of the zone's rate limiting rules: kube-apiserver obeys their Retry-After, and sign-ins hang",
    },
  ],
  [
    1016,
    {
      problem: "the hostname's DNS record leads to no server, and no Worker is attached to it",
      hint: "deploy, which attaches the custom domain (octogate setup), after deleting another record of this name",
    },
  ],
  [
    1020,
    {
      problem: "a custom rule of the zone blocks the request",
      hint: "see Security, Analytics in the dashboard which rule it is",
    },
  ],
  [
    1027,
    {
      problem: "the account's requests of the day are spent (100,000 on the free plan)",
      hint: "they begin anew at 00:00 UTC; take the paid plan, or see in the dashboard who sends so many",
    },
  ],
  [
    1042,
    {
      problem: "a Worker asked for a Worker of the same zone, which Cloudflare does not allow",
      hint: "see which Worker or route the hostname belongs to, and whether GITHUB_API_URL leads into this zone",
    },
  ],
  [
    1101,
    {
      problem: "the Worker threw an exception",
      hint: "npx wrangler tail --config wrangler.toml shows it; deploy Octogate as it was released",
    },
  ],
  [
    1102,
    {
      problem: "the Worker needed more CPU time than its plan allows",
      hint:
        "the free plan allows 10 ms for a request: take the paid plan; npx wrangler tail --config wrangler.toml shows " +
        "which requests need so much",
    },
  ],
]);

const originFails: Meaning = {
  problem: "Cloudflare asks an origin server here, and that does not answer as it should",
  hint: "no Worker is behind this hostname: see its DNS record and routes, and deploy, which attaches the custom domain",
};

const cloudflareFails: Meaning = {
  problem: "Cloudflare itself fails",
  hint: "try again later, and see https://www.cloudflarestatus.com",
};

const other: Meaning = {
  problem: "Cloudflare answers with an error of its own",
  hint: "look the code up at https://developers.cloudflare.com/support/troubleshooting/http-status-codes/",
};

/** Every code that has words of its own; 1020 alone is also the firewall rule at work. */
export const edgeErrorMeanings: ReadonlyMap<number, Meaning> = new Map([
  ...byCode,
  ...[502, 504, 520, 521, 522, 523, 524, 525, 526].map((status) => [status, originFails] as const),
  ...[500, 503].map((status) => [status, cloudflareFails] as const),
]);

const jsonSchema = v.pipe(v.string(), v.parseJson());
const problemSchema = v.object({ cloudflare_error: v.literal(true), error_code: v.pipe(v.number(), v.integer()) });

/** @returns what Cloudflare's edge says in an answer, in either form; null for what does not come from it */
export function readEdgeError(answer: HttpsResponse): EdgeError | null {
  if (answer.kind === "failed") return null;
  const { status, headers, body } = answer;
  const json = v.safeParse(jsonSchema, body);
  const problem = v.safeParse(problemSchema, json.output);
  // Other JSON does not come from the edge, also where it has errors in it.
  const isPage = !json.success && status >= 400;
  const code = problem.success ? problem.output.error_code : isPage ? edgeErrorCodeIn(body) : null;
  if (code === null) return null;
  const isHtml = /html/i.test(headers["content-type"] ?? "");
  const form = problem.success ? " in JSON" : isHtml ? " with an HTML page" : "";
  return {
    code,
    seen: `HTTP ${status}${form}, error code ${code}`,
    ...(edgeErrorMeanings.get(code) ?? other),
    isForAllCallers: code !== 1020,
  };
}

/** Whether bot protection wants to see a browser. */
export function isChallenge({ headers, body }: HttpsResponse & { readonly kind: "answered" }): boolean {
  const isHtml = /html/i.test(headers["content-type"] ?? "");
  return headers["cf-mitigated"] === "challenge" || (isHtml && body.includes("/cdn-cgi/challenge-platform/"));
}

/** @param text of a page or of problem details @returns Cloudflare's code in it, or null */
export function edgeErrorCodeIn(text: string): number | null {
  // "<span>Error</span> <span>1020</span>", "error code: 1016", "Error code 522", "error_code": 1027
  const words = text.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
  const code = /\berror(?:[ _]code)?"? ?:? ?(1\d{3}|5\d{2})\b/i.exec(words)?.[1];
  return code === undefined ? null : Number(code);
}
