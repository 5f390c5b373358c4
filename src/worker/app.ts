// The routes of the Worker, and what each of them checks, in order. Read this file first, then authenticate.ts.
import type { Context, Next } from "hono";
import { HonoBase as Hono } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import { authenticate } from "./authenticate.ts";
import { badRequest, methodNotAllowed, statusResponse, undeterminedResponse, verdictResponse } from "./http/answers.ts";
import { identifyCaller, type KnownCaller } from "./http/client-certificate.ts";
import { readRequestBody } from "./http/request-body.ts";
import { maxReviewBytes, parseTokenReview } from "./http/token-review.ts";
import { createServicesOnce, type Environment, type Runtime, type Services } from "./services.ts";
import { undetermined } from "./verdict.ts";
import { version } from "./version.ts";

interface AppTypes {
  readonly Bindings: Environment;
  /** What the checks of a route find out for its handler. */
  readonly Variables: {
    readonly startedAt: number;
    readonly services: Services;
    readonly caller: KnownCaller;
    readonly body: string;
  };
}

type AppContext = Context<AppTypes>;

export interface App {
  /** Never rejects. */
  fetch(request: Request, env: Environment): Promise<Response>;
}

export function createApp(runtime: Runtime): App {
  const servicesOf = createServicesOnce(runtime);

  // The smallest of Hono's routers that takes paths exactly. Two smaller ones take "/authenticate/" for
  // "/authenticate", and the default would add 1.8 KiB to the 34 of the bundle. A warm review costs the same with
  // each.
  const webhook = new Hono<AppTypes>({ router: new TrieRouter() });
  webhook.get("/healthz", (c) => c.json({ status: "ok", version }));
  webhook.get("/readyz", requireClientCertificate, answerReadiness);
  webhook.post("/authenticate", requireClientCertificate, limitBody, answerReview);
  webhook.all("/healthz", () => methodNotAllowed("GET, HEAD"));
  webhook.all("/readyz", () => methodNotAllowed("GET, HEAD"));
  webhook.all("/authenticate", () => methodNotAllowed("POST"));
  webhook.notFound(() => statusResponse(404, "there is nothing here"));
  webhook.onError(answerThrown);

  return {
    async fetch(request, env) {
      try {
        return await webhook.fetch(request, env);
      } catch (thrown) {
        // Hono hands only Errors to onError. Anything else that is thrown would end as the runtime's 500, and
        // kube-apiserver repeats a request that got a 500 five times.
        return answerThrown(thrown);
      }
    },
  };

  /** Comes before the body is read: a caller that belongs to no cluster costs next to nothing. */
  async function requireClientCertificate(c: AppContext, next: Next): Promise<Response | undefined> {
    const startedAt = runtime.now();
    const services = servicesOf(c.env);
    const caller = identifyCaller(c.req.raw.cf, services.config.clusters, startedAt);
    if (caller.kind === "refused") {
      runtime.writeError(`refused a caller: ${caller.message}`);
      return statusResponse(403, caller.message, { cause: { reason: caller.refusal } });
    }
    c.set("startedAt", startedAt);
    c.set("services", services);
    c.set("caller", caller);
    await next();
    return undefined;
  }

  async function answerReadiness(c: AppContext): Promise<Response> {
    const { cluster, certificateDaysLeft } = c.get("caller");
    const question = { cluster: cluster.name, policy: cluster.policy, certificateDaysLeft };
    const report = await c.get("services").checkReadiness(question);
    return Response.json(report, { status: report.status === "ready" ? 200 : 503 });
  }

  async function answerReview(c: AppContext): Promise<Response> {
    const parsed = parseTokenReview(c.get("body"));
    if (!parsed.ok) return badRequest(parsed.problem);
    const { cluster, certificateDaysLeft } = c.get("caller");
    const { service, decisionLog, warnOfNames } = c.get("services");
    const review = { cluster: cluster.name, certificateDaysLeft, startedAt: c.get("startedAt") };
    try {
      const { apiVersion, token } = parsed.review;
      const decision = await authenticate(token, cluster.name, cluster.policy, service);
      decisionLog.decided(review, decision, runtime.now());
      if (decision.kind === "evaluated") warnOfNames(cluster.name, decision.nameWarnings);
      const isRepeated = decision.kind === "evaluated" && decision.repeated === true;
      return verdictResponse(apiVersion, decision.verdict, isRepeated);
    } catch (thrown) {
      decisionLog.failed(review, runtime.now());
      throw thrown;
    }
  }

  function answerThrown(thrown: unknown): Response {
    runtime.writeError(`an exception: ${thrown instanceof Error ? stackOf(thrown) : "what was thrown is no Error"}`);
    return undeterminedResponse(undetermined("internal_error"));
  }
}

async function limitBody(c: AppContext, next: Next): Promise<Response | undefined> {
  const body = await readRequestBody(c.req.raw, maxReviewBytes);
  switch (body.kind) {
    case "too_large":
      return statusResponse(413, `body: must not be larger than ${maxReviewBytes} bytes`);
    case "broken":
      return badRequest({ field: "body", message: "ended early" });
    case "not_utf8":
      return badRequest({ field: "body", message: "must be UTF-8" });
    case "complete":
      c.set("body", body.text);
      await next();
      return undefined;
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
