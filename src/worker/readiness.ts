// Readiness of the Worker, part by part: the answer to `GET /readyz`. What KV and GitHub said is kept for some
// seconds, as values and not as promises, so that a caller that asks in a loop burdens neither.
import type { KeyValueStore } from "./cache/kv.ts";
import { type Checked, describeProblems, type Problem } from "./config/checked.ts";
import { version } from "./version.ts";
import { withTimeout } from "./with-timeout.ts";

export interface PartState {
  /**
   * "not_bound": the deployment has no such binding, and works without it. "not_checked": the configuration does not
   * say where it is.
   */
  readonly state: "ok" | "failed" | "not_bound" | "not_checked";
  readonly durationMs: number;
  /** What is wrong; beside "ok", what an operator should look at. */
  readonly problem?: string;
}

export interface ReadinessReport {
  readonly status: "ready" | "not_ready";
  readonly version: string;
  readonly cluster: string;
  readonly certificateDaysLeft: number | null;
  /** When KV and GitHub were asked. */
  readonly checkedAt: string;
  readonly parts: {
    readonly configuration: PartState;
    readonly kv: PartState;
    readonly github: PartState;
    /** Only where there is a sign-in hostname. */
    readonly signIn?: PartState;
  };
}

/** The asking cluster. */
export interface ReadinessQuestion {
  readonly cluster: string;
  readonly policy: Checked<unknown>;
  readonly certificateDaysLeft: number | null;
}

export interface ReadinessOptions {
  readonly service: Checked<unknown>;
  /** What in the environment means nothing to this release. */
  readonly unknownNames: readonly Problem[];
  /** GitHub's REST address, or null where the configuration does not say it. */
  readonly githubUrl: string | null;
  /**
   * Null without a sign-in hostname. Otherwise what is wrong with it, or, beside a right one, what an operator should
   * look at.
   */
  readonly signIn: (() => Promise<Checked<string | null>>) | null;
  /** Null where none is bound. */
  readonly store: KeyValueStore | null;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

interface Outside {
  readonly checkedAt: number;
  readonly kv: PartState;
  readonly github: PartState;
}

export const rememberMs = 10_000;
/** For each part; they are asked at the same time. */
export const timeoutMs = 2_000;
/** The name of no entry: those are longer, and begin with a version. */
const probeName = "readyz";

export type Readiness = (question: ReadinessQuestion) => Promise<ReadinessReport>;

export function createReadiness(options: ReadinessOptions): Readiness {
  const { service, unknownNames, store, githubUrl, now } = options;
  let known: Outside | null = null;
  let checkingSince = Number.NEGATIVE_INFINITY;

  async function measured(check: () => Promise<Omit<PartState, "durationMs">>): Promise<PartState> {
    const startedAt = now();
    const late = () => failed(`did not answer within ${timeoutMs} ms`);
    const result = await withTimeout(check(), timeoutMs).catch(late);
    return { ...result, durationMs: now() - startedAt };
  }

  async function outside(): Promise<Outside> {
    const isFresh = known !== null && now() - known.checkedAt < rememberMs;
    const isUnderWay = now() - checkingSince < timeoutMs;
    // While one request asks, the others get what was known before.
    if (known !== null && (isFresh || isUnderWay)) return known;
    checkingSince = now();
    const [kv, github] = await Promise.all([
      measured(() => checkStore(store)),
      measured(() => checkGitHub(githubUrl, options.fetch)),
    ]);
    known = { checkedAt: checkingSince, kv, github };
    return known;
  }

  return async ({ cluster, policy, certificateDaysLeft }) => {
    const configuration = checkConfiguration([service, policy], unknownNames);
    const { checkedAt, kv, github } = await outside();
    const { signIn: checkSignIn } = options;
    const signIn = checkSignIn === null ? null : await measured(async () => stateOf(await checkSignIn()));
    const parts = { configuration, kv, github, ...(signIn === null ? {} : { signIn }) };
    const isReady = Object.values(parts).every(({ state }) => state === "ok" || state === "not_bound");
    return {
      status: isReady ? "ready" : "not_ready",
      version,
      cluster,
      certificateDaysLeft,
      checkedAt: new Date(checkedAt).toISOString(),
      parts,
    };
  };
}

type Check = Omit<PartState, "durationMs">;

function failed(problem: string): Check {
  return { state: "failed", problem };
}

function checkConfiguration(parts: readonly Checked<unknown>[], unknownNames: readonly Problem[]): PartState {
  const problems = parts.flatMap((part) => (part.ok ? [] : part.problems));
  if (problems.length > 0) return { ...failed(describeProblems(problems)), durationMs: 0 };
  return { state: "ok", durationMs: 0, ...(unknownNames.length > 0 && { problem: describeProblems(unknownNames) }) };
}

function stateOf(part: Checked<string | null>): Check {
  if (!part.ok) return failed(describeProblems(part.problems));
  return { state: "ok", ...(part.value !== null && { problem: part.value }) };
}

async function checkStore(store: KeyValueStore | null): Promise<Check> {
  if (store === null) return { state: "not_bound", problem: "KV is not bound: each location has a cache of its own" };
  try {
    await store.get(probeName);
    return { state: "ok" };
  } catch {
    return failed("a read failed");
  }
}

/**
 * Asks without a token, and where it costs no quota: `GET /rate_limit`. Other users of this address may have spent its
 * anonymous quota all the same, and an Enterprise Server may demand a token or have no limits. Each such answer shows
 * that GitHub is there, if it carries the id that GitHub gives to every request.
 */
async function checkGitHub(url: string | null, fetchFrom: typeof fetch): Promise<Check> {
  if (url === null) return { state: "not_checked", problem: "the configuration is wrong" };
  let response: Response;
  try {
    response = await fetchFrom(`${url}/rate_limit`, {
      headers: { Accept: "application/vnd.github+json", "User-Agent": `octogate/${version}` },
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    return failed("could not be reached");
  }
  // Not awaited: a peer that hangs may hang here, too.
  response.body?.cancel().catch(() => undefined);
  const { status, headers } = response;
  if (!headers.has("x-github-request-id"))
    return failed(`answered ${status}, but not as GitHub does: is GITHUB_API_URL right?`);
  return [200, 401, 403, 404, 429].includes(status) ? { state: "ok" } : failed(`answered ${status}`);
}
