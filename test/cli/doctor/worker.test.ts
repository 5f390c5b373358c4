// The checks behind the edge, each broken once: which cluster the Worker takes us for, what it says about itself, a
// review, and a person's token.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { makeSigningKey } from "../../support/signing-key.ts";
import { type Changes, type Examined, examine, json, page, type Scene, startScene } from "../support/doctor-scene.ts";
import { octogate } from "../support/octogate.ts";

let scene: Scene | null = null;
let github: GitHubStandIn | null = null;
afterEach(async () => {
  await scene?.close();
  await github?.close();
  github = null;
});

async function examineWith(changes: Changes, args: readonly string[] = [], stdin = ""): Promise<Examined> {
  scene = await startScene(changes);
  return examine(scene, ["--connect", `127.0.0.1:${scene.port}`, ...args], stdin);
}

/** A web server that has nothing to do with GitHub. */
async function plainServer(): Promise<string> {
  const server = createServer((_, response) => response.end("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  // A TCP listener's address is an object.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const otherCluster = { client_certificates: ["a1".repeat(32)], allow: ["anyone"], token_kinds: ["classic"] };

describe("the fingerprint", () => {
  test("that the Worker does not list, though wrangler.toml does", async () => {
    const { exitCode, failing, seen } = await examineWith({ env: { CLUSTER_PRODUCTION: otherCluster } });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ fingerprint: "broken" });
    expect(seen("fingerprint")).toContain("the deployed Worker does not");
  });

  test("that neither lists", async () => {
    const { failing, checks } = await examineWith({
      env: { CLUSTER_PRODUCTION: otherCluster },
      wranglerToml: (text) => text.replace(/"[0-9a-f]{64}"/, `"${"b2".repeat(32)}"`),
    });
    expect(failing).toEqual({ fingerprint: "broken" });
    expect(checks.find(({ name }) => name === "fingerprint")?.hint).toContain(scene?.fingerprint);
  });

  test("that only the Worker lists is a warning: the next deployment ends it", async () => {
    const wranglerToml = (text: string) => text.replace(/"[0-9a-f]{64}"/, `"${"b2".repeat(32)}"`);
    const { exitCode, failing } = await examineWith({ wranglerToml });
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ fingerprint: "warning" });
  });
});

describe("what the Worker says about itself", () => {
  test("a setting that is wrong is named", async () => {
    const { exitCode, failing, seen } = await examineWith({ env: { CACHE_SECRET: undefined } });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ worker: "broken" });
    expect(seen("worker")).toContain("CACHE_SECRET");
  });

  test("a wrong signing key that does not sign is a warning", async () => {
    const { exitCode, failing, seen } = await examineWith({
      env: {
        CLIENT_ARGOCD: { allow: ["anyone"], token_kinds: ["classic"], redirect_uris: ["https://argocd.acme.test/cb"] },
        ISSUER_URL: "https://login.acme.test",
        GITHUB_CLIENT_ID: "Iv23example",
        OAUTH_CLIENT_SECRETS: '{"Iv23example":"secret"}',
        SIGNING_KEY_A: makeSigningKey(),
        SIGNING_KEY_B: "x",
      },
    });
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ worker: "warning" });
    expect(seen("worker")).toContain("SIGNING_KEY_B: must be an RSA key");
  });

  test.each<[string, () => Promise<unknown>]>([
    ["fails", () => Promise.reject(new Error("KV GET failed: 500 Internal Server Error"))],
    ["hangs", () => new Promise(() => {})],
  ])("KV that %s: reviews go on", async (_, get) => {
    const { exitCode, failing, seen } = await examineWith({ env: { KV: { get, put: async () => {} } } });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ kv: "broken" });
    expect(seen("review")).toContain("a made-up token is refused");
  });

  test("KV that is not bound is a warning", async () => {
    const { exitCode, failing } = await examineWith({ env: { KV: undefined } });
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ kv: "warning" });
  });

  test("GitHub that is not there", async () => {
    const { exitCode, failing, seen } = await examineWith({ env: { GITHUB_API_URL: "http://127.0.0.1:1" } });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ github: "broken" });
    expect(seen("github")).toContain("could not be reached");
  });

  test("GitHub that is down", async () => {
    github = await startGitHubStandIn();
    github.setFault("everyone", { kind: "server_error", status: 503, body: "unicorn_html" });
    const { failing, seen } = await examineWith({ env: { GITHUB_API_URL: github.url } });
    expect(failing).toEqual({ github: "broken" });
    expect(seen("github")).toContain("503");
  });

  test("something else in GitHub's place", async () => {
    const { failing, seen } = await examineWith({ env: { GITHUB_API_URL: await plainServer() } });
    expect(failing).toEqual({ github: "broken" });
    expect(seen("github")).toContain("not as GitHub does");
  });

  test("nothing at all, for whatever reason", async () => {
    const { failing, seen } = await examineWith({
      answer: ({ path }, response) => path === "/readyz" && json(response, 503, { kind: "Status", message: "a fault" }),
    });
    expect(failing).toEqual({ worker: "broken" });
    expect(seen("worker")).toContain("/readyz: HTTP 503, a fault");
  });

  test("nothing in time", async () => {
    const { failing, seen } = await examineWith({ answer: ({ path }) => path === "/readyz" }, ["--timeout", "2"]);
    expect(failing).toEqual({ worker: "broken" });
    expect(seen("worker")).toContain("/readyz: no answer within 2 s");
  });
});

describe("an older Worker, which does not say how it is", () => {
  const older: NonNullable<Changes["answer"]> = ({ path, isVerified }, response) =>
    path === "/readyz" && isVerified && json(response, 404, { kind: "Status", message: "there is nothing here" });

  test("is a warning, and the review is done all the same", async () => {
    const { exitCode, failing, seen } = await examineWith({ answer: older });
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ worker: "warning" });
    expect(seen("review")).toContain("a made-up token is refused");
  });

  test("and is configured wrongly shows it by its answer to a review", async () => {
    const { exitCode, failing, seen } = await examineWith({ answer: older, env: { CACHE_SECRET: undefined } });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ worker: "broken" });
    expect(seen("worker")).toContain("CACHE_SECRET");
  });
});

describe("a review", () => {
  const version = "authentication.k8s.io/v1";
  const reviews = (answer: NonNullable<Changes["answer"]>): NonNullable<Changes["answer"]> => {
    return (request, response) => request.method === "POST" && request.isVerified && answer(request, response);
  };

  test.each<[string, NonNullable<Changes["answer"]>, RegExp]>([
    ["that gets an invalid answer", (_, response) => json(response, 200, { kind: "TokenReview" }), /no TokenReview/],
    [
      "that is answered in another version",
      (_, response) => json(response, 200, { kind: "TokenReview", apiVersion: `${version}beta1`, status: {} }),
      /no TokenReview/,
    ],
    [
      "that admits a made-up token",
      (_, response) => {
        const status = { authenticated: true, user: { username: "github:root" } };
        return json(response, 200, { kind: "TokenReview", apiVersion: version, status });
      },
      /more than a plain no/,
    ],
    [
      "that is undetermined",
      (_, response) => json(response, 503, { kind: "Status", message: "internal_error: a fault of ours" }),
      /HTTP 503: internal_error/,
    ],
  ])("%s", async (_, answer, said) => {
    const { exitCode, failing, seen } = await examineWith({ answer: reviews(answer) });
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ review: "broken" });
    expect(seen("review")).toMatch(said);
  });

  test("that is not answered in time", async () => {
    const { failing, seen } = await examineWith({ answer: reviews(() => true) }, ["--timeout", "2"]);
    expect(failing).toEqual({ review: "broken" });
    expect(seen("review")).toContain("no answer within 2 s");
  });

  test("that is slow is a warning", async () => {
    const { exitCode, failing } = await examineWith({
      answer: reviews((_, response) => {
        const body = { kind: "TokenReview", apiVersion: version, status: { authenticated: false } };
        void delay(3100).then(() => json(response, 200, body));
        return true;
      }),
    });
    expect(exitCode).toBe(0);
    expect(failing).toEqual({ review: "warning" });
  });

  test("of a made-up token asks GitHub nothing", async () => {
    github = await startGitHubStandIn();
    const { failing } = await examineWith({ env: { GITHUB_API_URL: github.url } });
    expect(failing).toEqual({});
    expect(github.requests.filter(({ token }) => token !== null)).toEqual([]);
  });
});

describe("a person's token on stdin", () => {
  async function standIn() {
    github = await startGitHubStandIn();
    const account = github.addAccount({ login: "octocat", id: 583231 });
    return { github, token: github.issueToken(account, { kind: "classic" }) };
  }

  test("is shown as who it is", async () => {
    const {
      github: { url },
      token,
    } = await standIn();
    const { exitCode, failing, seen } = await examineWith(
      { env: { GITHUB_API_URL: url } },
      ["--token-from-stdin"],
      `${token}\n`,
    );
    expect(exitCode).toBe(0);
    expect(failing).toEqual({});
    expect(seen("token")).toMatch(/^github:octocat:583231 in no group; \d+ ms$/);
  });

  test("that GitHub does not know any more gets a plain no", async () => {
    const { github: server, token } = await standIn();
    server.revokeToken(token);
    const { exitCode, failing, seen } = await examineWith(
      { env: { GITHUB_API_URL: server.url } },
      ["--token-from-stdin"],
      token,
    );
    expect(exitCode).toBe(1);
    expect(failing).toEqual({ token: "broken" });
    expect(seen("token")).toContain("a plain no");
  });

  test("that is denied is told why", async () => {
    const { github: server } = await standIn();
    const token = server.issueToken(server.addAccount({ login: "hubot" }), { kind: "fine_grained" });
    const { failing, seen } = await examineWith({ env: { GITHUB_API_URL: server.url } }, ["--token-from-stdin"], token);
    expect(failing).toEqual({ token: "broken" });
    expect(seen("token")).toContain("token_kind_not_allowed");
  });

  test("whose owner has spent GitHub's quota: nothing can be said, and why is", async () => {
    const { github: server, token } = await standIn();
    server.setFault(token, { kind: "primary_limit", status: 403, headers: "full" });
    const env = { GITHUB_API_URL: server.url };
    const { failing, seen } = await examineWith({ env }, ["--token-from-stdin"], token);
    expect(failing).toEqual({ token: "broken" });
    expect(seen("token")).toMatch(/HTTP 503: .*limit/);
  });

  test.each<[string, Changes]>([
    ["a challenge page", { answer: (_, response) => page(response, 403, "", { "cf-mitigated": "challenge" }) }],
    ["an edge that asks for no certificate", { asksForCertificate: false }],
    ["a Worker that does not know the certificate", { env: { CLUSTER_PRODUCTION: otherCluster } }],
    [
      "a made-up token that gets in",
      {
        answer: ({ method, isVerified }, response) => {
          const body = { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", status: { authenticated: true } };
          return method === "POST" && isVerified && json(response, 200, body);
        },
      },
    ],
  ])("is not sent where something else is wrong: %s", async (_, changes) => {
    const { token } = await standIn();
    const { exitCode, checks } = await examineWith(changes, ["--token-from-stdin"], token);
    expect(exitCode).toBe(1);
    expect(checks.at(-1)).toMatchObject({ name: "token", state: "skipped" });
    expect(JSON.stringify(scene?.requests)).not.toContain(token);
  });

  test("is missing", async () => {
    const { exitCode, stderr } = await octogate(["doctor", "--token-from-stdin"], { stdin: "\n" });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("there is no token on stdin");
  });
});
