// Clusters that verify ID tokens themselves, with the files that `npm start` writes: people sign in with kubectl, under
// the names that they have by the webhook, which the same clusters ask about all other tokens.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { credentialIdKey } from "../identity/kube-apiserver.ts";
import { parseKubeconfig, readRbacExample } from "../support/cluster-files.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import {
  anyRead,
  expectUnauthorized,
  masters,
  signIn,
  tokenIdInExtra,
  tokenOfOtherCluster,
  unauthorized,
  userOf,
  webhookKubectl,
  whoami,
} from "./support/id-token-users.ts";
import { keyIdOf, makeIdToken } from "./support/made-tokens.ts";
import { needs } from "./support/needs.ts";
import { clusterName, type Octogate, personOf, startOctogate } from "./support/octogate.ts";
import { addReefWorks } from "./support/reef-works.ts";
import { succeed } from "./support/roles.ts";
import type { SignInKubectl } from "./support/sign-in-kubectl.ts";

/** The shortest that there is: what follows waits for it. */
const idTokenSeconds = 60;
/** kube-apiserver's cache of tokens that it has verified. */
const apiserverCacheSeconds = 10;
let octogate: Octogate;
let realKey: string;
const inTheState = (name: string) => join(octogate.stateDir, name);

beforeAll(async () => {
  octogate = await startOctogate({
    signsIn: true,
    variables: { ID_TOKEN_SECONDS: String(idTokenSeconds) },
    addTo: addReefWorks,
  });
  realKey = await readFile(inTheState("edge/signing-key.pem"), "utf8");
});
afterAll(() => octogate?.stop());

const title = "a cluster that verifies ID tokens";

describe(title, needs("structured authentication"), () => {
  let controlPlane: ControlPlane;
  let mira: SignInKubectl;
  /** Its token ends while other tests run. */
  let early: SignInKubectl;
  const configuration = () => inTheState(`${clusterName}.authentication.yaml`);
  beforeAll(async () => {
    const flags = [`--authentication-config=${configuration()}`];
    controlPlane = await startControlPlane(octogate.webhookKubeconfig, { flags });
    mira = await signIn(octogate, controlPlane, octogate.maintainer.login);
    early = await signIn(octogate, controlPlane, octogate.maintainer.login);
    await until(async () => (await early.kubectl(whoami)).exitCode === 0, 40_000, "kube-apiserver knows the keys");
  });
  afterAll(() => controlPlane?.stop());

  test("a person who signs in is Forbidden under the name that the webhook gives, and let in by one role binding", async () => {
    const byWebhook = await webhookKubectl(octogate, controlPlane);
    const forbidden = `pods is forbidden: User "github:${personOf(octogate.maintainer)}" cannot list resource "pods"`;
    for (const kubectl of [mira.kubectl, byWebhook])
      expect((await kubectl(["get", "pods"])).stderr).toContain(forbidden);

    const binding = readRbacExample("view-namespace", personOf(octogate.maintainer));
    await succeed(controlPlane.admin, ["apply", "--filename=-"], binding);
    const isAllowed = async () => (await mira.kubectl(["get", "pods"])).exitCode === 0;
    await until(isAllowed, 20_000, "kubectl get pods is allowed");
    await succeed(byWebhook, ["get", "pods"]);
  });

  test("uid, groups and extra are those of the webhook, and newer releases add the token's own id", async () => {
    const { extra: byToken, ...user } = await userOf(mira.kubectl);
    const { extra: byWebhook, ...sameUser } = await userOf(await webhookKubectl(octogate, controlPlane));
    expect(user).toEqual(sameUser);
    expect(user).toEqual({
      username: `github:${personOf(octogate.maintainer)}`,
      uid: String(octogate.maintainer.id),
      groups: ["github:Reef-Works", "github:Reef-Works/platform", "system:authenticated"],
    });
    const keys = (value: unknown) => Object.keys(value ?? {});
    expect(keys(byToken)).toEqual(expect.arrayContaining(keys(byWebhook).filter((key) => key !== credentialIdKey)));
    expect(byToken).toMatchObject({
      ...tokenIdInExtra(),
      "octogate.dev/login": [octogate.maintainer.login],
      "octogate.dev/credential-id": [expect.stringMatching(/^GITHUBSHA256=\S{44}$/)],
      "octogate.dev/credential-kind": ["app"],
      "octogate.dev/door": ["sign-in"],
    });
  });

  test("a person who is not admitted reads why in the terminal, with a reference", async () => {
    const { kubectl } = await signIn(octogate, controlPlane, octogate.outsider.login);
    const { stderr, exitCode } = await kubectl(anyRead);
    expect(stderr).toContain("access_denied This GitHub account is not admitted here");
    expect(stderr).toMatch(/Reference: GITHUBSHA256=\S{44}/);
    expect(exitCode).toBe(1);
  });

  test("a token for another cluster is refused, and asked about nowhere", async () => {
    const token = await tokenOfOtherCluster(octogate, controlPlane);
    const log = controlPlane.logFromHere();
    octogate.github.requests.length = 0;
    await expectUnauthorized(controlPlane, token);
    await until(() => log().includes(`expected audience \\"${clusterName}\\" got`), 10_000, "the reason is logged");
    expect(octogate.github.requests).toEqual([]);
  });

  test("a key that is not published is refused, also under the name of one that is", async () => {
    const otherKey = makeSigningKey();
    for (const kid of [await keyIdOf(otherKey), await keyIdOf(realKey)]) {
      await expectUnauthorized(controlPlane, await makeIdToken(otherKey, masters(octogate), kid));
    }
  });

  test("a stolen signing key makes no one system:masters: the cluster's prefix stands before all names", async () => {
    const kubectl = await controlPlane.kubectl.with({ token: await makeIdToken(realKey, masters(octogate)) });
    expect(await userOf(kubectl)).toMatchObject({
      username: "github:system:admin",
      groups: ["github:system:masters", "system:authenticated"],
    });
    const secrets = await kubectl(["get", "secrets", "--all-namespaces"]);
    expect(secrets.stderr).toContain('User "github:system:admin" cannot list resource "secrets"');
  });

  test("kubectl's own oidc provider refreshes an ended token, and keeps the new one", async () => {
    await succeed(mira.kubectl, whoami);
    const ended = await makeIdToken(makeSigningKey(), {
      ...masters(octogate),
      exp: Math.floor(Date.now() / 1000) - 60,
    });
    const kubeconfig = parseKubeconfig(await readFile(inTheState(`${clusterName}.user.kubeconfig`), "utf8"));
    kubeconfig.users[0].user = {
      "auth-provider": {
        name: "oidc",
        config: {
          "client-id": clusterName,
          "idp-issuer-url": masters(octogate).iss,
          "idp-certificate-authority": inTheState("ca.crt"),
          "id-token": ended,
          "refresh-token": await mira.refreshToken(),
        },
      },
    };
    const kubectl = await controlPlane.kubectl.withKubeconfig(kubeconfig);
    expect(await userOf(kubectl)).toMatchObject({ username: `github:${personOf(octogate.maintainer)}` });
    const written = await succeed(kubectl, ["config", "view", "--raw", "-o", "json"]);
    const { config } = parseKubeconfig(written).users[0].user["auth-provider"] ?? {};
    expect(config?.["id-token"]).not.toBe(ended);
    await succeed(await controlPlane.kubectl.with({ token: config?.["id-token"] ?? "" }), whoami);
  });

  test("while the sign-in hostname is down, kubectl goes on until the token ends, and no longer", async () => {
    const { kubectl, idToken } = early;
    const hasTime = async () => {
      await succeed(kubectl, whoami);
      return (decodeJwt(await idToken()).exp ?? 0) > Date.now() / 1000 + 15;
    };
    await until(hasTime, 30_000, "the token lives for some seconds more");
    const asItIs = await controlPlane.kubectl.with({ token: await idToken() });
    await octogate.stopEdge();
    try {
      for (const _time of [1, 2]) await succeed(kubectl, whoami);
      const isOver = async () => (await asItIs(whoami)).stderr.includes(unauthorized);
      await until(isOver, (idTokenSeconds + apiserverCacheSeconds + 20) * 1000, "the token has ended");
      const { stderr, exitCode } = await kubectl(whoami);
      expect(stderr).toContain("error: get-token: ");
      expect(exitCode).toBe(1);
    } finally {
      await octogate.startEdge();
    }
    expect(await userOf(kubectl)).toMatchObject({ username: `github:${personOf(octogate.maintainer)}` });
  });
});
