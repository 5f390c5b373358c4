// From the settings of release 0.1 to those of this one and back, under load: reviews go on all the while, each Worker
// takes over from the one before on the same KV, and no review is refused. With OCTOGATE_EARLIER_ENTRY, the path of an
// earlier release's src/worker/index.ts, that code runs where the settings are its own.
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { issueCertificate, makeAuthority } from "../../src/local/certificates.ts";
import { startEdge } from "../../src/local/edge/server.ts";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { createShutdown } from "../../src/local/shutdown.ts";
import { readWorkerSettings, startWorker, type WorkerSettings } from "../../src/local/worker.ts";
import { fingerprintOf } from "../../src/node/certificates.ts";
import { tokenReview } from "../support/edge-client.ts";
import { freePort } from "../support/free-port.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { until } from "../support/until.ts";
import { repositoryRoot } from "../support/worker-config.ts";

const shutdown = createShutdown();
afterAll(() => shutdown.stopAll(10_000));

const peopleCount = 40;
/** At each time. */
const reviewers = 4;
/** Answered by each Worker before the next one takes over. */
const reviewsEach = 400;
const cacheSecret = randomBytes(32).toString("base64");
const ownEntry = join(repositoryRoot, "src/worker/index.ts");
const { OCTOGATE_EARLIER_ENTRY: earlierEntry = ownEntry } = process.env;

interface Release {
  readonly name: string;
  readonly entryPoint: string;
  readonly settings: WorkerSettings;
  readonly variables: Readonly<Record<string, unknown>>;
}

test("reviews go on from 0.1 to this release, to signing in, and back: none is refused", {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "octogate-upgrade-"));
  shutdown.add(() => rm(folder, { recursive: true, force: true }));
  const github = await startGitHubStandIn({ userLimit: 1_000_000 });
  shutdown.add(() => github.close());
  const tokens = Array.from({ length: peopleCount }, (_, index) =>
    github.issueToken(github.addAccount({ login: `person-${index}`, id: 2000 + index }), { kind: "classic" }),
  );
  const day = 24 * 3_600_000;
  const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 90 * day) };
  const authority = await makeAuthority(validity);
  const server = await issueCertificate(authority, "localhost", "server", validity);
  const client = await issueCertificate(authority, "production", "client", validity);
  const port = await freePort();
  const edge = await startEdge({ port, server, authorityCertificate: authority.certificate });
  shutdown.add(() => edge.close());

  const settings = await readWorkerSettings(join(repositoryRoot, "wrangler.toml"));
  const cluster = {
    client_certificates: [fingerprintOf(client.certificate)],
    allow: ["anyone"],
    token_kinds: ["classic"],
  };
  const common = {
    GITHUB_API_URL: github.url,
    CACHE_SECRET: cacheSecret,
    CACHE_TTL_SECONDS: 120,
    OUTAGE_GRACE_SECONDS: 600,
  };
  const earlier: Release = {
    name: "0.1",
    entryPoint: earlierEntry,
    // It knows neither the sign-in's limits nor its variables.
    settings: { ...settings, ratelimits: settings.ratelimits.filter(({ name }) => name === "NEVER_SEEN_LIMIT") },
    variables: { ...common, CLUSTER_PRODUCTION: cluster },
  };
  const secrets = { SIGNING_KEY_A: makeSigningKey(), OAUTH_CLIENT_SECRETS: '{"Iv23example":"secret"}' };
  const present: Release = { name: "this release", entryPoint: ownEntry, settings, variables: earlier.variables };
  const signIn: Release = {
    ...present,
    name: "this release, with signing in",
    variables: {
      ...common,
      ...secrets,
      ISSUER_URL: "https://login.acme.test",
      GITHUB_CLIENT_ID: "Iv23example",
      SIGNING_KEYS: { signs: "a", published: { a: "2026-11-27T10:00:00Z" } },
      CLUSTER_PRODUCTION: { ...cluster, sign_in: true },
    },
  };
  // Secrets outlive a rollback; the release 0.1 itself can't have them, see docs/upgrading.md.
  const back = earlierEntry === ownEntry ? { ...earlier, variables: { ...earlier.variables, ...secrets } } : earlier;

  let [reviews, isOver, storages] = [0, false, 0];
  const refused: string[] = [];
  const errors: string[] = [];

  /** The next Worker has KV as it was a moment ago: Cloudflare's own shows a write elsewhere within a minute. */
  async function deploy(release: Release, before: string | null): Promise<string> {
    storages += 1;
    const storage = join(folder, `storage-${storages}`);
    if (before !== null) await cp(before, storage, { recursive: true });
    const { entryPoint, settings: own, variables } = release;
    const onLog = (level: "out" | "error", line: string) => {
      if (level === "error" && !/certificate|names|pin/.test(line)) errors.push(`${release.name}: ${line}`);
    };
    const worker = await startWorker({ entryPoint, settings: own, variables, storage, onLog }, (stop) =>
      shutdown.add(stop),
    );
    edge.passTo(worker.port);
    return storage;
  }

  async function review(token: string): Promise<string> {
    const body = tokenReview(token);
    return new Promise((resolve) => {
      const outgoing = request(
        {
          ...{ host: "127.0.0.1", port, path: "/authenticate", method: "POST", servername: "localhost", agent: false },
          ...{ ca: authority.certificate, cert: client.certificate, key: client.privateKey },
          headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("end", () => resolve(text));
        },
      );
      outgoing.on("error", (error) => resolve(error.message));
      outgoing.end(body);
    });
  }

  async function reviewer(offset: number): Promise<void> {
    for (let index = offset; !isOver; index += reviewers) {
      const answer = await review(tokens[index % tokens.length] ?? "");
      reviews += 1;
      if (!answer.includes('"authenticated":true')) refused.push(answer);
    }
  }

  let storage = await deploy(earlier, null);
  const running = Array.from({ length: reviewers }, (_, index) => reviewer(index));
  const calls: Record<string, number> = {};
  const answeredEach = async (name: string) => {
    const [from, callsBefore] = [reviews, github.requests.length];
    await until(() => reviews >= from + reviewsEach, 60_000, `${name} answers ${reviewsEach} reviews`);
    calls[name] = github.requests.length - callsBefore;
  };
  await answeredEach(earlier.name);
  for (const release of [present, signIn, back]) {
    storage = await deploy(release, storage);
    await answeredEach(release === back ? "back" : release.name);
  }
  isOver = true;
  await Promise.all(running);
  console.log(JSON.stringify({ reviews, refused: refused.length, callsToGitHub: calls }));
  expect(refused).toEqual([]);
  expect(errors).toEqual([]);
});
