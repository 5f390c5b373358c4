// A Worker on workerd to measure, with a stand-in for GitHub of the chosen latency. Every review has to be admitted: a
// fast wrong answer is worth nothing.
import { createHttpClient } from "../support/http-client.ts";
import { startWorkerOnWorkerd } from "../support/worker-on-workerd.ts";

/** The default: the shortest and the longest TTL would both be unfair. */
export const ttlMs = 120_000;
const graceMs = 600_000;

/** Calls to GitHub so far: those that cost quota, and those that were answered with 304. */
export interface GitHubCalls {
  readonly costly: number;
  readonly notModified: number;
}

/** Classic tokens have scopes, which are asked for more often than anything else. */
export type RigTokenKind = "classic" | "fine_grained";

export interface Rig {
  /** @returns a never-seen token, classic by default, of a new member of the one organisation in the policy */
  newToken(kind?: RigTokenKind): string;
  /** @returns how long it took */
  reviewMs(token: string): Promise<number>;
  /** Makes one plain call to GitHub, without the Worker between. @returns how long it took */
  roundTripMs(token: string): Promise<number>;
  /** Sets the Worker's clock ahead. */
  advance(ms: number): void;
  /** Makes the next review meet an isolate with an empty memory. */
  forget(): void;
  /** Waits for the work that goes on after answers. */
  settle(): Promise<void>;
  gitHubCalls(): GitHubCalls;
  stop(): Promise<void>;
}

/**
 * @param main another Worker than the product's own, as a path from the repository's root; its clock and memory are
 * fixed
 */
export async function startRig(latencyMs: number, main?: string): Promise<Rig> {
  const organisationId = 1234;
  const worker = await startWorkerOnWorkerd({
    clusters: { production: { allow: [`org:acme#${organisationId}`], token_kinds: ["fine_grained", "classic"] } },
    vars: { CACHE_TTL_SECONDS: String(ttlMs / 1000), OUTAGE_GRACE_SECONDS: String(graceMs / 1000) },
    github: { latencyMs },
    ...(main === undefined ? {} : { main }),
  });
  const { github } = worker;
  const acme = github.addOrganisation({ login: "acme", id: organisationId });
  const plainClient = createHttpClient(github.url);
  let members = 0;
  return {
    newToken(kind = "classic") {
      members += 1;
      // Each member has a quota of their own.
      const member = github.addAccount({ login: `member-${members}` });
      github.addMember(acme, member);
      return kind === "classic"
        ? github.issueToken(member, { kind, scopes: ["read:org"] })
        : github.issueToken(member, { kind, resourceOwner: acme });
    },
    async reviewMs(token) {
      const { status, body, durationMs } = await worker.ask(token);
      if (status !== 200 || JSON.parse(body).status.authenticated !== true) {
        throw new Error(`a review was answered with ${status}: ${body}`);
      }
      return durationMs;
    },
    async roundTripMs(token) {
      const headers = { Authorization: `Bearer ${token}`, "User-Agent": "octogate-bench" };
      const { status, body, durationMs } = await plainClient.send({ method: "GET", path: "/user", headers });
      if (status !== 200) throw new Error(`the stand-in answered with ${status}: ${body}`);
      return durationMs;
    },
    advance: (ms) => worker.advance(ms),
    forget: () => worker.newIsolate(),
    settle: async () => void (await worker.meters()),
    gitHubCalls() {
      const notModified = github.requests.filter(({ status }) => status === 304).length;
      return { costly: github.requests.length - notModified, notModified };
    },
    async stop() {
      plainClient.close();
      await worker.stop();
    },
  };
}
