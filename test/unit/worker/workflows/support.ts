// The whole Worker with both doors and a stand-in for the issuer of GitHub Actions: its keys are the test's own, and
// the tokens are minted as GitHub does it.
import * as v from "valibot";
import { onTestFinished } from "vitest";
import type { WorkflowJob, WorkflowRepository } from "../../../../src/local/github/actions/claims.ts";
import {
  type ActionsKey,
  type MintOptions,
  makeActionsKey,
  mintWorkflowToken,
} from "../../../../src/local/github/actions/issuer.ts";
import { createApp } from "../../../../src/worker/app.ts";
import { signInEnvironment } from "../config/sign-in-environment.ts";
import { cfOf, clusterTable, startOfTests } from "../support.ts";

export const actionsIssuer = "https://token.actions.githubusercontent.com";
export const issuerUrl = "https://login.acme.test";
export const audience = `${issuerUrl}/clusters/production`;

/** GitHub's key, and one that it does not publish. */
export const gitHubKey = makeActionsKey(0);
export const foreignKey = makeActionsKey(1);

export const shop: WorkflowRepository = { name: "Acme/shop", id: 9001, ownerId: 1234 };
export const workflowEntry = "workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main#1234/9001";
export const environmentEntry = "environment:acme/shop/production#1234/9001";

export interface TokenOptions extends Partial<Omit<MintOptions, "now">> {
  readonly job?: Partial<WorkflowJob>;
  /** How long ago GitHub issued it. */
  readonly ageSeconds?: number;
}

/** The token of a push to `main` of acme/shop, for the cluster "production". */
export function workflowToken({ job, ageSeconds = 0, ...options }: TokenOptions = {}, nowMs = startOfTests): string {
  return mintWorkflowToken(
    { repository: shop, ...job },
    { issuer: actionsIssuer, audience, key: gitHubKey, now: new Date(nowMs - ageSeconds * 1000), ...options },
  );
}

/** The endpoint of GitHub's keys. A test changes what it says. */
export class FakeIssuer {
  published: readonly unknown[];
  readonly calls: string[] = [];
  /** In place of the keys. */
  answer: (() => Response | Promise<Response>) | null = null;

  constructor(...keys: readonly ActionsKey[]) {
    this.published = keys.map(({ publicJwk }) => publicJwk);
  }

  fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    this.calls.push(`${request.method} ${request.url}`);
    if (!request.url.endsWith("/.well-known/jwks")) throw new Error(`no call to ${request.url} was expected`);
    return this.answer === null ? Response.json({ keys: this.published }) : this.answer();
  };
}

/** A store in memory, in KV's place. */
export class FakeKv {
  readonly values = new Map<string, ArrayBuffer>();
  readonly writes: string[] = [];
  reads = 0;

  async get(name: string): Promise<ArrayBuffer | null> {
    this.reads += 1;
    return this.values.get(name) ?? null;
  }

  async put(name: string, value: Uint8Array<ArrayBuffer>): Promise<void> {
    this.writes.push(name);
    this.values.set(name, value.slice().buffer);
  }
}

export interface WorkflowAppOptions {
  /** Keys of CLUSTER_PRODUCTION. */
  readonly policy?: Record<string, unknown> | undefined;
  /** Variables by name; `undefined` takes one out. */
  readonly env?: Record<string, unknown>;
  readonly issuer?: FakeIssuer;
  readonly kv?: FakeKv;
}

const within = { limit: async () => ({ success: true }) };

export function startWorkflowApp(options: WorkflowAppOptions = {}) {
  const { policy = {}, issuer = new FakeIssuer(gitHubKey), kv = new FakeKv() } = options;
  const env = signInEnvironment({
    CLUSTER_PRODUCTION: clusterTable({ sign_in: true, allow: [workflowEntry, environmentEntry], ...policy }),
    KV: kv,
    AUTHORIZE_LIMIT: within,
    DEVICE_LIMIT: within,
    TOKEN_FAILURE_LIMIT: within,
    ...options.env,
  });
  const clock = { nowMs: startOfTests };
  const lines: string[] = [];
  const errors: string[] = [];
  const background: Promise<void>[] = [];
  const app = createApp({
    fetch: issuer.fetch,
    now: () => clock.nowMs,
    waitUntil: (work) => background.push(work),
    writeLine: (line) => lines.push(line),
    writeError: (text) => errors.push(text),
  });
  const settled = () => Promise.all(background);
  onTestFinished(async () => void (await settled()));

  async function review(token: string, fingerprint?: string): Promise<ReviewAnswer> {
    const body = JSON.stringify({ kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", spec: { token } });
    const cf = cfOf(fingerprint === undefined ? {} : { certFingerprintSHA256: fingerprint });
    const request = new Request("https://auth.acme.test/authenticate", { method: "POST", body });
    const response = await app.fetch(Object.assign(request, { cf }), env);
    const text = await response.text();
    return { status: response.status, text, body: v.parse(answerSchema, JSON.parse(text)) };
  }

  async function exchange(token: string, form: Readonly<Record<string, string>> = {}) {
    const all = {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      audience: "production",
      ...form,
    };
    const response = await app.fetch(
      new Request(`${issuerUrl}/token`, { method: "POST", body: new URLSearchParams(all) }),
      env,
    );
    const text = await response.text();
    return { status: response.status, text, body: v.parse(recordSchema, JSON.parse(text)) };
  }

  const decisions = () => lines.map((line) => v.parse(recordSchema, JSON.parse(line)));
  return { env, app, issuer, kv, clock, lines, errors, settled, review, exchange, decisions };
}

const recordSchema = v.record(v.string(), v.unknown());
const answerSchema = v.object({
  status: v.union([
    v.string(),
    v.object({
      authenticated: v.optional(v.boolean()),
      error: v.optional(v.string()),
      user: v.optional(
        v.object({
          username: v.optional(v.string()),
          uid: v.optional(v.string()),
          groups: v.optional(v.array(v.string())),
          extra: v.optional(v.record(v.string(), v.array(v.string()))),
        }),
      ),
    }),
  ]),
});

interface ReviewAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: v.InferOutput<typeof answerSchema>;
}

/** The claims of a JWT, read without trust. */
export function claimsIn(token: unknown): Record<string, unknown> {
  const [, payload = ""] = String(token).split(".");
  return v.parse(recordSchema, JSON.parse(Buffer.from(payload, "base64url").toString()));
}
