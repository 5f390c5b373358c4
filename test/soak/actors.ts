// Who asks in a soak: apiservers with reviews, people who sign in, programs that refresh and exchange, jobs of GitHub
// Actions, and a caller whose certificate was replaced. Every answer goes to the oracle.
import { setTimeout as delay } from "node:timers/promises";
import { makeActionsKey } from "../../src/local/github/actions/issuer.ts";
import { Random } from "../simulate/world/random.ts";
import { createHttpClient, type HttpClient } from "../support/http-client.ts";
import { exchangeForm, idTokenReader, postForm, review, timed } from "./answers.ts";
import { type ClusterName, clusterNames, type Deployment, type Settings } from "./deployment.ts";
import { type Answer, type Asked, type Finding, findFault, type Subject, type World } from "./oracle.ts";
import type { Credential, People } from "./people.ts";
import { startSignIns } from "./sign-ins.ts";

export type Door =
  | "reviews"
  | "sign-ins"
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

const pauseMs = {
  review: 110,
  signIn: 1_500,
  refresh: 400,
  exchange: 700,
  workflow: 500,
  oldCertificate: 2_000,
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

  const signIns = await startSignIns(deployment, people, idTokens);
  const signer = () => {
    const random = new Random(seed, "signer");
    return repeat(pauseMs.signIn, random, async () => {
      const [entry, cluster] = [pick(random, people.entries()), pick(random, clusterNames)];
      const session = signIns.begin(entry, cluster);
      await check("sign-ins", session.credential, cluster, session.finish);
      if (random.isWithin(0.5)) await signIns.endOldest();
    });
  };

  const refresher = () => {
    const random = new Random(seed, "refresher");
    return repeat(pauseMs.refresh, random, async () => {
      const sessions = signIns.sessions();
      if (sessions.length === 0) return;
      const session = pick(random, sessions);
      const form = { grant_type: "refresh_token", client_id: session.cluster, refresh_token: session.refreshToken };
      await check("refreshes", session.credential, session.cluster, () =>
        idTokens.answerOf(postForm(login, form), session.cluster, "github:", (refreshToken) => {
          session.refreshToken = refreshToken;
        }),
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
      const no: Asked = { ...asked, answer: { kind: "no", told: "status 403" } };
      if (isRefused) note("old certificates", no, null);
      else note("old certificates", asked, { rule: "a wrong yes", what: "a certificate that was replaced speaks" });
    });
  };

  const work = [
    ...clusterNames.flatMap((cluster) =>
      Array.from({ length: apiserversEach }, (_, index) => apiserver(cluster, index)),
    ),
    exchanger(),
    signer(),
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
