// The proof that setup and rotation end with: the way to the Worker, and nothing that depends on GitHub or on a limit
// that an attacker can spend.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeToken } from "../../src/local/github/token.ts";
import { type Endpoint, sendRequest } from "../../src/node/https.ts";
import { mona } from "../support/people.ts";
import { reviewBody, reviewPath } from "../support/review-body.ts";

import { type DeployedWorkers, serveDeployedWorkers } from "./support/deployed-worker.ts";
import { hostname, makeRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.close());

const setup = (cluster: string, ...args: string[]) =>
  rig.run([
    ...["setup", "--cluster", cluster, "--hostname", hostname, "--yes", ...args],
    ...["--allow", `user:${mona.login}#${mona.id}`, ...rig.edgeArgs],
  ]);
const rotate = (...args: string[]) =>
  rig.run(["certificate", "rotate", "--cluster", "production", ...rig.edgeArgs, "--yes", ...args]);
const finish = () => {
  rig.letFilesAge(".clusters/production/previous.crt", ".clusters/production/client.crt");
  return rotate("--finish", "--in-use", ".clusters/production/client.crt");
};

describe("with the Worker itself behind the edge", () => {
  let workers: DeployedWorkers;
  beforeEach(async () => {
    workers = await serveDeployedWorkers(rig, 5);
  });
  afterEach(() => workers.close());

  test("setup, rotation and its end work in an outage of GitHub, and report it", async () => {
    await workers.github.close();
    for (const run of [() => setup("production"), () => setup("staging"), () => rotate(), finish]) {
      const { exitCode, stderr } = await run();
      expect(exitCode, stderr).toBe(0);
      expect(stderr).toContain("GitHub could not be reached");
    }
  });

  test("a flood with the cluster's own certificate does not keep that certificate from being replaced", async () => {
    expect((await setup("production")).exitCode).toBe(0);
    const endpoint: Endpoint = {
      hostname,
      connect: { host: "127.0.0.1", port: rig.edgePort },
      authorities: readFileSync(rig.caFile, "utf8"),
      proxy: null,
      timeoutMs: 10_000,
    };
    const stolen = {
      certificate: rig.clone.read(".clusters/production/client.crt"),
      key: rig.clone.read(".clusters/production/client.key"),
    };
    const flood = async () => {
      for (let count = 0; count < 40; count += 1) {
        const body = reviewBody(makeToken("classic"));
        const answer = await sendRequest(endpoint, { path: reviewPath, method: "POST", body, credential: stolen });
        if (answer.kind === "answered" && answer.status === 503) return answer.body;
      }
      return "";
    };
    for (const run of [() => setup("production"), () => rotate(), finish]) {
      expect(await flood()).toContain("new_token_rate_limit");
      const { exitCode, stderr } = await run();
      expect(exitCode, stderr).toBe(0);
    }
  });
});

describe("is not given by", () => {
  const serve = async (answer: (path: string) => { status: number; body: unknown }) => {
    const server = createServer((request, response) => {
      request.resume();
      const isCertain = String(request.headers["mf-cf-blob"]).includes('"certPresented":"1"');
      const { status, body } = isCertain
        ? answer(new URL(request.url ?? "/", "http://worker").pathname)
        : { status: 403, body: {} };
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    // A TCP listener's address is an object.
    rig.passTo((server.address() as AddressInfo).port);
    return server;
  };
  const review = { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", status: { authenticated: false } };
  const ok = { state: "ok" };
  const ready = { cluster: "production", parts: { configuration: ok, kv: ok, github: ok } };

  test.each([
    ["a Worker that takes the certificate for another cluster's", { ...ready, cluster: "staging" }, 200, "staging's"],
    [
      "a Worker whose configuration is wrong",
      { ...ready, parts: { ...ready.parts, configuration: { state: "failed", problem: "CACHE_SECRET: is required" } } },
      503,
      "CACHE_SECRET: is required",
    ],
    ["something that says no to everything", review, 200, "/readyz answered 200"],
    ["another application", { error: "not found" }, 404, "/readyz answered 404"],
  ])("%s", async (_what, readiness, status, words) => {
    const server = await serve((path) =>
      path === "/readyz" ? { status, body: readiness } : { status: 200, body: review },
    );
    const { exitCode, stderr } = await setup("production");
    server.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(words);
  });
});
