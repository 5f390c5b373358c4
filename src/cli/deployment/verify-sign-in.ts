// The sign-in hostname, seen from outside as kube-apiserver and OpenID clients see it: what they read first, and what
// they must not find there. octogate doctor looks at the same answers.
import * as v from "valibot";
import { type Endpoint, type HttpsResponse, sendRequest } from "../../node/https.ts";
import { isChallenge, readEdgeError } from "../cloudflare/edge-errors.ts";
import { lookAgain } from "../cloudflare/patience.ts";
import { type Context, type Diagnostic, error } from "../command.ts";
import { describe, foreignToken, reviewPath, tokenReviewBody } from "./verify.ts";

export interface Fault {
  /** What was seen, in place of what it should be. */
  readonly seen: string;
  readonly hint: string;
}

const discoveryPath = "/.well-known/openid-configuration";
const keysPath = "/.well-known/jwks.json";
const callbackPath = "/callback";

export interface SignInAnswers {
  readonly discovery: HttpsResponse;
  readonly keys: HttpsResponse;
  readonly callback: HttpsResponse;
  /** To a review, which has no place there. */
  readonly review: HttpsResponse;
}

/** Asks without a client certificate, as clients and browsers do. */
export async function askSignIn(endpoint: Endpoint): Promise<SignInAnswers> {
  const get = (path: string) => sendRequest(endpoint, { method: "GET", path, credential: null });
  const body = tokenReviewBody(foreignToken);
  const [discovery, keys, callback, review] = await Promise.all([
    get(discoveryPath),
    get(keysPath),
    get(callbackPath),
    sendRequest(endpoint, { method: "POST", path: reviewPath, body, credential: null }),
  ]);
  return { discovery, keys, callback, review };
}

/** @returns what stands in the Worker's place: nothing, the edge, bot protection, a redirect; null: no such thing */
export function faultInPlace(answer: HttpsResponse): Fault | null {
  if (answer.kind === "failed") {
    return { seen: `cannot be reached: ${answer.why}`, hint: "deploy, which attaches the custom domain, and wait" };
  }
  const { status, headers } = answer;
  if (isChallenge(answer)) {
    return {
      seen: "a challenge page that only a browser can pass",
      hint: "bot protection takes kube-apiserver and kubectl for bots: take this hostname out of it (docs/setup.md, Bot protection)",
    };
  }
  if (status >= 300 && status < 400) {
    return {
      seen: `a redirect (HTTP ${status}) to ${headers.location ?? "nowhere"}`,
      hint: "take this hostname out of the redirect rules, and out of Cloudflare Access: kube-apiserver follows none",
    };
  }
  const edgeError = readEdgeError(answer);
  if (edgeError === null) return null;
  const seen = `the edge answers in the Worker's place: ${describe(answer)}`;
  return { seen, hint: edgeError.code === rateLimited ? rateLimitHint : edgeError.hint };
}

const rateLimited = 1015;
/** The clusters' hostname has no such rule. */
const rateLimitHint =
  "this machine's address has sent more than the rate-limiting rule of this hostname allows: wait ten seconds";

const configurationHint = "npx octogate check, and npx wrangler tail --config wrangler.toml, say what is wrong";

const discoverySchema = v.object({
  issuer: v.string(),
  authorization_endpoint: v.string(),
  token_endpoint: v.string(),
  jwks_uri: v.string(),
});

/** @param issuerUrl letter for letter what tokens have as `iss`, and clusters as their issuer */
export function faultInDiscovery(answer: HttpsResponse, issuerUrl: string): Fault | null {
  const inPlace = faultInPlace(answer);
  if (inPlace !== null) return inPlace;
  const document = documentIn(answer, discoverySchema);
  if (document === null) return { seen: `${discoveryPath} answered ${describe(answer)}`, hint: configurationHint };
  if (document.issuer !== issuerUrl) {
    const seen = `${discoveryPath} names the issuer ${document.issuer}, not ${issuerUrl}`;
    return {
      seen,
      hint: "deploy wrangler.toml, or bring ISSUER_URL up to date: the two are compared letter by letter",
    };
  }
  const { authorization_endpoint, token_endpoint, jwks_uri } = document;
  const foreign = [authorization_endpoint, token_endpoint, jwks_uri].find((url) => !url.startsWith(`${issuerUrl}/`));
  if (foreign === undefined) return faultInHeaders(answer, discoveryPath);
  return {
    seen: `${discoveryPath} leads to ${foreign}`,
    hint: "this is not Octogate as it was released: deploy it again",
  };
}

const keysSchema = v.object({
  keys: v.array(v.looseObject({ kty: v.string(), kid: v.string(), n: v.string(), e: v.string() })),
});

/** The members of a private key (RFC 7518, 6.3.2). */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi"];

export function faultInKeys(answer: HttpsResponse): Fault | null {
  const inPlace = faultInPlace(answer);
  if (inPlace !== null) return inPlace;
  const document = documentIn(answer, keysSchema);
  if (document === null || document.keys.length === 0) {
    return { seen: `${keysPath} answered ${describe(answer)}`, hint: configurationHint };
  }
  if (document.keys.some((key) => privateMembers.some((member) => member in key))) {
    return {
      seen: `${keysPath} shows a private key`,
      hint: "turn sign_in off, and replace the key before anything else",
    };
  }
  return faultInHeaders(answer, keysPath);
}

/** kube-apiserver keeps keys for as long as Cache-Control says; pages of web applications read them across origins. */
function faultInHeaders(answer: HttpsResponse, path: string): Fault | null {
  if (answer.kind === "failed") return null;
  const { "cache-control": caching = "", "access-control-allow-origin": origin = "" } = answer.headers;
  const hint = "take this hostname out of the zone's rules that change headers or caching";
  if (!/\bpublic\b/.test(caching) || !/\bmax-age=[1-9]\d{0,2}\b(?!\d)/.test(caching)) {
    return { seen: `${path} has the Cache-Control “${caching}”, not some minutes for all`, hint };
  }
  return origin === "*" ? null : { seen: `${path} may not be read by pages of other origins (CORS)`, hint };
}

/** GitHub leads browsers there. Without parameters it is a page of ours. */
export function faultInCallback(answer: HttpsResponse): Fault | null {
  const inPlace = faultInPlace(answer);
  if (inPlace !== null || answer.kind === "failed") return inPlace;
  const { status, headers } = answer;
  const isPage = status === 200 && /html/.test(headers["content-type"] ?? "") && "content-security-policy" in headers;
  return isPage ? null : { seen: `${callbackPath} answered ${describe(answer)}, not a page`, hint: configurationHint };
}

/** Without a client certificate no review may be answered, and here none is asked for. */
export function faultInReview(answer: HttpsResponse): Fault | null {
  const inPlace = faultInPlace(answer);
  if (inPlace !== null || (answer.kind === "answered" && answer.status === 404)) return inPlace;
  return {
    seen: `${reviewPath} answered ${describe(answer)}, not 404`,
    hint: "ISSUER_URL must not be the clusters' hostname, and this must be Octogate as it was released",
  };
}

function documentIn<T>(answer: HttpsResponse, schema: v.GenericSchema<unknown, T>): T | null {
  if (answer.kind === "failed" || answer.status !== 200) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), answer.body);
  return parsed.success ? parsed.output : null;
}

/** @returns what is not as it should be once the time is up, or null */
export async function verifySignIn(
  endpoint: Endpoint,
  issuerUrl: string,
  waitMs: number,
  context: Context,
): Promise<Diagnostic | null> {
  const look = async () => {
    const { discovery, keys, callback, review } = await askSignIn(endpoint);
    return (
      faultInDiscovery(discovery, issuerUrl) ?? faultInKeys(keys) ?? faultInCallback(callback) ?? faultInReview(review)
    );
  };
  const fault = await lookAgain(context, {
    found: await look(),
    look,
    isThere: (found) => found === null,
    until: (found) => `people can sign in at ${endpoint.hostname}: ${found?.seen}`,
    maxMs: waitMs,
  });
  return fault === null ? null : error(issuerUrl, fault.seen, fault.hint);
}
