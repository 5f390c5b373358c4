// Workflows of GitHub Actions at a real cluster, without a stored secret: by an exchange, for a cluster that verifies
// ID tokens, and by the webhook, with the job's own token. Each workflow of docs/ci.md is run.
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { NewJob } from "../../src/local/github/actions/jobs.ts";
import type { StandInRepository } from "../../src/local/github/repositories.ts";
import { credentialIdKey } from "../identity/kube-apiserver.ts";
import { documentedWorkflow, documentedWorkflows } from "../support/documented-workflows.ts";
import { until } from "../support/until.ts";
import { beginJob, type LocalJob, letSeePods } from "./support/ci-workflows.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { decisionsFromHere, untilDecided } from "./support/decisions.ts";
import { anyRead, tokenIdInExtra, unauthorized, whoami } from "./support/id-token-users.ts";
import { needs } from "./support/needs.ts";
import { clusterName, type Octogate, startOctogate } from "./support/octogate.ts";

const title = "workflows at a real cluster";

/** The shortest that there is: a test waits for the end of a token. */
const idTokenSeconds = 60;

describe(title, needs("structured authentication", "the programs of a runner"), () => {
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  let shop: StandInRepository;
  let name: string;
  beforeAll(async () => {
    octogate = await startOctogate({
      signsIn: true,
      actions: true,
      variables: { ID_TOKEN_SECONDS: String(idTokenSeconds) },
      addTo: (github) => {
        const organisation = github.addOrganisation({ login: "Reef-Works" });
        shop = github.addRepository(organisation, { name: "shop" });
        const pin = `#${organisation.id}/${shop.id}`;
        return [
          `workflow:reef-works/shop/.github/workflows/deploy.yml@refs/heads/main${pin}`,
          `environment:reef-works/shop/production${pin}`,
        ];
      },
    });
    name = `github:actions:Reef-Works/shop:${shop.id}`;
    const configuration = join(octogate.stateDir, `${clusterName}.authentication.yaml`);
    controlPlane = await startControlPlane(octogate.webhookKubeconfig, {
      flags: [`--authentication-config=${configuration}`],
    });
    await until(async () => (await (await deployJob()).kubectl(whoami)).exitCode === 0, 40_000, "the keys are known");
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });

  const begun: LocalJob[] = [];
  afterEach(async () => {
    for (const job of begun.splice(0)) await job.end();
  });

  async function begin(job: NewJob): Promise<LocalJob> {
    const one = await beginJob(octogate, controlPlane, job);
    begun.push(one);
    return one;
  }

  /** A job whose kubeconfig is there. */
  async function deployJob(inputs: Readonly<Record<string, string>> = {}, job: object = {}): Promise<LocalJob> {
    const one = await begin({ repository: shop, ...job });
    const { exitCode, stdout, stderr } = await one.useAction(inputs);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    return one;
  }

  async function userOf(job: LocalJob) {
    const { stdout, stderr } = await job.kubectl(whoami);
    expect(stderr).toBe("");
    const review = JSON.parse(stdout) as { status: { userInfo: Record<string, unknown> } }; // kube-apiserver's
    return review.status.userInfo;
  }

  /** What the plugin gives kubectl. */
  async function tokenOf(job: LocalJob): Promise<string> {
    const { stdout } = await job.runPlugin();
    const credential = JSON.parse(stdout) as { status: { token: string } }; // the plugin's
    return credential.status.token;
  }

  const idTokenRequests = () => octogate.github.requests.filter(({ path }) => path.includes("/idtoken/")).length;
  const byWebhook = { exchange: "false" };

  test.each([
    ["an exchange", {}],
    ["the webhook", byWebhook],
  ])("by %s a job is Forbidden under the workflow's name", async (_way, inputs) => {
    const { stderr } = await (await deployJob(inputs)).kubectl(["get", "pods"]);
    expect(stderr).toContain(`pods is forbidden: User "${name}" cannot list resource "pods"`);
  });

  test("uid, groups and extra say what ran, and are the same by both ways", async () => {
    const { extra: byToken, ...user } = await userOf(await deployJob());
    const { extra: byOwnToken, ...sameUser } = await userOf(await deployJob(byWebhook));
    expect(user).toEqual(sameUser);
    expect(user).toEqual({
      username: name,
      uid: `repository:${shop.id}`,
      groups: [
        "github:actions:Reef-Works/shop",
        "github:actions:Reef-Works/shop/workflows/deploy.yml",
        "system:authenticated",
      ],
    });
    const run = {
      "octogate.dev/credential-kind": ["workflow"],
      "octogate.dev/github-host": [expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
      "octogate.dev/workflow-ref": ["Reef-Works/shop/.github/workflows/deploy.yml@refs/heads/main"],
      "octogate.dev/run-id": ["11000000001"],
      "octogate.dev/run-attempt": ["1"],
      "octogate.dev/sha": [expect.stringMatching(/^[0-9a-f]{40}$/)],
      "octogate.dev/event": ["push"],
      "octogate.dev/actor": ["otto-inkwell"],
    };
    expect(byOwnToken).toEqual({ ...run, [credentialIdKey]: [expect.stringMatching(/^JTI=/)] });
    expect(byToken).toMatchObject({ ...run, ...tokenIdInExtra() });
  });

  test("an environment is a group of its own, whichever workflow names it", async () => {
    const { groups } = await userOf(await deployJob({}, { workflow: "other.yml", environment: "production" }));
    expect(groups).toContain("github:actions:Reef-Works/shop/environments/production");
    const refused = await begin({ repository: shop, workflow: "other.yml" });
    const { exitCode, stderr } = await refused.useAction();
    expect(stderr).toContain("answered 400: invalid_target: This workflow is not admitted here");
    expect(exitCode).toBe(1);
  });

  test("a pull request is told that its event does not count, and gets nowhere by the webhook either", async () => {
    const pullRequest = { event: "pull_request", ref: "refs/pull/7/merge", environment: "production" };
    const job = await begin({ repository: shop, ...pullRequest });
    const { exitCode, stderr } = await job.useAction();
    expect(stderr).toMatch(/answered 400: invalid_request: An event started this run .*\(pull_request\)/);
    expect(exitCode).toBe(1);

    const decisions = decisionsFromHere(octogate.edge());
    const { stderr: refused } = await (await deployJob(byWebhook, pullRequest)).kubectl(anyRead);
    expect(refused).toContain(unauthorized);
    await untilDecided(decisions, ({ reason }) => reason === "workflow_event_not_allowed");
  });

  test("a job without the permission says in its step what is missing", async () => {
    const job = await begin({ repository: shop, idToken: false });
    const { exitCode, stderr, stdout } = await job.useAction();
    expect(stderr).toContain("    permissions:\n      id-token: write\n");
    expect(stdout).toContain("::error title=Octogate::");
    expect(exitCode).toBe(1);
  });

  test("each workflow of docs/ci.md lists pods", async () => {
    await letSeePods(controlPlane, "deploy", "github:actions:Reef-Works/shop/environments/production");
    const production = { repository: shop, environment: "production" };
    const canSee = async () => (await (await deployJob({}, production)).kubectl(["get", "pods"])).exitCode === 0;
    await until(canSee, 20_000, "the role binding counts");
    for (const workflow of documentedWorkflows()) {
      const outcomes = await (await begin(production)).runWorkflow(workflow);
      expect(outcomes).toHaveLength(workflow.steps.length);
      expect(outcomes.at(-1)).toMatchObject({ exitCode: 0, stderr: "No resources found in default namespace.\n" });
    }
  });

  test("curl alone leads to the webhook, too, and says why a workflow is refused", async () => {
    const [, alone] = documentedWorkflows();
    const production = { repository: shop, environment: "production" };
    const withoutExchange = documentedWorkflow(alone.text.replace(/ \\\n *\| curl .*?> token/s, " > token"));
    const [step] = await (await begin(production)).runWorkflow(withoutExchange);
    expect(step).toMatchObject({ exitCode: 0, stderr: "No resources found in default namespace.\n" });

    const other = { repository: shop, workflow: "other.yml" };
    const [refused] = await (await begin(other)).runWorkflow(alone);
    expect(refused?.stderr).toContain("This workflow is not admitted here");
    expect(refused?.exitCode).not.toBe(0);
  });

  test("each kubectl run has a token of its own, and the job goes on when the first one has ended", async () => {
    const job = await deployJob();
    const first = await tokenOf(job);
    const asked = idTokenRequests();
    for (const _run of [1, 2]) expect((await job.kubectl(whoami)).exitCode).toBe(0);
    expect(idTokenRequests()).toBeGreaterThanOrEqual(asked + 2);

    const withTheFirst = await controlPlane.kubectl.with({ token: first });
    expect((await withTheFirst(whoami)).exitCode).toBe(0);
    const isOver = async () => (await withTheFirst(whoami)).stderr.includes(unauthorized);
    await until(isOver, (idTokenSeconds + 40) * 1000, "the first token has ended");
    expect(decodeJwt(first).exp).toBeLessThan(Date.now() / 1000);
    expect(await userOf(job)).toMatchObject({ username: name });
  });

  test("nothing of a token stays in the job's folder, or in what its steps print", async () => {
    const job = await deployJob();
    const token = await tokenOf(job);
    const { stderr, stdout } = await job.kubectl(["get", "pods", "--v=9"]);
    const { stdout: found } = await job.runProgram("grep", ["-rlE", "eyJ[A-Za-z0-9_-]{20}", job.temporaryFolder]);
    expect(found).toBe("");
    expect(stderr + stdout).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/);
    expect(token).toMatch(/^eyJ[A-Za-z0-9_-]{20}/);
  });

  test("a key that GitHub begins to sign with is learnt within the minute, at both doors", async () => {
    octogate.github.actionsKeys.rotate();
    const job = await begin({ repository: shop });
    await until(async () => (await job.useAction()).exitCode === 0, 100_000, "the exchange knows the new key");
    expect(await userOf(job)).toMatchObject({ username: name });
    expect(await userOf(await deployJob(byWebhook))).toMatchObject({ username: name });
  });
});
