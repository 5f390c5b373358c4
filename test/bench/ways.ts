// Two ways to the Worker: workerd alone, and `npm start` with the local edge before it.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { authorityOf, identityOf } from "../support/edge-client.ts";
import { createHttpClient } from "../support/http-client.ts";
import { makeClusters } from "../support/instrumented-client.ts";
import { startLocalEdge } from "../support/local-edge.ts";
import { childrenOf } from "../support/process-usage.ts";
import { cfHeader, startRawWorkerd } from "../support/raw-workerd.ts";
import { reviewPath } from "../support/review-body.ts";
import { policy, type Review, ttlSeconds } from "./load.ts";

export interface Way {
  readonly review: Review;
  /** Null without an edge. */
  readonly edgePid: number | null;
  readonly workerdPid: number;
  stop(): Promise<void>;
}

export const githubLatencyMs = 50;

export async function startWorkerdAlone(githubUrl: string): Promise<Way> {
  const clusters = makeClusters({ production: policy });
  const variables = {
    GITHUB_API_URL: githubUrl,
    CACHE_SECRET: randomBytes(32).toString("base64"),
    CACHE_TTL_SECONDS: ttlSeconds,
    ...clusters.variables(),
  };
  // The log is read here because `npm start` prints it, too.
  const workerd = await startRawWorkerd({ main: "src/worker/index.ts", variables, keepsLog: true });
  const client = createHttpClient(workerd.url);
  const headers = {
    "content-type": "application/json",
    [cfHeader]: JSON.stringify({ tlsClientAuth: clusters.certificateOf(undefined, Date.now()) }),
  };
  return {
    review: (body) => client.send({ method: "POST", path: reviewPath, headers, body }),
    edgePid: null,
    workerdPid: workerd.pid,
    async stop() {
      client.close();
      await workerd.stop();
    },
  };
}

/** Asked over one HTTP/2 connection, as kube-apiserver does. */
export async function startNpmStart(githubUrl: string): Promise<Way & { readonly edgePid: number }> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-bench-"));
  const policyFile = join(folder, "policy.json");
  await writeFile(policyFile, JSON.stringify(policy));
  const args = ["--github", githubUrl, "--cluster", `bench=${policyFile}`, "--var", `CACHE_TTL_SECONDS=${ttlSeconds}`];
  const edge = await startLocalEdge({ args }).finally(() => rm(folder, { recursive: true, force: true }));
  const session = connect(`https://localhost:${edge.port}`, { ca: authorityOf(edge), ...identityOf(edge, "bench") });
  // An error of the connection fails the reviews on it.
  session.on("error", () => {});
  const [workerdPid] = await childrenOf(edge.pid);
  if (workerdPid === undefined) throw new Error("the local edge runs no workerd");
  return {
    async review(body) {
      const stream = session.request({
        ":method": "POST",
        ":path": reviewPath,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      });
      let status = 0;
      stream.on("response", (headers) => {
        status = Number(headers[":status"]);
      });
      stream.end(body);
      return { body: await text(stream), status };
    },
    edgePid: edge.pid,
    workerdPid,
    async stop() {
      session.destroy();
      await edge.stop();
    },
  };
}
