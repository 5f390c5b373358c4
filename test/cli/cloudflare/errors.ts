// The errors that the stand-in for Cloudflare answers with: each as it was documented, or seen by others.

export interface ApiError {
  readonly status: number;
  /** Left out where Cloudflare sends none. */
  readonly code?: number;
  readonly message: string;
  /** Where it was documented or seen. */
  readonly source: string;
}

const distilled = "npm @distilled.cloud/cloudflare 0.30.3: recorded from real answers; the status is not";
const docs = "github.com/cloudflare/cloudflare-docs, src/content/docs";

export const apiErrors = {
  newToken: {
    status: 403,
    code: 10000,
    message: "Authentication error",
    source: "github.com/alchemy-run/alchemy, ClientCertificate.test.ts: Forbidden for a token made a moment ago",
  },
  notAllowed: {
    status: 403,
    code: 10000,
    message: "Authentication error",
    source: "widely seen: a missing permission",
  },
  rulesNotAllowed: {
    status: 403,
    message: "request is not authorized",
    source: "github.com/cloudflare/cloudflare-plugin-frontend, 142: a message without a code",
  },
  unknownToken: { status: 403, code: 9109, message: "Invalid access token", source: distilled },
  unverifiedToken: { status: 401, code: 1000, message: "Invalid API Token", source: `${docs}: API, verify token` },
  noToken: {
    status: 400,
    code: 6003,
    message: "Invalid request headers",
    source: "github.com/cloudflare/python-cloudflare, 79: with 6111 in its chain",
  },
  noSuchRoute: {
    status: 404,
    code: 7003,
    message: "Could not route to this path, perhaps your object identifier is invalid?",
    source: distilled,
  },
  certificateQuota: {
    status: 400,
    code: 1445,
    message: "Hit maximum certificate allocation: 100 certificates per zone are allowed",
    source: `${docs}/ssl/client-certificates/create-a-client-certificate`,
  },
  certificateUnknown: { status: 404, code: 1415, message: "Invalid Certificate ID", source: distilled },
  certificateRevoked: { status: 400, code: 1407, message: "Certificate has been already deleted", source: distilled },
  certificateRequestInvalid: {
    status: 400,
    code: 1434,
    message: "The CSR is invalid. Please refer to the API documentation, check your input and try again.",
    source: "a guess, no public example for client certificates: the words are those of custom certificates",
  },
  noEntryPoint: {
    status: 404,
    code: 10003,
    message: "could not find entrypoint ruleset in the http_request_firewall_custom phase",
    source: distilled,
  },
  tooManyRules: {
    status: 400,
    code: 50001,
    message: "exceeded the maximum number of rules in the phase http_request_firewall_custom: 6 out of 5",
    source: "npm @distilled.cloud/cloudflare 0.30.3: the words in page-shield, 50001 in leaked-credential-checks",
  },
  tooManyRateLimits: {
    status: 400,
    code: 50001,
    message: "exceeded the maximum number of rules in the phase http_ratelimit: 2 out of 1",
    source: "README of a public deployment, found by these words: a second rule in a zone of the free plan",
  },
  rateLimitPeriod: {
    status: 400,
    message: "not entitled to use the period 60, can only use a period among [10]",
    source: "github.com/ma-r-s/crossplay, 106: a zone of the free plan; the code is not told",
  },
  rateLimitDuration: {
    status: 400,
    message: "not entitled to use a mitigation timeout different from 10",
    source: "github.com/ma-r-s/crossplay, 106: a zone of the free plan; the code is not told",
  },
  rateLimitByColo: {
    status: 400,
    code: 20155,
    message:
      "characteristics field is missing 'cf.colo.id', this is required as ratelimiting counting is processed at " +
      "colocation level only",
    source: "notes of a public deployment, found by these words",
  },
  rateLimitHost: {
    status: 400,
    message:
      "not entitled: the use of field http.host is not allowed, an higher Advanced Rate Limiting plan is required",
    source: "a public Terraform file, found by these words, for an unnamed plan and two fields; the code is not told",
  },
  rulesetExists: {
    status: 400,
    code: 20217,
    message:
      "'zone' is not a valid value for kind because exceeded maximum number of zone rulesets for phase " +
      "http_request_firewall_custom",
    source:
      "github.com/userbradley/documentation.breadnet.co.uk, 609, whole, with another phase; " +
      "github.com/cloudflare/terraform-provider-cloudflare, 6273",
  },
  rateLimitsExist: {
    status: 400,
    code: 20217,
    message:
      "'zone' is not a valid value for kind because exceeded maximum number of zone rulesets for phase http_ratelimit",
    source: "github.com/userbradley/documentation.breadnet.co.uk, 609, whole",
  },
  noRateLimits: {
    status: 404,
    code: 10003,
    message: "could not find entrypoint ruleset in the http_ratelimit phase",
    source: `${distilled}, with another phase`,
  },
  ruleRefTaken: {
    status: 400,
    code: 20021,
    message: "rule references are not unique",
    source: "a guess, no public example",
  },
  notEntitled: {
    status: 400,
    code: 50002,
    message: "not entitled to use the response action parameter",
    source: distilled,
  },
  ruleUnknown: { status: 404, code: 10002, message: "could not find rule", source: "a guess, no public example" },
  workerUnknown: {
    status: 404,
    code: 10007,
    message: "This Worker does not exist on your account.",
    source: distilled,
  },
  workerInUse: { status: 400, code: 10064, message: "this Worker is still in use", source: distilled },
  domainUnknown: { status: 404, code: 100114, message: "Workers domain not found", source: distilled },
  namespaceExists: {
    status: 400,
    code: 10014,
    message: "a namespace with this account ID and title already exists",
    source: distilled,
  },
  namespaceUnknown: { status: 404, code: 10013, message: "namespace not found", source: distilled },
} satisfies Readonly<Record<string, ApiError>>;

/** Whether Cloudflare was seen to answer with it, whatever numbers are in its words. */
export function isKnownError(answered: { status: number; code?: number | undefined; message: string }): boolean {
  const withoutNumbers = (text: string) => text.replaceAll(/\d+/g, "0");
  const known: readonly ApiError[] = Object.values(apiErrors);
  return known.some(
    ({ status, code, message }) =>
      status === answered.status &&
      code === answered.code &&
      withoutNumbers(message) === withoutNumbers(answered.message),
  );
}
