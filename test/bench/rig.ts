// What is measured: the real Worker behind the local edge, and a stand-in for GitHub with the chosen latency. Every review that it makes has to come out
// as an admission: a fast wrong answer is worth nothing.
import { type GitHubStandIn, startGitHubStandIn } from "../../src/local/github/stand-in.ts";
import { authorityOf, identityOf, tokenReview } from "../support/edge-client.ts";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import { createHttpClient } from "./http-client.ts";

export interface Rig {
  /** @returns a token of somebody who is let in; nobody has seen it yet */
  newToken(): string;
  /** A review through the Worker. @returns how long it took */
  reviewMs(token: string): Promise<number>;
  /** The call to GitHub that a review makes, without the Worker between. @returns how long it took */
  gitHubRoundTripMs(token: string): Promise<number>;
  /** How many calls GitHub has had so far, whoever made them. */
  gitHubCalls(): number;
  stop(): Promise<void>;
}

export async function startRig(latencyMs: number): Promise<Rig> {
  // One person is behind all tokens: no quota shall be in the way.
  const standIn = await startGitHubStandIn({ latencyMs, userLimit: Number.MAX_SAFE_INTEGER });
  try {
    // Where GitHub is not its own stand-in, the edge lets everybody in.
    return rigOf(standIn, await startLocalEdge({ args: ["--github", standIn.url] }));
  } catch (error) {
    await standIn.close();
    throw error;
  }
}

function rigOf(standIn: GitHubStandIn, edge: LocalEdge): Rig {
  const person = standIn.addAccount({ login: "otto-inkwell" });
  const apiserver = createHttpClient(`https://127.0.0.1:${edge.port}`, { ca: authorityOf(edge), ...identityOf(edge) });
  const gitHub = createHttpClient(standIn.url);
  return {
    newToken: () => standIn.issueToken(person, { kind: "fine_grained" }),
    async reviewMs(token) {
      const headers = { "Content-Type": "application/json" };
      const sent = { method: "POST", path: "/authenticate?timeout=30s", headers, body: tokenReview(token) } as const;
      const { status, body, durationMs } = await apiserver.send(sent);
      if (status !== 200 || JSON.parse(body).status.authenticated !== true) {
        throw new Error(`a review was answered with ${status}: ${body}`);
      }
      return durationMs;
    },
    async gitHubRoundTripMs(token) {
      const headers = { Authorization: `Bearer ${token}`, "User-Agent": "octogate-bench" };
      const { status, body, durationMs } = await gitHub.send({ method: "GET", path: "/user", headers });
      if (status !== 200) throw new Error(`the stand-in answered with ${status}: ${body}`);
      return durationMs;
    },
    gitHubCalls: () => standIn.requests.length,
    async stop() {
      apiserver.close();
      gitHub.close();
      await edge.stop();
      await standIn.close();
    },
  };
}
