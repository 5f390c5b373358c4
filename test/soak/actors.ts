// Who asks in a soak: apiservers with reviews, programs that refresh and exchange, jobs of GitHub Actions, and a caller
// whose certificate was replaced. Every answer goes to the oracle.
import { setTimeout as delay } from "node:timers/promises";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import * as client from "openid-client";
import * as v from "valibot";
import { makeActionsKey } from "../../src/local/github/actions/issuer.ts";
import { Random } from "../simulate/world/random.ts";
import { holdToRules, tokenReviewSchema } from "../support/answer-rules.ts";
import { createHttpClient, type HttpClient, type Received } from "../support/http-client.ts";
import { openPersonsBrowser, openProgram, signIn } from "../support/openid-program.ts";
import { reviewBody, reviewPath } from "../support/review-body.ts";
import { type ClusterName, clusterNames, type Deployment, type Settings } from "./deployment.ts";
import { type Answer, type Asked, type Finding, findFault, type Subject, type World } from "./oracle.ts";
import type { Credential, People } from "./people.ts";

export type Door =
  | "reviews"
  | "refreshes"
  | "exchanges"
  | "workflow reviews"
  | "workflow exchanges"
  | "old certificates";

export interface Ledger {
  readonly counts: Map<Door, Map<Answer["kind"], number>>;
  readonly findings: (Finding & { readonly door: Door; readonly at: number })[];
}

export interface ActorsOptions {
  readonly deployment: Deployment;
  readonly people: People;
  readonly settings: Settings;
  readonly world: World;
  readonly seed: number;
  readonly apiserversEach: number;
}

const pauseMs = { review: 110, refresh: 400, exchange: 700, workflow: 500, oldCertificate: 2_000 } as const;
const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
const subjectTypes = {
  person: "urn:ietf:params:oauth:token-type:access_token",
  workflow: "urn:ietf:params:oauth:token-type:jwt",
} as const;

/** @returns after the last of them has stopped */
export async function startActors(options: ActorsOptions) {
  const { deployment, people, settings, world, seed, apiserversEach } = options;
  const ledger: Ledger = { counts: new Map(), findings: [] };
  const lastYesAt = new Map<Subject, number>();
  const stopped = new AbortController();
  const { isEnding } = { isEnding: () => stopped.signal.aborted };

  function note(door: Door, asked: Asked, finding: Finding | null): void {
    const counts = ledger.counts.get(door) ?? new Map<Answer["kind"], number>();
    ledger.counts.set(door, counts.set(asked.answer.kind, (counts.get(asked.answer.kind) ?? 0) + 1));
    if (finding !== null) ledger.findings.push({ ...finding, door, at: asked.receivedAt });
  }

  /** Asks, and holds the answer against what was true. */
  async function check(door: Door, credential: Credential, cluster: ClusterName, ask: () => Promise<Answer>) {
    const asked = await timed(ask);
    const policies = deployment.policies[cluster];
    note(door, asked, findFault(asked, credential, policies, lastYesAt.get(credential) ?? null, world));
    const isCalm = world.disturbances.during(asked.sentAt, asked.receivedAt).every((one) => one === null);
    if (asked.answer.kind === "yes" && isCalm) lastYesAt.set(credential, asked.sentAt);
  }

  /** Again and again, until the end. */
  async function repeat(everyMs: number, random: Random, act: () => Promise<void>): Promise<void> {
    while (!isEnding()) {
      await act();
      await delay(everyMs * random.between(0.5, 1.5), undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  const login = createHttpClient(deployment.issuerUrl, { ca: deployment.authorityCertificate });
  const idTokens = idTokenReader(login, deployment.issuerUrl, settings.idTokenSeconds);

  const apiserver = (cluster: ClusterName, index: number) => {
    const random = new Random(seed, "apiserver", cluster, index);
    const connection = connectionTo(deployment);
    return repeat(pauseMs.review, random, async () => {
      const entry = pick(random, people.entries());
      const credential = pick(random, entry.credentials);
      const https = connection(cluster);
      await check("reviews", credential, cluster, () => review(https, credential.token));
    });
  };

  const exchanger = () => {
    const random = new Random(seed, "exchanger");
    return repeat(pauseMs.exchange, random, async () => {
      const credential = pick(random, pick(random, people.entries()).credentials);
      const cluster = pick(random, clusterNames);
      await check("exchanges", credential, cluster, () =>
        idTokens.answerOf(postForm(login, exchangeForm(credential.token, "person", cluster)), cluster, "github:"),
      );
    });
  };

  const sessions = await openSessions(deployment, people);
  const refresher = () => {
    const random = new Random(seed, "refresher");
    return repeat(pauseMs.refresh, random, async () => {
      const session = pick(random, sessions);
      const form = { grant_type: "refresh_token", client_id: session.cluster, refresh_token: session.refreshToken };
      await check("refreshes", session.credential, session.cluster, () =>
        idTokens.answerOf(postForm(login, form), session.cluster, "github:"),
      );
    });
  };

  const job = () => {
    const random = new Random(seed, "job");
    const foreignKey = makeActionsKey(9);
    const connection = connectionTo(deployment);
    return repeat(pauseMs.workflow, random, async () => {
      const cluster = pick(random, clusterNames);
      const audience = `${deployment.issuerUrl}/clusters/${cluster}`;
      const { github, shop, other } = people;
      const way = pick<{ isAdmitted: boolean; isKeyUnknown?: boolean; token: string }>(random, [
        { isAdmitted: true, token: github.mintWorkflowToken({ repository: shop }, { audience }) },
        { isAdmitted: true, token: github.mintWorkflowToken({ repository: shop }, { audience }) },
        { isAdmitted: false, token: github.mintWorkflowToken({ repository: other }, { audience }) },
        {
          isAdmitted: false,
          token: github.mintWorkflowToken({ repository: shop, event: "pull_request" }, { audience }),
        },
        { isAdmitted: false, token: github.mintWorkflowToken({ repository: shop }, { audience: `${audience}x` }) },
        // A key that is not published may be one that GitHub will publish in a moment.
        {
          isAdmitted: false,
          isKeyUnknown: true,
          token: github.mintWorkflowToken({ repository: shop }, { audience, key: foreignKey }),
        },
        {
          isAdmitted: false,
          token: github.mintWorkflowToken({ repository: shop }, { audience, now: new Date(Date.now() - 500_000) }),
        },
      ]);
      const isReview = random.isWithin(0.5);
      const asked = await timed(() =>
        isReview
          ? review(connection(cluster), way.token)
          : idTokens.answerOf(postForm(login, exchangeForm(way.token, "workflow", cluster)), cluster, "github:"),
      );
      const door = isReview ? "workflow reviews" : "workflow exchanges";
      const finding = findingInWorkflow(asked, way.isAdmitted, `github:actions:acme/shop:${shop.id}`, world);
      const isExpected = way.isKeyUnknown === true && asked.answer.kind === "undetermined";
      note(door, asked, isExpected ? null : finding);
    });
  };

  /** A certificate that was replaced speaks for no cluster any more. */
  const oldCertificates = () => {
    const random = new Random(seed, "old certificates");
    return repeat(pauseMs.oldCertificate, random, async () => {
      const retired = deployment.retired.filter(({ since }) => since < Date.now() - 100);
      if (retired.length === 0) return;
      const { identity } = pick(random, retired);
      const https = createHttpClient(`https://127.0.0.1:${deployment.port}`, {
        ca: deployment.authorityCertificate,
        cert: identity.certificate,
        key: identity.privateKey,
      });
      const credential = pick(random, pick(random, people.entries()).credentials);
      const asked = await timed(() => review(https, credential.token));
      https.close();
      const isRefused = asked.answer.kind === "broken" && asked.answer.why === "status 403";
      const no: Asked = { ...asked, answer: { kind: "no" } };
      if (isRefused) note("old certificates", no, null);
      else note("old certificates", asked, { rule: "a wrong yes", what: "a certificate that was replaced speaks" });
    });
  };

  const work = [
    ...clusterNames.flatMap((cluster) =>
      Array.from({ length: apiserversEach }, (_, index) => apiserver(cluster, index)),
    ),
    exchanger(),
    refresher(),
    job(),
    oldCertificates(),
  ];
  return {
    ledger,
    async stop(): Promise<void> {
      stopped.abort();
      await Promise.all(work);
      login.close();
    },
  };
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[random.below(values.length)];
  if (value === undefined) throw new Error("there is nothing to pick from");
  return value;
}

async function timed(ask: () => Promise<Answer>): Promise<Asked> {
  const sentAt = Date.now();
  const broken = (error: unknown): Answer => ({ kind: "broken", why: String(error) });
  // A kept connection may end in the moment in which it is used again: every client asks once more then.
  const isEnded = (error: unknown) => error instanceof Error && "code" in error && error.code === "ECONNRESET";
  const answer = await ask()
    .catch((error: unknown) => (isEnded(error) ? ask() : broken(error)))
    .catch(broken);
  return { sentAt, receivedAt: Date.now(), answer };
}

/** @returns kept connections, a new one after the certificate of a cluster was replaced */
function connectionTo(deployment: Deployment) {
  const kept = new Map<ClusterName, { readonly certificate: string; readonly https: HttpClient }>();
  return (cluster: ClusterName): HttpClient => {
    const { certificate, privateKey } = deployment.certificateOf(cluster);
    const before = kept.get(cluster);
    if (before?.certificate === certificate) return before.https;
    before?.https.close();
    const https = createHttpClient(`https://127.0.0.1:${deployment.port}`, {
      ca: deployment.authorityCertificate,
      cert: certificate,
      key: privateKey,
    });
    kept.set(cluster, { certificate, https });
    return https;
  };
}

async function review(https: HttpClient, token: string): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const {
    status,
    headers: received,
    body,
  } = await https.send({
    method: "POST",
    path: reviewPath,
    headers,
    body: reviewBody(token),
  });
  if (status === 403) return { kind: "broken", why: "status 403" };
  holdToRules("POST", reviewPath, { status, headers: new Headers(received), body });
  if (status === 503) return { kind: "undetermined" };
  if (status !== 200) return { kind: "broken", why: `status ${status}: ${body}` };
  const answer = v.parse(tokenReviewSchema, JSON.parse(body)).status;
  return "user" in answer ? { kind: "yes", ...answer.user } : { kind: "no" };
}

function postForm(https: HttpClient, form: Readonly<Record<string, string>>): Promise<Received> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return https.send({ method: "POST", path: "/token", headers, body: new URLSearchParams(form).toString() });
}

function exchangeForm(token: string, kind: keyof typeof subjectTypes, cluster: ClusterName) {
  return { grant_type: tokenExchange, subject_token: token, subject_token_type: subjectTypes[kind], audience: cluster };
}

const tokenAnswer = v.object({ access_token: v.string(), id_token: v.optional(v.string()) });
const errorAnswer = v.object({ error: v.string(), error_description: v.string() });
/** How the endpoint says no. */
const refusals = ["invalid_grant", "invalid_target", "invalid_request"];

function idTokenReader(login: HttpClient, issuerUrl: string, idTokenSeconds: number) {
  let keys: JSONWebKeySet = { keys: [] };
  /** As kube-apiserver does: a key that is not known is looked for. */
  async function verified(idToken: string, audience: string) {
    const options = { issuer: issuerUrl, audience, algorithms: ["RS256"] };
    try {
      return await jwtVerify(idToken, createLocalJWKSet(keys), options);
    } catch {
      const { body } = await login.send({ method: "GET", path: "/.well-known/jwks.json", headers: {} });
      keys = JSON.parse(body) as JSONWebKeySet; // other tests hold it to its form
      return jwtVerify(idToken, createLocalJWKSet(keys), options);
    }
  }
  return {
    /** @param prefix the cluster's, which the token does not have */
    async answerOf(response: Promise<Received>, cluster: ClusterName, prefix: string): Promise<Answer> {
      const { status, body } = await response;
      if (status === 200) {
        const { id_token, access_token } = v.parse(tokenAnswer, JSON.parse(body));
        const { payload } = await verified(id_token ?? access_token, cluster);
        const { username, groups } = v.parse(v.object({ username: v.string(), groups: v.array(v.string()) }), payload);
        if ((payload.exp ?? 0) - (payload.iat ?? 0) > idTokenSeconds) {
          return { kind: "broken", why: "an ID token that lives too long" };
        }
        return { kind: "yes", username: prefix + username, groups: groups.map((group) => prefix + group) };
      }
      const { error, error_description: description } = v.parse(errorAnswer, JSON.parse(body));
      if (status === 503 && error === "temporarily_unavailable") return { kind: "undetermined" };
      if (status === 400 && refusals.includes(error)) return { kind: "no" };
      return { kind: "broken", why: `status ${status}: ${error}: ${description}` };
    },
  };
}

function findingInWorkflow(asked: Asked, isAdmitted: boolean, username: string, world: World): Finding | null {
  const { answer, sentAt, receivedAt } = asked;
  switch (answer.kind) {
    case "yes":
      if (!isAdmitted) return { rule: "a wrong yes", what: answer.username };
      return answer.username === username ? null : { rule: "another name or group", what: answer.username };
    case "no":
      return isAdmitted ? { rule: "a person at work is refused", what: "a workflow" } : null;
    case "undetermined": {
      const seen = world.disturbances.during(sentAt - world.bounds.settleMs, receivedAt);
      const isExcused = seen.some((one) => one?.excuses === true);
      return isExcused ? null : { rule: "undetermined without a cause", what: "a workflow" };
    }
    case "broken":
      return { rule: "no answer", what: answer.why };
  }
}

interface Session {
  readonly cluster: ClusterName;
  readonly credential: Credential;
  readonly refreshToken: string;
}

/** People of every kind sign in with the browser, at each cluster that admits them. */
async function openSessions(deployment: Deployment, people: People): Promise<Session[]> {
  const sessions: Session[] = [];
  for (const entry of people.entries().filter(({ relation }) => relation.current.isInTeam)) {
    for (const cluster of clusterNames.filter((name) => name !== "red")) {
      const program = await openProgram(deployment, cluster);
      const browser = await openPersonsBrowser(deployment, people.github.webUrl);
      const begun = await program.begin();
      const { url } = await signIn(browser, begun.address, entry.relation.current.login);
      const { refresh_token: refreshToken } = await begun.finish(url).catch((error: unknown) => {
        // Who is denied ends here, with the provider's error.
        if (error instanceof client.AuthorizationResponseError) return { refresh_token: undefined };
        throw error;
      });
      if (refreshToken === undefined) continue;
      sessions.push({ cluster, credential: people.giveSession(entry), refreshToken });
    }
  }
  return sessions;
}
