// Builds what a request needs from the environment: configuration, GitHub, cache, log. Once an isolate.
import type { Service } from "./authenticate.ts";
import { boundStoreOf, datasetOf, type LimiterName, limitOf, missingLimiter, storeOf } from "./bindings.ts";
import { createBreaker } from "./cache/breaker.ts";
import { createFactsCache, endAccess } from "./cache/facts-cache.ts";
import { createKvCache, createSealedKv } from "./cache/kv.ts";
import type { CacheParts } from "./cache/lookup.ts";
import { createMemory } from "./cache/memory.ts";
import { createNegativeCache } from "./cache/negative-cache.ts";
import { createSealer } from "./cache/sealer.ts";
import { createTeamLists } from "./cache/team-lists.ts";
import { type Checked, describeProblems, type Problem } from "./config/checked.ts";
import { type Config, problemsInSignIn, readConfig } from "./config/config.ts";
import type { ServiceSettings } from "./config/service.ts";
import type { SignInSettings } from "./config/sign-in.ts";
import type { WorkflowSettings } from "./config/workflows.ts";
import { apiAddressOf } from "./github/api-address.ts";
import { createGitHubClient, type GitHubClient } from "./github/client.ts";
import { connectGitHub } from "./github/connect.ts";
import { createDecisionLog, type DecisionLog } from "./log/decision-log.ts";
import { createMetrics, type Metrics } from "./log/metrics.ts";
import { createReadiness, type Readiness } from "./readiness.ts";
import { createRepeatedDenials } from "./repeated-denials.ts";
import { createProvider } from "./sign-in/create-provider.ts";
import { createFailureLimit, type FailureLimit } from "./sign-in/failure-limit.ts";
import type { Provider } from "./sign-in/provider.ts";
import { describeLeftOut } from "./sign-in/signing-keys.ts";
import type { ResponseCache } from "./sign-in/used-codes.ts";
import { keySetSchema, maxKeySetBytes } from "./workflows/key-set.ts";
import { createActionsKeys } from "./workflows/keys.ts";
import { createWorkflowVerifier, leewaySeconds, type WorkflowVerifier } from "./workflows/verify.ts";

/** Variables, secrets and bindings by name. */
export type Environment = Readonly<Record<string, unknown>>;

/** What the Worker needs from its runtime; a test hands in its own. */
export interface Runtime {
  readonly fetch: typeof fetch;
  /** Milliseconds. On Workers the clock stands still while code runs and moves on with I/O. */
  readonly now: () => number;
  /** Of this location. */
  readonly cache?: ResponseCache;
  /** Keeps work going after the response. */
  readonly waitUntil: (work: Promise<void>) => void;
  /** Takes one line of the decision log. */
  readonly writeLine: (line: string) => void;
  /** Takes faults and warnings, for the operator. */
  readonly writeError: (text: string) => void;
}

export interface Services {
  readonly config: Config;
  /** Not ok where the configuration of the whole deployment is wrong. */
  readonly service: Checked<Service>;
  readonly decisionLog: DecisionLog;
  readonly checkReadiness: Readiness;
  /** Writes each warning about the names of a cluster's or client's variable once. */
  readonly warnOfNames: (variable: string, warnings: readonly string[]) => void;
  /** The sign-in hostname; null where there is none. */
  readonly signIn: SignInServices | null;
}

export interface SignInServices {
  /** Scheme, host and port of ISSUER_URL. */
  readonly origin: string;
  /** Not ok where the configuration of the sign-in is wrong: that touches no review. */
  readonly provider: Checked<Provider>;
  /** Each tells whether one more request of an address is within its limit. */
  readonly mayAuthorize: (address: string) => Promise<boolean>;
  readonly mayStartDevice: (address: string) => Promise<boolean>;
  /** Wrong codes, tokens and secrets. */
  readonly failures: FailureLimit;
}

/** @returns the services of an environment; the runtime hands over the same object with every request */
export function createServicesOnce(runtime: Runtime): (env: Environment) => Services {
  const created = new WeakMap<Environment, Services>();
  return (env) => {
    const earlier = created.get(env);
    if (earlier !== undefined) return earlier;
    const services = createServices(env, runtime);
    created.set(env, services);
    return services;
  };
}

function createServices(env: Environment, runtime: Runtime): Services {
  const config = readConfig(env);
  const { fetch, now, writeLine, writeError } = runtime;
  for (const { setting, message } of config.unknownNames) writeError(`${setting}: ${message}`);
  const dataset = datasetOf(env.METRICS);
  const metrics = dataset === null ? null : createMetrics(dataset, writeError);
  const log = { decisionLog: createDecisionLog(writeLine, metrics), warnOfNames: createNameWarnings(writeError) };
  const github: Checked<GitHubAccess> = config.service.ok
    ? { ok: true, value: accessGitHub(config.service.value, workflowsOf(config), env, runtime, metrics) }
    : config.service;
  const wrong = problemsInSignIn(config);
  if (wrong.length > 0) writeError(`people are kept from signing in: ${describeProblems(wrong)}`);
  const signIn = signInOf(config, github, log, env, runtime);
  return {
    config,
    ...log,
    service: github.ok ? { ok: true, value: github.value.webhook } : github,
    signIn,
    checkReadiness: createReadiness({
      ...config,
      githubUrl: github.ok ? github.value.restUrl : null,
      store: boundStoreOf(env.KV),
      signIn: config.signIn === null ? null : () => checkSignIn(signIn, wrong, env),
      fetch,
      now,
    }),
  };
}

function workflowsOf({ workflows }: Config): WorkflowSettings | null {
  return workflows.ok ? workflows.value : null;
}

/** GitHub's facts, by one memory and one KV for all: the ways to them differ in whom they let ask. */
interface GitHubAccess {
  readonly restUrl: string;
  readonly client: GitHubClient;
  readonly webhook: Service;
  /** For tokens that GitHub has just given out, or that come out of our seal: they count toward no cap. */
  readonly signIn: Service;
  /** For tokens that people bring to an exchange: a cap of its own, so that it never spends the webhook's. */
  readonly exchange: Service;
  /** Leaves a tombstone for a token that has ended. */
  readonly endAccess: (token: string) => Promise<void>;
}

function accessGitHub(
  settings: ServiceSettings,
  workflows: WorkflowSettings | null,
  env: Environment,
  { fetch, now, waitUntil, writeError }: Runtime,
  metrics: Metrics | null,
): GitHubAccess {
  const api = apiAddressOf(settings.githubApiUrl);
  const client = createGitHubClient({ fetch, writeWarning: writeError });
  // A user's own token and an app see different memberships, so neither uses what the other has cached.
  const sealer = createSealer(
    settings.cacheSecret,
    `${api.restUrl} ${settings.githubApp === null ? "own-token" : "app"}`,
  );
  const writeWarning = (text: string) => {
    writeError(text);
    metrics?.kvFault();
  };
  const kvOptions = { store: storeOf(env.KV), sealer, now, writeWarning };
  const admitNeverSeen = limitOf("NEVER_SEEN_LIMIT", env.NEVER_SEEN_LIMIT, writeError);
  const teamLists = createTeamLists();
  const parts: CacheParts = {
    github: connectGitHub(client, api, settings, now),
    memory: createMemory(now),
    kv: createKvCache(kvOptions),
    negative: createNegativeCache(),
    nameOf: sealer.nameOf,
    breaker: createBreaker(),
    teamLists,
    admitNeverSeen,
    lifetimes: {
      ttlMs: settings.cacheTtlSeconds * 1000,
      graceMs: settings.outageGraceSeconds * 1000,
      hasAnothers: teamLists.hasAnothers,
    },
    now,
    writeWarning: writeError,
    waitUntil,
  };
  const repeatedDenials = createRepeatedDenials();
  const { tokenShape } = settings;
  const verifierWith = workflows === null ? () => null : verifierOf(workflows.actionsIssuerUrl);
  /** A repeated denial is answered in another way to kube-apiserver alone. */
  const serviceWith = (admit: CacheParts["admitNeverSeen"], verifier: WorkflowVerifier | null): Service => ({
    factsCache: createFactsCache({ ...parts, admitNeverSeen: admit }),
    tokenShape,
    workflows: verifier,
    isRepeatedDenial: () => false,
  });
  return {
    restUrl: api.restUrl,
    client,
    webhook: {
      factsCache: createFactsCache(parts),
      tokenShape,
      workflows: verifierWith(leewaySeconds),
      isRepeatedDenial: (cluster, credentialId) => repeatedDenials.add(cluster, credentialId, now()),
    },
    signIn: serviceWith(() => Promise.resolve(true), null),
    // An ID token must not be made from one that has ended.
    exchange: serviceWith((client) => admitNeverSeen(`exchange ${client}`), verifierWith(0)),
    endAccess: (token) => endAccess(parts, token),
  };

  /** One set of keys for both doors. */
  function verifierOf(issuerUrl: string): (expiryLeewaySeconds: number) => WorkflowVerifier {
    const kv = createSealedKv(kvOptions, keySetSchema);
    // No token is the same text, so no facts are kept under this name.
    const named = sealer.nameOf.bind(null, `the keys of ${issuerUrl}`);
    const keys = createActionsKeys({
      issuerUrl,
      client: createGitHubClient({ fetch, maxBytes: maxKeySetBytes, writeWarning: writeError }),
      store: { read: async () => kv.read(await named()), write: async (set) => kv.write(await named(), set) },
      graceMs: parts.lifetimes.graceMs,
      now,
      waitUntil,
      writeWarning: writeError,
    });
    const { host } = api;
    return (expiryLeewaySeconds) => createWorkflowVerifier({ issuerUrl, host, keys, expiryLeewaySeconds, now });
  }
}

/** @returns null where there is no client, or no address at which it could be asked */
function signInOf(
  { signIn, issuerUrl, clients }: Config,
  github: Checked<GitHubAccess>,
  log: Pick<Services, "decisionLog" | "warnOfNames">,
  env: Environment,
  runtime: Runtime,
): SignInServices | null {
  if (signIn === null || issuerUrl === null) return null;
  const { now, writeError } = runtime;
  const limit = (name: LimiterName) => limitOf(name, env[name], writeError);
  return {
    origin: new URL(issuerUrl).origin,
    provider: providerOf(signIn),
    mayAuthorize: limit("AUTHORIZE_LIMIT"),
    mayStartDevice: limit("DEVICE_LIMIT"),
    failures: createFailureLimit(limit("TOKEN_FAILURE_LIMIT"), now),
  };

  function providerOf(settings: Checked<SignInSettings>): Checked<Provider> {
    if (!github.ok) return github;
    if (!settings.ok) return settings;
    return {
      ok: true,
      value: createProvider({ ...runtime, ...log, settings: settings.value, clients, github: github.value }),
    };
  }
}

/**
 * What readiness says about the sign-in: its settings, its clients' policies, its keys, and limiters that are missing.
 *
 * @param wrong what its configuration has
 */
async function checkSignIn(
  signIn: SignInServices | null,
  wrong: readonly Problem[],
  env: Environment,
): Promise<Checked<string | null>> {
  if (wrong.length > 0 || signIn === null) return { ok: false, problems: wrong };
  const keys = signIn.provider.ok ? await signIn.provider.value.signingKeys() : signIn.provider;
  if (!keys.ok) return keys;
  const { leftOut } = keys.value;
  const warnings = [
    leftOut.length === 0 ? null : describeLeftOut(leftOut),
    ...signInLimiters.map((name) => missingLimiter(name, env[name])),
  ].filter((text) => text !== null);
  return { ok: true, value: warnings.length === 0 ? null : warnings.join("; ") };
}

const signInLimiters = ["AUTHORIZE_LIMIT", "DEVICE_LIMIT", "TOKEN_FAILURE_LIMIT"] as const satisfies LimiterName[];

/** There is a warning for each name that users bring along, so their number is bounded. */
const maxNameWarnings = 1000;

function createNameWarnings(writeError: (text: string) => void): Services["warnOfNames"] {
  const written = new Set<string>();
  return (variable, warnings) => {
    for (const warning of warnings) {
      const text = `${variable}: ${warning}`;
      if (written.has(text) || written.size >= maxNameWarnings) continue;
      written.add(text);
      writeError(text);
    }
  };
}
