// When Octogate can't be asked: the cluster's own people and machines notice nothing, and everybody else's failure has
// its reason in kube-apiserver's log. One story after another: each begins with what the one before it left.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { makeForeignCaller } from "./support/foreign-caller.ts";
import type { Kubectl } from "./support/kubectl.ts";
import { needs } from "./support/needs.ts";
import { type Octogate, startOctogate } from "./support/octogate.ts";
import { succeed } from "./support/roles.ts";
import { serviceAccountToken } from "./support/service-account.ts";

const title = "a real cluster whose webhook is broken";

/**
 * Far below the 10 s and 30 s for which kube-apiserver waits for a webhook, far above what kubectl needs on a busy
 * machine.
 */
const fastMs = 5_000;

describe(title, needs("a control plane"), () => {
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  let robot: Kubectl;
  beforeAll(async () => {
    octogate = await startOctogate();
    controlPlane = await startControlPlane(octogate.webhookKubeconfig);
    await succeed(controlPlane.admin, ["create", "serviceaccount", "robot"]);
    robot = await controlPlane.kubectl.with({ token: await serviceAccountToken(controlPlane.admin, "robot") });
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });

  /** A user whom the policy admits, with a token that no cache has seen yet. */
  async function newcomer(): Promise<Kubectl> {
    const { github, maintainer } = octogate;
    return controlPlane.kubectl.withGitHubToken(github.issueToken(maintainer, { kind: "classic" }));
  }

  async function expectAdministratorAndRobotToBeFast(): Promise<void> {
    for (const kubectl of [controlPlane.admin, robot]) {
      const { exitCode, durationMs, stderr } = await kubectl(["get", "--raw", "/api"]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(durationMs).toBeLessThan(fastMs);
    }
  }

  async function expectLogged(log: () => string, text: string | RegExp): Promise<void> {
    const isThere = () => (typeof text === "string" ? log().includes(text) : text.test(log()));
    await until(isThere, 10_000, `kube-apiserver logs ${text}`);
  }

  test("with the webhook down, people with GitHub tokens are refused at once, and the log says why", async () => {
    await octogate.stopEdge();
    const log = controlPlane.logFromHere();

    const { stderr, durationMs } = await (await newcomer())(["get", "--raw", "/api"]);

    expect(stderr).toContain("You must be logged in to the server");
    expect(durationMs).toBeLessThan(fastMs);
    await expectLogged(log, /timeout=30s.*connection refused/);
    await expectAdministratorAndRobotToBeFast();
  });

  test("with the webhook down, a service account token of another audience fails likewise: kube-apiserver passes those on", async () => {
    const forVault = await serviceAccountToken(controlPlane.admin, "robot", "vault");
    const log = controlPlane.logFromHere();

    const { stderr } = await (await controlPlane.kubectl.with({ token: forVault }))(["get", "--raw", "/api"]);

    expect(stderr).toContain("You must be logged in to the server");
    await expectLogged(log, /token audiences .*vault.* is invalid.*connection refused/);
  });

  test("with the webhook down, kube-apiserver comes up after a restart", async () => {
    await controlPlane.restart();

    await expectAdministratorAndRobotToBeFast();
    const { stderr } = await (await newcomer())(["get", "--raw", "/api"]);
    expect(stderr).toContain("You must be logged in to the server");
  });

  test("with the webhook hanging, only people with GitHub tokens wait, and the log says why", async () => {
    const hanging = await startHangingServer(octogate.port);
    try {
      const log = controlPlane.logFromHere();
      const waiting = (await newcomer())(["get", "--raw", "/api"]);
      await hanging.untilConnected();

      await expectAdministratorAndRobotToBeFast();

      const { stderr, durationMs } = await waiting;
      expect(durationMs).toBeGreaterThan(fastMs);
      expect(stderr).toContain("You must be logged in to the server");
      await expectLogged(log, /timeout=30s.*TLS handshake timeout/);
    } finally {
      await hanging.stop();
    }
  });

  test("with the webhook back, people are let in again without a restart of kube-apiserver", async () => {
    await octogate.startEdge();

    await succeed(await newcomer(), ["get", "--raw", "/api"]);
  });

  test("with a client certificate of no cluster, the log holds the fingerprint to list", async () => {
    const foreign = await makeForeignCaller(octogate.folder, octogate.webhookKubeconfig);
    await controlPlane.restart(foreign.webhookKubeconfig);
    octogate.github.requests.length = 0;
    const log = controlPlane.logFromHere();

    const { stderr } = await (await newcomer())(["get", "--raw", "/api"]);

    expect(stderr).toContain("You must be logged in to the server");
    await expectLogged(log, foreign.fingerprint);
    await expectAdministratorAndRobotToBeFast();
    expect(octogate.github.requests).toEqual([]);
  });
});

/** A server that takes every connection and never says a word. */
async function startHangingServer(port: number) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.resume();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    untilConnected: () => until(() => sockets.size > 0, 20_000, "a client connects"),
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
