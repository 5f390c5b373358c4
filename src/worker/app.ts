// Routes in the order in which a request meets them, and what is asked of a review: path, method, certificate, body. Read this file first, then authenticate.ts.
// This is also the only place where the real clock, network and log are wired in.
import { HonoBase as Hono } from "hono/hono-base";
import { authenticate, type Service } from "./authenticate.ts";
import { boundStoreOf, datasetOf, limitOf, storeOf } from "./bindings.ts";
import { createBreaker } from "./cache/breaker.ts";
import { deadline } from "./cache/deadline.ts";
import { createFactsCache } from "./cache/facts-cache.ts";
import { createKvCache } from "./cache/kv.ts";
import { createMemory } from "./cache/memory.ts";
import { createNegativeCache } from "./cache/negative-cache.ts";
import { createSealer } from "./cache/sealer.ts";
import type { Checked } from "./config/checked.ts";
import { type Config, clusterVariableName, readConfig } from "./config/config.ts";
import type { ServiceSettings } from "./config/service.ts";
import { ExactRouter } from "./exact-router.ts";
import { apiAddressOf } from "./github/api-address.ts";
import { createGitHubClient } from "./github/client.ts";
import { connectGitHub } from "./github/connect.ts";
import { statusResponse, verdictResponse } from "./http/answers.ts";
import { type Caller, identifyCaller } from "./http/client-certificate.ts";
import { readRequestBody } from "./http/request-body.ts";
import { maxReviewBytes, parseTokenReview } from "./http/token-review.ts";
import { createDecisionLog, type DecisionLog } from "./log/decision-log.ts";
import { createMetrics, type Metrics } from "./log/metrics.ts";
import { createReadiness } from "./readiness.ts";
import { undetermined } from "./verdict.ts";
import { version } from "./version.ts";

/** What the app needs from outside. */
export interface Runtime {
  readonly fetch: typeof fetch;
  /** Milliseconds. On Workers the clock stands still while code runs and moves on with I/O. */
  readonly now: () => number;
  /** Keeps work going after the answer. */
  readonly waitUntil: (work: Promise<void>) => void;
  /** Takes one line of the decision log. */
  readonly writeLine: (line: string) => void;
  /** Takes trouble of our own. */
  readonly writeError: (text: string) => void;
}

export interface AppTypes {
  readonly Bindings: Record<string, unknown>;
}

export function createApp(runtime: Runtime): Hono<AppTypes> {
  const app = new Hono<AppTypes>({ router: new ExactRouter() });
  const deploymentOf = createDeployments(runtime);
  const warnOnce = createWarnOnce(runtime.writeError);

  app.get("/healthz", (c) => c.json({ status: "ok", version }));
  app.all("/healthz", () => statusResponse(405, "only GET and HEAD are served here", { Allow: "GET, HEAD" }));

  app.get("/readyz", (c) => answerReadiness(c.req.raw, c.env).catch(answerThrown));
  app.all("/readyz", () => statusResponse(405, "only GET and HEAD are served here", { Allow: "GET, HEAD" }));

  // Hono hands only Errors to onError. Whatever else is thrown would end as the runtime's 500, which the apiserver asks for five times.
  app.post("/authenticate", (c) => answerReview(c.req.raw, c.env).catch(answerThrown));
  app.all("/authenticate", () => statusResponse(405, "only POST is served here", { Allow: "POST" }));

  app.notFound(() => statusResponse(404, "there is nothing here"));
  app.onError(answerThrown);
  return app;

  async function answerReview(request: Request, env: AppTypes["Bindings"]): Promise<Response> {
    const startedAt = runtime.now();
    const { config, service, decisionLog } = deploymentOf(env);

    const caller = identifyCaller(request.cf, config.clusters, startedAt);
    if (caller.kind === "refused") return refuse(caller);
    const { cluster, certificateDaysLeft } = caller;

    const body = await readRequestBody(request, maxReviewBytes);
    if (body.kind === "too_large") return statusResponse(413, `body: must not be larger than ${maxReviewBytes} bytes`);
    if (body.kind === "broken") return statusResponse(400, "body: ended early");
    if (body.kind === "not_utf8") return statusResponse(400, "body: must be UTF-8");
    const parsed = parseTokenReview(body.text);
    if (!parsed.ok) return statusResponse(400, parsed.message);

    const review = { cluster: cluster.name, certificateDaysLeft, startedAt };
    try {
      const { apiVersion, token } = parsed.review;
      const decision = await authenticate(token, cluster.name, cluster.policy, service);
      decisionLog.decided(review, decision, runtime.now());
      if (decision.kind === "evaluated") {
        for (const warning of decision.nameWarnings) warnOnce(`${clusterVariableName(cluster.name)}: ${warning}`);
      }
      return verdictResponse(apiVersion, decision.verdict);
    } catch (thrown) {
      decisionLog.failed(review, runtime.now());
      throw thrown;
    }
  }

  async function answerReadiness(request: Request, env: AppTypes["Bindings"]): Promise<Response> {
    const { config, checkReadiness } = deploymentOf(env);
    const caller = identifyCaller(request.cf, config.clusters, runtime.now());
    if (caller.kind === "refused") return refuse(caller);
    const { cluster, certificateDaysLeft } = caller;
    const report = await checkReadiness({ cluster: cluster.name, policy: cluster.policy, certificateDaysLeft });
    return Response.json(report, { status: report.status === "ready" ? 200 : 503 });
  }

  function refuse({ message }: Caller & { kind: "refused" }): Response {
    runtime.writeError(`refused a caller: ${message}`);
    return statusResponse(403, message);
  }

  function answerThrown(thrown: unknown): Response {
    const what = thrown instanceof Error ? stackOf(thrown) : "something that is no Error was thrown";
    runtime.writeError(`an exception: ${what}`);
    return statusResponse(503, undetermined("internal_error").message);
  }
}

interface Deployment {
  readonly config: Config;
  readonly service: Checked<Service>;
  readonly decisionLog: DecisionLog;
  readonly checkReadiness: ReturnType<typeof createReadiness>;
}

/** Reads the configuration once an isolate: the runtime hands over the same environment object with every request. */
function createDeployments(runtime: Runtime): (env: Record<string, unknown>) => Deployment {
  const known = new WeakMap<object, Deployment>();
  return (env) => {
    const earlier = known.get(env);
    if (earlier !== undefined) return earlier;
    const deployment = deploy(env, runtime);
    known.set(env, deployment);
    return deployment;
  };
}

function deploy(env: Record<string, unknown>, runtime: Runtime): Deployment {
  const config = readConfig(env);
  const { fetch, now, writeLine, writeError } = runtime;
  const dataset = datasetOf(env.METRICS);
  const metrics = dataset === null ? null : createMetrics(dataset, writeError);
  const githubUrl = config.service.ok ? apiAddressOf(config.service.value.githubApiUrl).restUrl : null;
  const store = boundStoreOf(env.KV);
  return {
    config,
    service: config.service.ok ? serviceOf(config.service.value, env, runtime, metrics) : config.service,
    decisionLog: createDecisionLog(writeLine, metrics),
    checkReadiness: createReadiness({ service: config.service, githubUrl, store, fetch, now, deadline }),
  };
}

function serviceOf(
  settings: ServiceSettings,
  env: Record<string, unknown>,
  { fetch, now, waitUntil, writeError }: Runtime,
  metrics: Metrics | null,
): Checked<Service> {
  const api = apiAddressOf(settings.githubApiUrl);
  const client = createGitHubClient({ fetch, writeWarning: writeError });
  // What the person's own token sees and what an app sees differ, so neither takes over what the other remembers.
  const scope = `${api.restUrl} ${settings.githubApp === null ? "own-token" : "app"}`;
  const warnOfKv = (text: string) => {
    writeError(text);
    metrics?.kvFault();
  };
  const sealer = createSealer(settings.cacheSecret, scope);
  const factsCache = createFactsCache({
    github: connectGitHub(client, api, settings, now),
    memory: createMemory(now),
    kv: createKvCache({ store: storeOf(env.KV), sealer, now, deadline, writeWarning: warnOfKv }),
    negative: createNegativeCache(),
    nameOf: sealer.nameOf,
    breaker: createBreaker(),
    admitNeverSeen: limitOf(env.NEVER_SEEN_LIMIT, writeError),
    lifetimes: { ttlMs: settings.cacheTtlSeconds * 1000, graceMs: settings.outageGraceSeconds * 1000 },
    now,
    waitUntil,
  });
  return { ok: true, value: { factsCache, tokenShape: settings.tokenShape } };
}

/** Says each thing once an isolate, and not without end. */
function createWarnOnce(write: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text) || said.size >= maxWarnings) return;
    said.add(text);
    write(text);
  };
}

const maxWarnings = 1000;

/**
 * The error's class and where it was thrown, without its message: a message can quote whatever was being worked on, also a token. It can have several
 * lines, so it is cut out as a whole; where that fails, no frame is believed to be one.
 */
function stackOf({ name, message, stack = "" }: Error): string {
  const messageStart = stack.indexOf(message);
  const rest = messageStart < 0 ? "" : stack.slice(messageStart + message.length);
  const frames = rest.split("\n").filter((line) => /^\s+at /.test(line));
  return [/^[A-Za-z]{1,40}$/.test(name) ? name : "Error", ...frames].join("\n");
}
