// Two Workers on one KV, as two locations are: what one has learnt the other knows, and what one has seen refused the
// other does not bring back. A third one has another secret, and sees nothing of it.
import { randomBytes } from "node:crypto";
import type { DispatchFetch } from "miniflare";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createTestHarness, type TestHarness } from "wrangler";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { verifiedCertificate } from "../../support/client-auth.ts";
import { credentialIdOf } from "../../support/credential-id.ts";
import { clockAheadHeader, instrumentedWorker, metersPath } from "../../support/instruments.ts";
import { guardOutbound, type OutboundGuard } from "../../support/outbound-guard.ts";
import { reviewBody } from "../../support/review-body.ts";
import { repositoryRoot, workerConfig } from "../../support/worker-config.ts";
import { type DecisionLine, logDeadline } from "../../support/worker-harness.ts";

type FetchInit = NonNullable<Parameters<DispatchFetch>[1]>;
type WorkerName = "one" | "other" | "foreign";

const ttlMs = 60_000;
const fingerprint = randomBytes(32).toString("hex");
const policy = { client_certificates: [fingerprint], allow: ["anyone"], token_kinds: ["classic"] };

let github: GitHubStandIn;
let guard: OutboundGuard;
let harness: TestHarness;
let mona: StandInAccount;
beforeAll(async () => {
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  process.env.WRANGLER_SEND_METRICS = "false";
  github = await startGitHubStandIn();
  mona = github.addAccount({ login: "mona" });
  guard = guardOutbound(github.url);
  const shared = randomBytes(32).toString("base64");
  const workerOf = (name: WorkerName, secret: string) => {
    const variables = { GITHUB_API_URL: github.url, CACHE_TTL_SECONDS: ttlMs / 1000, CLUSTER_PRODUCTION: policy };
    const config = workerConfig({ ...variables, CACHE_SECRET: secret }, instrumentedWorker);
    return { config: { ...config, name, kv_namespaces: [{ binding: "KV", id: "shared" }] } };
  };
  const workers = [workerOf("one", shared), workerOf("other", shared), workerOf("foreign", randomSecret())];
  harness = createTestHarness({ root: repositoryRoot, workers });
  await harness.listen();
});
afterAll(async () => {
  await harness?.close();
  guard?.remove();
  await github?.close();
});
beforeEach(() => {
  github.setFault("everyone", null);
  github.requests.length = 0;
});

const newToken = () => github.issueToken(mona, { kind: "classic" });

/** A review at one of the Workers, and what it logged about it. */
async function review(name: WorkerName, token: string, aheadMs = 0) {
  const about = decisionsAbout(token).length;
  const cf: Readonly<Record<string, unknown>> = {
    tlsClientAuth: verifiedCertificate(fingerprint, new Date(Date.now() + 24 * 60 * 60 * 1000)),
  };
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", [clockAheadHeader]: String(aheadMs) },
    body: reviewBody(token),
    cf,
  };
  // The type assertion is for cf: the types want all that Cloudflare says about a request.
  const response = await harness.getWorker(name).fetch("http://octogate.test/authenticate", init as FetchInit);
  const body = await response.text();
  const decision = await vi.waitFor(() => {
    const line = decisionsAbout(token)[about];
    if (line === undefined) throw new Error("no decision yet");
    return line;
  }, logDeadline);
  // What it writes to KV goes on after the answer.
  await vi.waitFor(async () => {
    const meters = await harness.getWorker(name).fetch(`http://octogate.test${metersPath}`);
    expect(await meters.json()).toMatchObject({ underWay: 0 });
  }, logDeadline);
  return { status: response.status, body, decision };
}

function decisionsAbout(token: string): DecisionLine[] {
  const credentialId = credentialIdOf(token);
  return harness
    .getLogs()
    .filter(({ message }) => message.startsWith("{"))
    .map(({ message }) => JSON.parse(message))
    .filter((line) => line.credentialId === credentialId);
}

test("one learns from KV what the other has asked GitHub", async () => {
  const token = newToken();
  const asked = await review("one", token);
  expect(asked.decision.source).toBe("github");

  github.setFault("everyone", { kind: "hang" });
  const learnt = await review("other", token);

  expect(learnt).toMatchObject({ status: 200, decision: { source: "kv", verdict: "authenticated" } });
  expect(learnt.body).toBe(asked.body);
  expect(github.requests).toHaveLength(1);
});

test("one sees a token refused, GitHub goes down, the other refuses it, too", async () => {
  const [revoked, good] = [newToken(), newToken()];
  for (const token of [revoked, good]) {
    await review("one", token);
    // So the other has it in its own memory, and would be entitled to grace.
    expect((await review("other", token)).decision.source).toBe("kv");
  }
  github.revokeToken(revoked);
  expect((await review("one", revoked, ttlMs + 1_000)).decision.reason).toBe("token_refused");
  github.setFault("everyone", { kind: "server_error", status: 503, body: "unicorn_html" });

  const refused = await review("other", revoked, ttlMs + 12_000);

  expect(refused.decision).toMatchObject({ verdict: "undetermined", reason: "github_server_error" });
  expect(refused.status).toBe(503);
  // It is the tombstone that says no, and not the lack of grace.
  const stands = await review("other", good, ttlMs + 12_000);
  expect(stands.decision).toMatchObject({ verdict: "authenticated", outageGrace: true });
});

test("a Worker with another CACHE_SECRET sees nothing of it", async () => {
  const token = newToken();
  await review("one", token);
  expect((await review("other", token)).decision.source).toBe("kv");
  const { decision } = await review("foreign", token);
  expect(decision).toMatchObject({ source: "github", verdict: "authenticated" });
  expect(github.requests).toHaveLength(2);
});

test("nor does it learn of refusals, or take anything away", async () => {
  const token = newToken();
  await review("one", token);
  await review("foreign", token);
  github.setFault("everyone", { kind: "server_error", status: 503, body: "unicorn_html" });
  expect((await review("one", token)).decision).toMatchObject({ source: "memory", verdict: "authenticated" });
});

function randomSecret(): string {
  return randomBytes(32).toString("base64");
}
