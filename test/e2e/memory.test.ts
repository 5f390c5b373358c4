// GitHub ends while people are at work: users who were let in before go on, also after the Worker was started anew, and
// those who come for the first time hear why not. One story after another: each begins with what the one before it
// left.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { credentialIdOf } from "../support/credential-id.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { type Decision, decisionsFromHere } from "./support/decisions.ts";
import type { Kubectl } from "./support/kubectl.ts";
import { needs } from "./support/needs.ts";
import { type Octogate, startOctogate } from "./support/octogate.ts";
import { succeed } from "./support/roles.ts";

const title = "a real cluster while GitHub is down";

const anyRead = ["get", "--raw", "/api"];
/** kube-apiserver asks again after its two caches, 10 seconds each with the flags of k8s/kubeadm. */
const maxWaitMs = 60_000;

describe(title, needs("a control plane"), () => {
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  let atWork: Kubectl;
  let credentialId: string;
  beforeAll(async () => {
    octogate = await startOctogate({ variables: { CACHE_TTL_SECONDS: "5" } });
    controlPlane = await startControlPlane(octogate.webhookKubeconfig);
    const token = octogate.github.issueToken(octogate.maintainer, { kind: "classic" });
    credentialId = credentialIdOf(token);
    atWork = await controlPlane.kubectl.withGitHubToken(token);
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });

  /** Works on, without a single failure, until Octogate was asked about it and has decided in this way. */
  async function workUntilDecided(decisions: () => Decision[], is: (decision: Decision) => boolean): Promise<Decision> {
    return until(
      async () => {
        await succeed(atWork, anyRead);
        return decisions().find((decision) => decision.credentialId === credentialId && is(decision));
      },
      maxWaitMs,
      "the decision is in the log",
    );
  }

  test("a user who worked before goes on when it ends, and the log says that the facts are old", async () => {
    await succeed(atWork, anyRead);
    const decisions = decisionsFromHere(octogate.edge());

    await octogate.github.close();

    const decision = await workUntilDecided(decisions, ({ outageGrace }) => outageGrace === true);
    expect(decision).toMatchObject({ verdict: "authenticated", reason: "admitted" });
    expect(new Set(decisions().map(({ verdict }) => verdict))).toEqual(new Set(["authenticated"]));
  });

  test("a user who comes for the first time is refused at once, and the log of kube-apiserver says why", async () => {
    const { github, maintainer } = octogate;
    const newcomer = await controlPlane.kubectl.withGitHubToken(github.issueToken(maintainer, { kind: "classic" }));
    const log = controlPlane.logFromHere();

    const { exitCode, stderr, durationMs } = await newcomer(anyRead);

    expect(stderr).toContain("You must be logged in to the server");
    expect(exitCode).toBe(1);
    expect(durationMs).toBeLessThan(5_000);
    await until(() => log().includes("github_unreachable"), 10_000, "the reason is logged");
  });

  test("with the Worker started anew, known people get in from KV", async () => {
    await octogate.stopEdge();
    await octogate.startEdge();
    const decisions = decisionsFromHere(octogate.edge());
    // What kube-apiserver has remembered shall not count.
    await controlPlane.restart();

    const decision = await workUntilDecided(decisions, () => true);

    expect(decision).toMatchObject({ verdict: "authenticated", reason: "admitted", outageGrace: true });
    await succeed(atWork, anyRead);
    expect(decisions().map(({ verdict }) => verdict)).not.toContain("undetermined");
  });

  test("the administrator has noticed nothing", async () => {
    await succeed(controlPlane.admin, ["get", "namespaces"]);
  });
});
