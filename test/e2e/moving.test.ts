// A cluster moves from the webhook to ID tokens and back, step by step as docs/moving.md has it, while people use
// kubectl all the time: nothing is refused but while kube-apiserver restarts.
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { idTokenSeconds } from "../../src/worker/config/client-table.ts";
import { sumEveryMs } from "../../src/worker/log/decision-log.ts";
import { credentialIdKey } from "../identity/kube-apiserver.ts";
import { readRbacExample } from "../support/cluster-files.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, kubeadmFlags, startControlPlane } from "./support/control-plane.ts";
import { anyRead, tokenIdInExtra, unauthorized, userOf, webhookKubectl } from "./support/id-token-users.ts";
import type { Kubectl } from "./support/kubectl.ts";
import { type KubectlLoad, startKubectlLoad } from "./support/kubectl-load.ts";
import { makeIdToken } from "./support/made-tokens.ts";
import { needs } from "./support/needs.ts";
import { clusterName, type Octogate, personOf, startOctogate } from "./support/octogate.ts";
import { addReefWorks } from "./support/reef-works.ts";
import { succeed } from "./support/roles.ts";
import { type SignInKubectl, signInKubectl } from "./support/sign-in-kubectl.ts";

const title = "a cluster that moves from the webhook to ID tokens and back";

/** So that a sign-in is refreshed with almost every command. */
const refreshAfterSeconds = 2;
/** Of a person who uses the cluster in a state that stays. */
const commandsEach = 10;
/** kube-apiserver looks at its file once a minute. */
const reloadDeadlineMs = 120_000;

const ignoredSchema = v.object({
  event: v.literal("ignored"),
  door: v.literal("webhook"),
  counts: v.record(v.string(), v.number()),
});

describe(title, needs("structured authentication"), () => {
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  /** The same person, with a token of their own and by signing in. */
  let byToken: Kubectl;
  let signedIn: SignInKubectl;
  let configuration: string;
  const loads: KubectlLoad[] = [];
  const apart: string[] = [];
  beforeAll(async () => {
    octogate = await startOctogate({
      signsIn: true,
      addTo: addReefWorks,
    });
    const { stateDir, maintainer, github } = octogate;
    configuration = join(stateDir, `${clusterName}.authentication.yaml`);
    controlPlane = await startControlPlane(octogate.webhookKubeconfig);
    byToken = await webhookKubectl(octogate, controlPlane);
    signedIn = await signInKubectl(controlPlane, {
      kubeconfig: join(stateDir, `${clusterName}.user.kubeconfig`),
      person: maintainer.login,
      githubWebUrl: github.webUrl,
      refreshBeforeSeconds: idTokenSeconds.default - refreshAfterSeconds,
    });
    const binding = readRbacExample("view-namespace", personOf(maintainer));
    await succeed(controlPlane.admin, ["apply", "--filename=-"], binding);
    const isAllowed = async () => (await byToken(["get", "pods"])).exitCode === 0;
    await until(isAllowed, 20_000, "the role binding counts");
  });
  afterAll(async () => {
    for (const load of loads) await load.stop();
    await controlPlane?.stop();
    await octogate?.stop();
  });

  /** The person uses the cluster until the load is stopped. */
  function use(kubectl: Kubectl): KubectlLoad {
    const load = startKubectlLoad([kubectl], ["get", "pods"]);
    loads.push(load);
    return load;
  }

  async function restart(load: KubectlLoad, what: string, changes: Parameters<ControlPlane["restart"]>[1]) {
    const refused = await load.interrupt(() => controlPlane.restart(undefined, changes));
    apart.push(`${what}: ${refused.length}`);
  }

  async function useForAWhile(...used: readonly KubectlLoad[]): Promise<void> {
    const enough = used.map((load) => load.commands() + commandsEach);
    await until(() => used.every((load, index) => load.commands() >= (enough[index] ?? 0)), 120_000, "kubectl is used");
  }

  async function isOut(kubectl: Kubectl): Promise<boolean> {
    return (await kubectl(anyRead)).stderr.includes(unauthorized);
  }

  test("by the webhook alone an ID token is a plain no: GitHub does not hear of it, nor is it logged", async () => {
    expect(await isOut(signedIn.kubectl)).toBe(true);
    const idToken = await signedIn.idToken();
    octogate.github.requests.length = 0;
    expect(await isOut(await controlPlane.kubectl.with({ token: idToken }))).toBe(true);
    expect(octogate.github.requests).toEqual([]);
    expect(JSON.stringify(octogate.edge().decisions())).not.toContain(credentialIdOf(idToken));
  });

  let tokens: KubectlLoad;
  test("one restart brings ID tokens beside the webhook, and no one has to change anything", async () => {
    tokens = use(byToken);
    await restart(tokens, "the file is named", { flags: [`--authentication-config=${configuration}`] });
    const isIn = async () => (await signedIn.kubectl(["get", "pods"])).exitCode === 0;
    await until(isIn, 40_000, "kube-apiserver knows the keys");
    await useForAWhile(tokens);
    expect(tokens.refusals()).toEqual([]);
  });

  let signIns: KubectlLoad;
  test("with both, a person has the same name, uid, groups and role bindings either way", async () => {
    signIns = use(signedIn.kubectl);
    const { extra: byIdToken, ...user } = await userOf(signedIn.kubectl);
    const { extra: byWebhook, ...sameUser } = await userOf(byToken);
    expect(user).toEqual(sameUser);
    expect(user).toEqual({
      username: `github:${personOf(octogate.maintainer)}`,
      uid: String(octogate.maintainer.id),
      groups: ["github:Reef-Works", "github:Reef-Works/platform", "system:authenticated"],
    });
    const same = {
      "octogate.dev/login": [octogate.maintainer.login],
      "octogate.dev/github-host": [expect.any(String)],
    };
    const ofToken = [expect.stringMatching(/^GITHUBSHA256=\S{44}$/)];
    expect(byWebhook).toEqual({ ...same, "octogate.dev/credential-kind": ["classic"], [credentialIdKey]: ofToken });
    expect(byIdToken).toEqual({
      ...same,
      "octogate.dev/credential-kind": ["app"],
      ...tokenIdInExtra(),
      "octogate.dev/credential-id": ofToken,
      "octogate.dev/door": ["sign-in"],
    });
    await useForAWhile(tokens, signIns);
    expect([...tokens.refusals(), ...signIns.refusals()]).toEqual([]);
  });

  test("with both, a token that the issuer's keys do not verify falls through to the webhook, which says no", async () => {
    const claims = { iss: `https://localhost:${octogate.edge().signInPort}`, aud: clusterName, sub: "1" };
    const key = await readFile(join(octogate.stateDir, "edge/signing-key.pem"), "utf8");
    const ended = await makeIdToken(key, { ...claims, exp: Math.floor(Date.now() / 1000) - 60 });
    const elsewhere = await makeIdToken(key, { ...claims, aud: "other" });
    for (const token of [ended, elsewhere]) expect(await isOut(await controlPlane.kubectl.with({ token }))).toBe(true);
    expect(JSON.stringify(octogate.edge().decisions())).not.toContain(credentialIdOf(ended));
  });

  test("one restart takes the webhook away: GitHub tokens are out, and signed-in people notice nothing else", async () => {
    await tokens.stop();
    await restart(signIns, "the webhook is taken away", { webhookFlags: () => [] });
    expect(await isOut(byToken)).toBe(true);
    await useForAWhile(signIns);
    expect([...tokens.refusals(), ...signIns.refusals()]).toEqual([]);
  });

  test("one restart brings the webhook back", async () => {
    await restart(signIns, "the webhook is back", { webhookFlags: kubeadmFlags });
    await succeed(byToken, ["get", "pods"]);
    tokens = use(byToken);
    await useForAWhile(tokens, signIns);
    expect([...tokens.refusals(), ...signIns.refusals()]).toEqual([]);
  });

  test("an issuer goes out of the file and comes into it without a restart", { timeout: 300_000 }, async () => {
    await signIns.stop();
    const trusting = await readFile(configuration, "utf8");
    const document = parseDocument(trusting);
    document.setIn(["jwt"], []);
    await replaceConfiguration(document.toString());
    await until(() => isOut(signedIn.kubectl), reloadDeadlineMs, "ID tokens are out");
    expect(await userOf(byToken)).toMatchObject({ uid: String(octogate.maintainer.id) });

    await replaceConfiguration(trusting);
    await until(async () => !(await isOut(signedIn.kubectl)), reloadDeadlineMs, "ID tokens are in");
    expect(tokens.refusals()).toEqual([]);
  });

  test("one restart ends all of it: the webhook alone, as in the beginning", async () => {
    await restart(tokens, "the file is no longer named", { flags: [] });
    expect(await isOut(signedIn.kubectl)).toBe(true);
    await useForAWhile(tokens);
    expect(loads.flatMap((load) => load.refusals())).toEqual([]);
  });

  test("the webhook has counted the ID tokens that it was asked about, and that is all it did", async () => {
    const counted = () =>
      octogate
        .edge()
        .decisions()
        .flatMap((line) => (v.is(ignoredSchema, line) ? [line.counts] : []))
        .reduce((sum, { jwt = 0 }) => sum + jwt, 0);
    await until(() => counted() >= 3, sumEveryMs + 20_000, "the log has the sum of ignored tokens");
    const commands = loads.reduce((sum, load) => sum + load.commands(), 0);
    console.log(`${commands} commands of kubectl, 0 refused; while kube-apiserver restarted: ${apart.join(", ")}`);
  });

  /** At once: kube-apiserver never reads half a file. */
  async function replaceConfiguration(text: string): Promise<void> {
    await writeFile(`${configuration}.new`, text);
    await rename(`${configuration}.new`, configuration);
  }
});
