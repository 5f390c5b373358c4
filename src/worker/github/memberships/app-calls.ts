// Calls as one installation of the app: within its shared quota, and once more where GitHub does not know a new token
// yet.
import { type CallFailure, type CallOptions, type CallResult, type GitHubCalls, isOk } from "../calls.ts";
import type { Endpoint } from "../endpoints.ts";
import { type GitHubResponse, saysLimit } from "../outcomes.ts";
import type { QuotaUse, SharedLimit, SharedQuota } from "../shared-quota.ts";
import type { AppCredentials, Installation, InstallationToken } from "./app-credentials.ts";

/** GitHub's replicas learn of a new token within seconds; until then they refuse it. */
const newTokenMs = 5_000;
const waitMs = 500;

/** What one review's calls as an installation have in common. */
export interface AppCaller {
  readonly calls: GitHubCalls;
  readonly credentials: AppCredentials;
  readonly installation: Installation;
  /** For whom the calls are made. */
  readonly use: QuotaUse;
  /** Milliseconds. */
  readonly now: () => number;
  /** Tokens that REST has accepted once: a 404 is an answer to them, and no refusal. */
  readonly accepted: WeakSet<InstallationToken>;
  readonly wait: (ms: number) => Promise<void>;
}

export interface AppCallOptions<Body> extends Pick<CallOptions, "body" | "timeoutMs"> {
  readonly quota: SharedQuota;
  /** Whether a successful response refuses the token nevertheless, as GraphQL's do. */
  readonly isRefusal?: (body: Body) => boolean;
}

export async function callAsInstallation<Params, Body, Failure extends CallFailure>(
  caller: AppCaller,
  endpoint: Endpoint<Params, Body, Failure>,
  params: Params,
  { quota, isRefusal = () => false, ...options }: AppCallOptions<Body>,
): Promise<CallResult<Body, Failure> | SharedLimit> {
  const { calls, credentials, installation, use, now, accepted, wait } = caller;
  const { token } = installation;

  async function attempt() {
    const limit = quota.refusalOf(use);
    if (limit !== null) return { result: limit, status: null, isRefused: false };
    let last: GitHubResponse | null = null;
    const result = await calls.call(endpoint, params, {
      ...options,
      authorization: `Bearer ${token.value}`,
      validators: token.validators,
      onResponse: (response) => {
        last = response;
        quota.observe(response);
      },
    });
    const isAccepted = accepted.has(token);
    if (result.kind === "ok" && endpoint.path !== null) accepted.add(token);
    if (isOk(result) && result.notModified) quota.takeBack(use);
    return {
      result,
      ...readRefusal(last, isAccepted),
      ...(isOk(result) && isRefusal(result.body) ? { isRefused: true } : {}),
    };
  }

  let { result, status, isRefused } = await attempt();
  if (isRefused && now() - token.madeAt < newTokenMs && !calls.isOver()) {
    await wait(waitMs);
    ({ result, status } = await attempt());
  }
  if (status === 401) credentials.forgetToken(token);
  return result;
}

function readRefusal(
  response: GitHubResponse | null,
  isAccepted: boolean,
): { readonly status: number | null; readonly isRefused: boolean } {
  if (response === null || response.kind === "failed") return { status: null, isRefused: false };
  const { status } = response;
  return {
    status,
    isRefused: (status === 401 || status === 403 || (status === 404 && !isAccepted)) && !saysLimit(response),
  };
}
