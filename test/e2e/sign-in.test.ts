// Signing in to a real cluster with a GitHub token: who gets in, under which name, and what never leaves for GitHub.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readRbacExample } from "../support/cluster-files.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { decisionsFromHere, untilDecided } from "./support/decisions.ts";
import type { Kubectl } from "./support/kubectl.ts";
import { needs } from "./support/needs.ts";
import { type Octogate, personOf, startOctogate } from "./support/octogate.ts";
import { succeed } from "./support/roles.ts";
import { serviceAccountToken } from "./support/service-account.ts";

const title = "signing in to a real cluster";

/** The shortest that there is: what follows waits for it. */
const ttlSeconds = 5;
/** kube-apiserver's two caches, one behind the other: the fixed one, and the one of k8s/kubeadm. */
const apiserverCachesSeconds = 10 + 10;
/** kubectl on a busy machine, and the time between two looks. */
const slackSeconds = 10;

describe(title, needs("a control plane"), () => {
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    octogate = await startOctogate({ variables: { CACHE_TTL_SECONDS: String(ttlSeconds) } });
    controlPlane = await startControlPlane(octogate.webhookKubeconfig);
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });
  beforeEach(() => {
    octogate.github.requests.length = 0;
  });

  /** RBAC learns of a binding a little later than its author, and forgets as late. */
  async function untilAllowed(kubectl: Kubectl, args: readonly string[]): Promise<void> {
    const isAllowed = async () => (await kubectl(args)).exitCode === 0;
    await until(isAllowed, 20_000, `kubectl ${args.join(" ")} is allowed`);
  }

  test("a user whom the policy admits is Forbidden by name, and let in by the role bindings of k8s/rbac", async () => {
    const { github, maintainer } = octogate;
    const kubectl = await controlPlane.kubectl.withGitHubToken(github.issueToken(maintainer, { kind: "fine_grained" }));

    const { exitCode, stderr } = await kubectl(["get", "pods"]);
    expect(stderr).toContain(`pods is forbidden: User "github:${personOf(maintainer)}" cannot list resource "pods"`);
    expect(exitCode).toBe(1);

    const apply = ["apply", "--filename=-"];
    await succeed(controlPlane.admin, apply, readRbacExample("view-namespace", personOf(maintainer)));
    await untilAllowed(kubectl, ["get", "pods"]);
    const elsewhere = await kubectl(["get", "pods", "--all-namespaces"]);
    expect(elsewhere.stderr).toContain("Forbidden");

    await succeed(controlPlane.admin, apply, readRbacExample("view-cluster", personOf(maintainer)));
    await untilAllowed(kubectl, ["get", "pods", "--all-namespaces"]);
  });

  test("a person who took over the login of an admitted one is Unauthorized: the number is another one", async () => {
    const { github, maintainer } = octogate;
    const successor = github.addAccount({ login: maintainer.login });
    const decisions = decisionsFromHere(octogate.edge());
    const kubectl = await controlPlane.kubectl.withGitHubToken(github.issueToken(successor, { kind: "classic" }));

    const { stderr } = await kubectl(["get", "pods"]);

    expect(stderr).toContain("You must be logged in to the server");
    expect((await untilDecided(decisions, () => true)).reason).toBe("name_reassigned");
  });

  test("an outsider is Unauthorized, with the reason in the decision log alone", async () => {
    const { github, outsider } = octogate;
    const log = controlPlane.logFromHere();
    const decisions = decisionsFromHere(octogate.edge());
    const kubectl = await controlPlane.kubectl.withGitHubToken(github.issueToken(outsider, { kind: "classic" }));

    const { exitCode, stderr } = await kubectl(["get", "pods"]);

    expect(stderr).toContain("You must be logged in to the server");
    expect(exitCode).toBe(1);
    expect(await untilDecided(decisions, () => true)).toMatchObject({
      verdict: "unauthenticated",
      reason: "not_allowed",
    });
    expect(log()).not.toContain("not_allowed");
  });

  test("a plain no is remembered by kube-apiserver: a refused token that is tried again costs nothing", async () => {
    const { github, maintainer } = octogate;
    const token = github.issueToken(maintainer, { kind: "classic" });
    github.revokeToken(token);
    const kubectl = await controlPlane.kubectl.withGitHubToken(token);

    for (const _attempt of [1, 2]) expect((await kubectl(["get", "pods"])).stderr).toContain("must be logged in");

    expect(github.requests.length).toBe(1);
  });

  test("a token that is revoked stops working within the TTL and the time of kube-apiserver's caches", async () => {
    const { github, maintainer } = octogate;
    const token = github.issueToken(maintainer, { kind: "classic" });
    const kubectl = await controlPlane.kubectl.withGitHubToken(token);
    const anyRead = ["get", "--raw", "/api"];
    await succeed(kubectl, anyRead);

    github.revokeToken(token);

    const maxLagMs = (ttlSeconds + apiserverCachesSeconds + slackSeconds) * 1000;
    const refusal = async () => {
      const outcome = await kubectl(anyRead);
      return outcome.exitCode === 0 ? undefined : outcome;
    };
    const { stderr } = await until(refusal, maxLagMs, "the token is refused");
    expect(stderr).toContain("You must be logged in to the server");
  });

  test("service accounts go on as before, and their tokens never reach GitHub", async () => {
    const { admin, kubectl } = controlPlane;
    await succeed(admin, ["create", "serviceaccount", "robot"]);
    const robot = await kubectl.with({ token: await serviceAccountToken(admin, "robot") });

    const { stderr } = await robot(["get", "pods"]);

    expect(stderr).toContain('User "system:serviceaccount:default:robot" cannot list resource "pods"');
    expect(octogate.github.requests).toEqual([]);
  });

  test("service account tokens that kube-apiserver itself refuses stay refused, and never reach GitHub", async () => {
    const { admin, kubectl } = controlPlane;
    await succeed(admin, ["create", "serviceaccount", "foreign-robot"]);
    const forVault = await serviceAccountToken(admin, "foreign-robot", "vault");
    const [header = "", claims = ""] = forVault.split(".");
    const forged = `${header}.${claims}.${Buffer.from("no signature").toString("base64url")}`;
    const decisions = decisionsFromHere(octogate.edge());

    for (const token of [forVault, forged, "no-token-of-any-kind"]) {
      const { stderr } = await (await kubectl.with({ token }))(["get", "--raw", "/api"]);
      expect(stderr).toContain("You must be logged in to the server");
    }

    // A review of a GitHub token that is decided later shows that those before it have been, without a line in the log.
    const { github, outsider } = octogate;
    const visitor = await kubectl.withGitHubToken(github.issueToken(outsider, { kind: "classic" }));
    await visitor(["get", "--raw", "/api"]);
    await untilDecided(decisions, ({ reason }) => reason === "not_allowed");
    expect(decisions().length).toBe(1);
    expect(github.requests.length).toBe(1);
  });

  test("while GitHub is down, new sign-ins fail with the reason in kube-apiserver's log, and work again at once afterwards", async () => {
    const { github, maintainer } = octogate;
    const kubectl = await controlPlane.kubectl.withGitHubToken(github.issueToken(maintainer, { kind: "classic" }));
    const log = controlPlane.logFromHere();
    github.setFault("everyone", { kind: "server_error", status: 503, body: "unicorn_html" });
    try {
      const { stderr } = await kubectl(["get", "--raw", "/api"]);
      expect(stderr).toContain("You must be logged in to the server");
      await until(() => log().includes("github_server_error"), 10_000, "the reason is logged");

      await succeed(controlPlane.admin, ["get", "namespaces"]);
    } finally {
      github.setFault("everyone", null);
    }
    await succeed(kubectl, ["get", "--raw", "/api"]);
  });
});
