// The key that signs ID tokens is replaced while people use kubectl: by the table SIGNING_KEYS, in two deployments.
import { createPublicKey } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../src/local/github/accounts.ts";
import { authenticationConfiguration, signInKubeconfig } from "../../src/node/sign-in-files.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { startKubectlLoad } from "./support/kubectl-load.ts";
import { keyIdOf } from "./support/made-tokens.ts";
import { needs, structuredVersion } from "./support/needs.ts";
import { type RedeployedOctogate, startRedeployedOctogate } from "./support/redeployed-octogate.ts";
import { addSignInApp } from "./support/sign-in-app.ts";
import { type SignInKubectl, signInKubectl } from "./support/sign-in-kubectl.ts";

const title = "a rotation of the signing key";

const clusterName = "rotating";
const whoami = ["auth", "whoami"];
/** Long enough that a token of the old key outlives the rotation. */
const idTokenSeconds = 120;
/** So that one of the two refreshes with almost every command, while the other has one token all the time. */
const refreshAfterSeconds = 2;
/** Long enough ago that both keys may sign. */
const publishedAt = new Date(Date.now() - 3_700_000).toISOString().replace(/\.\d+/, "");
/** Commands that have to succeed in each state of the rotation. */
const commandsEach = 6;

describe(title, needs("structured authentication"), () => {
  let octogate: RedeployedOctogate;
  let controlPlane: ControlPlane;
  let mira: StandInAccount;
  let deploy: (variables: object) => Promise<void>;
  const published = { a: publishedAt, b: publishedAt };
  const keys = { old: makeSigningKey(), next: makeSigningKey(), later: makeSigningKey() };
  beforeAll(async () => {
    octogate = await startRedeployedOctogate(clusterName, (github) => {
      mira = github.addAccount({ login: "mira-maintainer" });
      return [`user:${mira.login}#${mira.id}`];
    });
    const { folder, signInPort, github, authorityFile } = octogate;
    const issuerUrl = `https://localhost:${signInPort}`;
    const { variables } = addSignInApp(github, issuerUrl);
    const client = await octogate.issueClientCertificate(30);
    deploy = (more) =>
      octogate.deploy(
        [client],
        { sign_in: true, id_token_seconds: idTokenSeconds },
        {
          ...{ ISSUER_URL: issuerUrl, ...variables, ...more },
        },
      );
    await deploy({ SIGNING_KEY_A: keys.old, SIGNING_KEY_B: keys.next, SIGNING_KEYS: { signs: "a", published } });
    const certificate = await readFile(authorityFile, "utf8");
    const host = { issuerUrl, authority: { certificate, file: authorityFile } };
    const configuration = join(folder, "authentication.yaml");
    await writeFile(configuration, authenticationConfiguration(host, clusterName, "github:", structuredVersion()));
    const cluster = { name: "test", server: "https://replaced.example", authorityFile: "replaced" };
    await writeFile(join(folder, "kubeconfig"), signInKubeconfig(host, clusterName, cluster));
    // No webhook: what kube-apiserver knows, it knows by the keys.
    const flags = [`--authentication-config=${configuration}`];
    controlPlane = await startControlPlane("", { webhookFlags: () => flags });
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });

  function signIn(refreshBeforeSeconds: number): Promise<SignInKubectl> {
    const kubeconfig = join(octogate.folder, "kubeconfig");
    const githubWebUrl = octogate.github.webUrl;
    return signInKubectl(controlPlane, { kubeconfig, person: mira.login, githubWebUrl, refreshBeforeSeconds });
  }

  test("no command of kubectl is refused, neither by tokens of the old key nor by those of the new one", async () => {
    const busy = await signIn(idTokenSeconds - refreshAfterSeconds);
    const patient = await signIn(0);
    const keyOf = async ({ idToken }: SignInKubectl) => {
      const token = await idToken().catch(() => null);
      return token === null ? null : decodeProtectedHeader(token).kid;
    };
    // kube-apiserver reads the keys in its own time.
    await until(async () => (await patient.kubectl(whoami)).exitCode === 0, 40_000, "kube-apiserver knows the keys");
    const load = startKubectlLoad([busy.kubectl, patient.kubectl], whoami);
    const untilUsed = async (key: string) => {
      const kid = await keyIdOf(key);
      await until(async () => (await keyOf(busy)) === kid, 30_000, "the plugin has a token of the key that signs");
      const enough = load.commands() + commandsEach;
      await until(() => load.commands() >= enough, 60_000, "kubectl has used it");
    };
    try {
      await untilUsed(keys.old);
      await deploy({ SIGNING_KEY_A: keys.old, SIGNING_KEY_B: keys.next, SIGNING_KEYS: { signs: "b", published } });
      await untilUsed(keys.next);
      const { n, e } = createPublicKey(keys.old).export({ format: "jwk" });
      const withdrawn = [{ kty: "RSA", n, e, kid: await keyIdOf(keys.old) }];
      await deploy({
        SIGNING_KEY_A: keys.later,
        SIGNING_KEY_B: keys.next,
        SIGNING_KEYS: { signs: "b", published, withdrawn },
      });
      await untilUsed(keys.next);
    } finally {
      await load.stop();
    }
    expect(load.refusals()).toEqual([]);
    expect(await keyOf(patient)).toBe(await keyIdOf(keys.old));
    expect(await keyOf(busy)).toBe(await keyIdOf(keys.next));
    console.log(`${load.commands()} commands of kubectl during two deployments, 0 refused`);
  });
});
