// Octogate whose configuration changes while it is being asked: one edge, behind which a new Worker takes over from the
// one before, as after `wrangler deploy`. The client certificates are the test's own to issue, and to replace.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Identity, issueCertificate, makeAuthority } from "../../../src/local/certificates.ts";
import { startEdge } from "../../../src/local/edge/server.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { createShutdown } from "../../../src/local/shutdown.ts";
import { readWorkerSettings, startWorker } from "../../../src/local/worker.ts";
import { fingerprintOf } from "../../../src/node/certificates.ts";
import { clusterVariableName } from "../../../src/worker/config/config.ts";
import { freePort } from "../../support/free-port.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const dayMs = 24 * 60 * 60 * 1000;

export interface ClientCertificate extends Identity {
  readonly fingerprint: string;
  /** The decision log tells certificates apart by it. */
  readonly daysLeft: number;
}

export interface RedeployedOctogate {
  readonly github: GitHubStandIn;
  readonly port: number;
  /** Of the sign-in hostname, behind which there is a provider once the variables of a deployment say so. */
  readonly signInPort: number;
  /** The folder with `ca.crt`. */
  readonly folder: string;
  /** Path of the certificate that vouches for the edge's own. */
  readonly authorityFile: string;
  /** Issues one as Cloudflare's managed CA does; no cluster lists it yet. */
  issueClientCertificate(daysLeft: number): Promise<ClientCertificate>;
  /**
   * Puts a configuration in force that lists these certificates for the cluster.
   * @param policy other keys of the cluster's table
   * @param variables other variables and secrets of the Worker
   */
  deploy(certificates: readonly ClientCertificate[], policy?: object, variables?: object): Promise<void>;
  /** The decision log so far, of all Workers. */
  decisions(): unknown[];
  stop(): Promise<void>;
}

/**
 * Starts it; what it answers before the first deployment is 503.
 * @param addTo fills the stand-in for GitHub, and says whom the cluster's policy allows
 */
export async function startRedeployedOctogate(
  clusterName: string,
  addTo: (github: GitHubStandIn) => readonly string[],
): Promise<RedeployedOctogate> {
  const shutdown = createShutdown();
  const folder = await mkdtemp(join(tmpdir(), "octogate-redeployed-"));
  shutdown.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const github = await startGitHubStandIn();
    shutdown.add(() => github.close());
    const allow = addTo(github);

    const validFor = (days: number) => ({
      notBefore: new Date(Date.now() - dayMs),
      // Half a day more: it is whole days that are logged.
      notAfter: new Date(Date.now() + (days + 0.5) * dayMs),
    });
    const authority = await makeAuthority(validFor(100));
    const authorityFile = join(folder, "ca.crt");
    await writeFile(authorityFile, authority.certificate);
    const port = await freePort();
    const server = await issueCertificate(authority, "localhost", "server", validFor(100));
    const signInPort = await freePort();
    const edges = [
      await startEdge({ port, server, authorityCertificate: authority.certificate }),
      await startEdge({ port: signInPort, server, authorityCertificate: null }),
    ];
    shutdown.add(() => Promise.all(edges.map((edge) => edge.close())).then(() => undefined));

    const settings = await readWorkerSettings(join(repository, "wrangler.toml"));
    const cacheSecret = randomBytes(32).toString("base64");
    const decisions: unknown[] = [];
    let deployments = 0;
    return {
      github,
      port,
      signInPort,
      folder,
      authorityFile,
      async issueClientCertificate(daysLeft) {
        const identity = await issueCertificate(authority, clusterName, "client", validFor(daysLeft));
        return { ...identity, fingerprint: fingerprintOf(identity.certificate), daysLeft };
      },
      async deploy(certificates, policy = {}, more = {}) {
        deployments += 1;
        const variables = {
          GITHUB_API_URL: github.url,
          CACHE_SECRET: cacheSecret,
          [clusterVariableName(clusterName)]: {
            client_certificates: certificates.map(({ fingerprint }) => fingerprint),
            allow,
            token_kinds: ["classic"],
            ...policy,
          },
          ...more,
        };
        const worker = await startWorker(
          {
            entryPoint: join(repository, "src", "worker", "index.ts"),
            settings,
            variables,
            storage: join(folder, `storage-${deployments}`),
            onLog: (_level, line) => {
              if (line.startsWith("{")) decisions.push(JSON.parse(line));
            },
          },
          // The one before goes on for what it is still answering.
          (close) => shutdown.add(close),
        );
        for (const edge of edges) edge.passTo(worker.port);
      },
      decisions: () => decisions,
      stop: () => shutdown.stopAll(10_000),
    };
  } catch (error) {
    await shutdown.stopAll(10_000);
    throw error;
  }
}
