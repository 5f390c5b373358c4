// The routes of both hostnames of the Worker, and what each of them checks, in order. Read this file first, then
// authenticate.ts.
import type { Context, Next } from "hono";
import { HonoBase as Hono } from "hono/hono-base";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { authenticate } from "./authenticate.ts";
import { clusterVariableName } from "./config/config.ts";
import { badRequest, methodNotAllowed, statusResponse, undeterminedResponse, verdictResponse } from "./http/answers.ts";
import { identifyCaller, type KnownCaller } from "./http/client-certificate.ts";
import { type RequestBody, readRequestBody } from "./http/request-body.ts";
import { maxReviewBytes, parseTokenReview } from "./http/token-review.ts";
import { createServicesOnce, type Environment, type Runtime, type Services, type SignInServices } from "./services.ts";
import { answerAuthorize } from "./sign-in/authorize.ts";
import { isFromOtherSite } from "./sign-in/browser-form.ts";
import { answerCallback } from "./sign-in/callback.ts";
import { callerAddress } from "./sign-in/caller-address.ts";
import { answerConsent } from "./sign-in/consent.ts";
import { authorizeDevice } from "./sign-in/device-authorization.ts";
import { describeProvider, publishKeys } from "./sign-in/discovery.ts";
import {
  errorAnswer,
  isFailure,
  type OAuthError,
  type OAuthResult,
  privateAnswer,
  publicAnswer,
  refusedToOtherSites,
  tooManyRequests,
  unavailable,
} from "./sign-in/oauth-error.ts";
import { tooManySignInsPage } from "./sign-in/pages.ts";
import type { Provider } from "./sign-in/provider.ts";
import { revokeToken } from "./sign-in/revoke.ts";
import { answerSignOut, askForSignOut } from "./sign-in/sign-out.ts";
import { grantTokens } from "./sign-in/token.ts";
import { tellUser } from "./sign-in/userinfo.ts";
import { undetermined } from "./verdict.ts";
import { version } from "./version.ts";

interface WebhookTypes {
  readonly Bindings: Environment;
}

/** A request whose client certificate names a cluster. */
interface ClusterRequest {
  readonly request: Request;
  readonly caller: KnownCaller;
  readonly services: Services;
  readonly startedAt: number;
}

interface SignInTypes {
  readonly Bindings: Environment;
  readonly Variables: {
    readonly signIn: SignInServices;
    readonly provider: Provider;
    /** What a handler for programs came to, where that is an error. */
    readonly error: OAuthError | undefined;
  };
}

type SignInContext = Context<SignInTypes>;

export interface App {
  /** Never rejects. */
  fetch(request: Request, env: Environment): Promise<Response>;
}

export function createApp(runtime: Runtime): App {
  const servicesOf = createServicesOnce(runtime);

  // The fastest of Hono's routers: with the smallest that takes paths exactly, a warm review costs 6 % more.
  const webhook = new Hono<WebhookTypes>({ router: new RegExpRouter() });
  webhook.get("/healthz", (c) => c.json({ status: "ok", version }));
  // One handler a path: Hono's way through several costs a tenth of a warm review.
  webhook.get("/readyz", requireClientCertificate(answerReadiness));
  webhook.post("/authenticate", requireClientCertificate(answerReview));
  webhook.notFound(({ req }) => answerUnmatched(webhook.routes, req.path));
  webhook.onError(answerThrown);

  // The OpenID provider. Pages first, then what programs ask for.
  const signIn = new Hono<SignInTypes>({ router: new RegExpRouter() });
  signIn.get("/healthz", (c) => c.json({ status: "ok", version }));
  signIn.get("/authorize", requireProvider, limitAuthorize, asPage(answerAuthorize));
  signIn.post("/authorize", requireProvider, limitAuthorize, asPage(answerAuthorize));
  signIn.get("/callback", requireProvider, asPage(answerCallback));
  signIn.post("/consent", requireProvider, asPage(answerConsent));
  signIn.get("/sign-out", requireProvider, asPage(askForSignOut));
  signIn.post("/sign-out", requireProvider, asPage(answerSignOut));
  signIn.get("/.well-known/openid-configuration", requireProvider, asPublic(describeProvider));
  signIn.get("/.well-known/oauth-authorization-server", requireProvider, asPublic(describeProvider));
  signIn.get("/.well-known/jwks.json", requireProvider, asPublic(publishKeys));
  // Each of the three says whether a client's secret is right, so they share the limit on failures.
  signIn.post(
    "/device_authorization",
    requireProvider,
    refuseOtherSites,
    limitFailures,
    limitDevices,
    asPrivate(authorizeDevice),
  );
  signIn.post("/token", requireProvider, refuseOtherSites, limitFailures, asPrivate(grantTokens));
  signIn.get("/userinfo", requireProvider, asPrivate(tellUser));
  signIn.post("/userinfo", requireProvider, asPrivate(tellUser));
  signIn.post("/revoke", requireProvider, refuseOtherSites, limitFailures, asPrivate(revokeToken));
  signIn.notFound(({ req }) => {
    const answer = answerUnmatched(signIn.routes, req.path);
    // A cache may keep a 404 otherwise, and this hostname is one that browsers see.
    answer.headers.set("Cache-Control", "no-store");
    return answer;
  });
  signIn.onError(answerThrownToClient);

  return {
    async fetch(request, env) {
      let isSignIn = false;
      try {
        // By the address alone: what is there on the one hostname is not there on the other one.
        const { signIn: there } = servicesOf(env);
        isSignIn = there !== null && request.url.startsWith(`${there.origin}/`);
        return await (isSignIn ? signIn : webhook).fetch(request, env);
      } catch (thrown) {
        // Hono hands only Errors to onError. Anything else that is thrown would end as the runtime's 500, and
        // kube-apiserver repeats a request that got a 500 five times.
        return isSignIn ? answerThrownToClient(thrown) : answerThrown(thrown);
      }
    },
  };

  /** Comes before the body is read: a caller that belongs to no cluster costs next to nothing. */
  function requireClientCertificate(answer: (asked: ClusterRequest) => Promise<Response>) {
    return (c: Context<WebhookTypes>): Response | Promise<Response> => {
      const startedAt = runtime.now();
      const services = servicesOf(c.env);
      const { raw: request } = c.req;
      const caller = identifyCaller(request.cf, services.config.clusters, startedAt);
      if (caller.kind === "cluster") return answer({ request, caller, services, startedAt });
      runtime.writeError(`refused a caller: ${caller.message}`);
      return statusResponse(403, caller.message, { cause: { reason: caller.refusal } });
    };
  }

  async function answerReadiness({ caller, services }: ClusterRequest): Promise<Response> {
    const { cluster, certificateDaysLeft } = caller;
    const question = { cluster: cluster.name, policy: cluster.policy, certificateDaysLeft };
    const report = await services.checkReadiness(question);
    return Response.json(report, { status: report.status === "ready" ? 200 : 503 });
  }

  async function answerReview({ request, caller, services, startedAt }: ClusterRequest): Promise<Response> {
    const body = await readRequestBody(request, maxReviewBytes);
    if (body.kind !== "complete") return answerIncomplete(body);
    const parsed = parseTokenReview(body.text);
    if (!parsed.ok) return badRequest(parsed.problem);
    const { cluster, certificateDaysLeft } = caller;
    const { service, decisionLog, warnOfNames } = services;
    const review = { door: "webhook", cluster: cluster.name, certificateDaysLeft, startedAt } as const;
    try {
      const { apiVersion, token } = parsed.review;
      const decision = await authenticate(token, cluster.name, cluster.policy, service);
      decisionLog.decided(review, decision, runtime.now());
      const decided = decision.kind === "evaluated" || decision.kind === "workflow" ? decision : null;
      if (decided !== null && decided.nameWarnings.length > 0) {
        warnOfNames(clusterVariableName(cluster.name), decided.nameWarnings);
      }
      const isRepeated = decided?.repeated === true;
      return verdictResponse(apiVersion, decision.verdict, isRepeated);
    } catch (thrown) {
      decisionLog.failed(review, runtime.now());
      throw thrown;
    }
  }

  function answerThrown(thrown: unknown): Response {
    writeThrown(thrown);
    return undeterminedResponse(undetermined("internal_error"));
  }

  async function requireProvider(c: SignInContext, next: Next): Promise<Response | undefined> {
    const { signIn: services } = servicesOf(c.env);
    // What exactly is wrong stands in the log and in readiness: this hostname is open to all.
    if (services?.provider.ok !== true) return errorAnswer(unavailable("The configuration of this service is wrong"));
    c.set("signIn", services);
    c.set("provider", services.provider.value);
    await next();
    return undefined;
  }

  async function limitAuthorize(c: SignInContext, next: Next): Promise<Response | undefined> {
    const address = callerAddress(c.req.raw);
    if (address !== null && !(await c.get("signIn").mayAuthorize(address))) return tooManySignInsPage();
    await next();
    return undefined;
  }

  async function limitDevices(c: SignInContext, next: Next): Promise<Response | undefined> {
    const address = callerAddress(c.req.raw);
    if (address !== null && !(await c.get("signIn").mayStartDevice(address))) return errorAnswer(tooManyRequests());
    await next();
    return undefined;
  }

  /** Counts after the fact: an office is one address, and what succeeds is no guess. */
  async function limitFailures(c: SignInContext, next: Next): Promise<Response | undefined> {
    const { failures } = c.get("signIn");
    const address = callerAddress(c.req.raw);
    if (address !== null && failures.isOver(address)) return errorAnswer(tooManyRequests());
    await next();
    const error = c.get("error");
    if (address !== null && error !== undefined && isFailure(error)) runtime.waitUntil(failures.add(address));
    return undefined;
  }

  function answerThrownToClient(thrown: unknown): Response {
    writeThrown(thrown);
    return errorAnswer(unavailable("This service has a fault: tell its operator"));
  }

  function writeThrown(thrown: unknown): void {
    runtime.writeError(`an exception: ${thrown instanceof Error ? stackOf(thrown) : "what was thrown is no Error"}`);
  }
}

/** Comes before the limits: a page that a person has open would use up those of the person's office. */
async function refuseOtherSites(c: SignInContext, next: Next): Promise<Response | undefined> {
  if (isFromOtherSite(c.req.raw)) return errorAnswer(refusedToOtherSites());
  await next();
  return undefined;
}

/** A handler that answers a browser. */
function asPage(handle: (request: Request, provider: Provider) => Promise<Response>) {
  return (c: SignInContext) => handle(c.req.raw, c.get("provider"));
}

/** A document that is the same for all. */
function asPublic(handle: (provider: Provider) => Promise<OAuthResult<object>>) {
  return async (c: SignInContext) => {
    const result = await handle(c.get("provider"));
    return result.kind === "ok" ? publicAnswer(result.value) : errorAnswer(result);
  };
}

/** A handler that answers one program. */
function asPrivate(handle: (request: Request, provider: Provider) => Promise<OAuthResult<object>>) {
  return async (c: SignInContext) => {
    const result = await handle(c.req.raw, c.get("provider"));
    if (result.kind === "ok") return privateAnswer(result.value);
    c.set("error", result);
    return errorAnswer(result);
  };
}

/** @returns 405 where the path is there for other methods, otherwise 404 */
function answerUnmatched(routes: Hono["routes"], path: string): Response {
  const methods = routes.flatMap((route) => (route.path === path ? methodsOf(route.method) : []));
  return methods.length === 0
    ? statusResponse(404, "there is nothing here")
    : methodNotAllowed([...new Set(methods)].join(", "));
}

/** Hono answers HEAD with what GET answers. */
function methodsOf(method: string): readonly string[] {
  return method === "GET" ? ["GET", "HEAD"] : [method];
}

function answerIncomplete({ kind }: Exclude<RequestBody, { kind: "complete" }>): Response {
  switch (kind) {
    case "too_large":
      return statusResponse(413, `body: must not be larger than ${maxReviewBytes} bytes`);
    case "broken":
      return badRequest({ field: "body", message: "ended early" });
    case "not_utf8":
      return badRequest({ field: "body", message: "must be UTF-8" });
  }
}

/**
 * @returns the error's class and where it was thrown, without its message: a message can quote what was being worked
 *   on, a token for example. A message can have several lines, so it is cut out as a whole; where that fails, no line
 *   counts as a frame.
 */
function stackOf({ name, message, stack = "" }: Error): string {
  const messageStart = stack.indexOf(message);
  const rest = messageStart < 0 ? "" : stack.slice(messageStart + message.length);
  const frames = rest.split("\n").filter((line) => /^\s+at /.test(line));
  return [/^[A-Za-z]{1,40}$/.test(name) ? name : "Error", ...frames].join("\n");
}
