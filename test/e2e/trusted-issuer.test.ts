// Clusters with the files that `octogate manifests` prints for ID tokens, as the release under test reads them: people
// and workflows come out under the names that the webhook gives.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { releaseName } from "../../src/cli/kubernetes/releases.ts";
import { credentialIdKey } from "../identity/kube-apiserver.ts";
import { commandsIn } from "../support/document-commands.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { openGuideShell } from "./support/guide-node.ts";
import {
  expectUnauthorized,
  masters,
  signIn,
  tokenIdInExtra,
  tokenOfOtherCluster,
  userOf,
  webhookKubectl,
  whoami,
} from "./support/id-token-users.ts";
import type { Kubectl } from "./support/kubectl.ts";
import { makeIdToken } from "./support/made-tokens.ts";
import { needs, releaseUnderTest, structuredVersion } from "./support/needs.ts";
import { type Octogate, personOf, startOctogate } from "./support/octogate.ts";
import { printManifests } from "./support/printed-manifests.ts";
import { addReefWorks } from "./support/reef-works.ts";

let octogate: Octogate;
let realKey: string;

beforeAll(async () => {
  octogate = await startOctogate({
    signsIn: true,
    addTo: addReefWorks,
  });
  realKey = await readFile(join(octogate.stateDir, "edge/signing-key.pem"), "utf8");
});
afterAll(() => octogate?.stop());

/** Prints a cluster's files. @returns the flags that kube-apiserver gets with them */
type Configure = (settings?: Readonly<Record<string, string>>) => Promise<readonly string[]>;

/** @returns kube-apiserver's flag for a configuration */
async function flagFor(name: string, configuration: string): Promise<string[]> {
  const path = join(octogate.stateDir, name);
  await writeFile(path, configuration);
  return [`--authentication-config=${path}`];
}

const structured: Configure = async (settings) => {
  const target = ["structured", "--kubernetes", releaseName(releaseUnderTest())];
  const printed = await printManifests(octogate, target, settings);
  return flagFor("authentication.yaml", await printed.read("authentication-configuration.yaml"));
};

/** @returns the path of the file that a flag names */
function fileIn([flag = ""]: readonly string[]): string {
  return flag.replace("--authentication-config=", "");
}

/** What Talos writes for kube-apiserver of its document: it sets these two keys (control_plane.go, 1.14). */
const talos: Configure = async (settings) => {
  const printed = await printManifests(octogate, ["structured", "--distribution", "talos"], settings);
  const { configuration } = parse(await printed.read("kube-authentication-config.yaml")) as { configuration: object }; // ours
  const added = { apiVersion: "apiserver.config.k8s.io/v1beta1", kind: "AuthenticationConfiguration" };
  return flagFor("authentication-talos.yaml", stringify({ ...configuration, ...added }));
};

/** As the page says that one merges: the entry goes beside that of another issuer, which can't be reached here. */
const merged: Configure = async (settings) => {
  const printed = await printManifests(octogate, ["structured"], settings);
  const { jwt } = parse(await printed.read("authentication-configuration.yaml")) as { jwt: object[] }; // ours
  const other = {
    issuer: { url: "https://127.0.0.1:1", audiences: ["other"] },
    claimMappings: { username: { claim: "sub", prefix: "other:" } },
  };
  const there = { apiVersion: `apiserver.config.k8s.io/${structuredVersion()}`, kind: "AuthenticationConfiguration" };
  const anonymous = { enabled: false };
  return flagFor("authentication-merged.yaml", stringify({ ...there, anonymous, jwt: [other, ...jwt] }));
};

const flags: Configure = async (settings) => {
  const printed = await printManifests(octogate, ["flags"], settings);
  const list = parse(await printed.read("flags.yaml")) as string[]; // our own file
  const authority = join(octogate.stateDir, "issuer-ca.crt");
  await writeFile(authority, await printed.read("issuer-ca.crt"));
  return list.map((flag) => flag.replace(/^(--oidc-ca-file=).*/, `$1${authority}`));
};

const ways = [
  {
    by: "the file of structured",
    needed: "structured authentication",
    configure: structured,
    givesExtra: true,
  },
  { by: "flags", needed: "a control plane", configure: flags, givesExtra: false },
] as const;

/** Files that are made of what is printed for structured authentication, and that give the same users. */
const others = { "Talos makes": talos, "another issuer was in before": merged };

/** A workflow's, as docs/identity.md names it, with the claims that only workflows have. */
const workflow = () => ({
  ...masters(octogate),
  sub: "repository:9001",
  username: "actions:acme/shop:9001",
  groups: ["actions:acme/shop", "actions:acme/shop/environments/production", "actions:acme/shop/workflows/deploy.yml"],
  jti: "0123456789abcdefghijkl",
  preferred_username: "actions:acme/shop",
  credential_id: "JTI=1f2e3d4c",
  credential_kind: "workflow",
  door: "sign-in",
  workflow_ref: "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
  run_id: "7000000001",
  run_attempt: "2",
  sha: "a".repeat(40),
  event_name: "push",
  actor: "octocat",
});

const workflowGroups = [
  "github:actions:acme/shop",
  "github:actions:acme/shop/environments/production",
  "github:actions:acme/shop/workflows/deploy.yml",
  "system:authenticated",
];

/** As the webhook gives it, and which way the token came. There is no login: a workflow has none. */
const workflowExtra = {
  "octogate.dev/github-host": ["github.com"],
  "octogate.dev/credential-id": ["JTI=1f2e3d4c"],
  "octogate.dev/credential-kind": ["workflow"],
  "octogate.dev/door": ["sign-in"],
  "octogate.dev/workflow-ref": ["acme/shop/.github/workflows/deploy.yml@refs/heads/main"],
  "octogate.dev/run-id": ["7000000001"],
  "octogate.dev/run-attempt": ["2"],
  "octogate.dev/sha": ["a".repeat(40)],
  "octogate.dev/event": ["push"],
  "octogate.dev/actor": ["octocat"],
};

/** Expects the user whom {@link workflow} names, and nothing else. */
async function expectWorkflow(kubectl: Kubectl, givesExtra: boolean): Promise<void> {
  const { extra, ...user } = await userOf(kubectl);
  const names = { username: "github:actions:acme/shop:9001", groups: workflowGroups };
  expect(user).toEqual(givesExtra ? { ...names, uid: "repository:9001" } : names);
  expect(extra ?? {}).toEqual({ ...(givesExtra ? workflowExtra : {}), ...tokenIdInExtra() });
}

for (const { by, needed, configure, givesExtra } of ways) {
  describe(`a cluster that trusts by ${by}`, needs(needed), () => {
    let controlPlane: ControlPlane;
    let flagsOfIssuer: readonly string[];
    const kubectlWith = async (claims: Readonly<Record<string, unknown>>, key = realKey) =>
      controlPlane.kubectl.with({ token: await makeIdToken(key, claims) });
    beforeAll(async () => {
      flagsOfIssuer = await configure();
      controlPlane = await startControlPlane(octogate.webhookKubeconfig, { flags: flagsOfIssuer });
      const kubectl = await kubectlWith(workflow());
      const isKnown = async () => (await kubectl(["get", "pods"])).stderr.includes("is forbidden");
      await until(isKnown, 60_000, "kube-apiserver knows the keys");
    });
    afterAll(() => controlPlane?.stop());

    test("a person who signs in has the name that the webhook gives", async () => {
      const { kubectl } = await signIn(octogate, controlPlane, octogate.maintainer.login);
      const forbidden = `User "github:${personOf(octogate.maintainer)}" cannot list resource "pods"`;
      const byWebhook = await webhookKubectl(octogate, controlPlane);
      for (const each of [kubectl, byWebhook]) expect((await each(["get", "pods"])).stderr).toContain(forbidden);
    });

    test(
      "a person has the groups, and where the way knows extra, that and the uid",
      needs("kubectl auth whoami"),
      async () => {
        const { kubectl } = await signIn(octogate, controlPlane, octogate.maintainer.login);
        const { extra, ...user } = await userOf(kubectl);
        const { extra: byWebhook, uid, ...sameUser } = await userOf(await webhookKubectl(octogate, controlPlane));
        expect(user).toEqual(givesExtra ? { ...sameUser, uid } : sameUser);
        expect(user.groups).toEqual(["github:Reef-Works", "github:Reef-Works/platform", "system:authenticated"]);
        if (!givesExtra) return;
        expect(extra).toMatchObject({ "octogate.dev/login": [octogate.maintainer.login] });
        expect(Object.keys(extra ?? {})).toEqual(
          expect.arrayContaining(Object.keys(byWebhook ?? {}).filter((key) => key !== credentialIdKey)),
        );
        // Claims that only workflows have leave no empty entries.
        expect(Object.keys(extra ?? {}).join()).not.toMatch(/workflow-ref|run-id|run-attempt|sha|event|actor/);
      },
    );

    test("a workflow has its own name, also with none of the claims behind extra", async () => {
      const { iss, aud, sub, username, groups } = workflow();
      for (const claims of [workflow(), { iss, aud, sub, username, groups }]) {
        const { stderr } = await (await kubectlWith(claims))(["get", "pods"]);
        expect(stderr).toContain('User "github:actions:acme/shop:9001" cannot list');
      }
    });

    test(
      "a workflow has the groups, and where the way knows extra, what its run is",
      needs("kubectl auth whoami"),
      async () => {
        await expectWorkflow(await kubectlWith(workflow()), givesExtra);
      },
    );

    test("refuses a token for another cluster, and keys that are not published", async () => {
      await expectUnauthorized(controlPlane, await tokenOfOtherCluster(octogate, controlPlane));
      await expectUnauthorized(controlPlane, await makeIdToken(makeSigningKey(), masters(octogate)));
    });

    test("puts its prefix before the names of a stolen signing key", async () => {
      const { stderr } = await (await kubectlWith(masters(octogate)))(["get", "secrets", "--all-namespaces"]);
      expect(stderr).toContain('User "github:system:admin" cannot list resource "secrets"');
    });

    // Flags are read at the start alone, have no rules, and `octogate manifests` refuses them without a prefix.
    if (!givesExtra) return;

    test("takes up a changed file by itself, and goes on with the old one after a mistake", async () => {
      const path = fileIn(flagsOfIssuer);
      const right = await readFile(path, "utf8");
      const [askMetric = ""] = commandsIn("k8s/README.md", "What kube-apiserver says").slice(1);
      const shell = await openGuideShell(controlPlane);
      const reloadsSeen = async () => shell.succeed(askMetric).catch(() => "");
      const log = controlPlane.logFromHere();

      await writeFile(path, right.replace('prefix: "github:"', 'prefix: "gh:"'));
      await until(() => log().includes("reloaded authentication config"), 90_000, "the file is reloaded");
      const kubectl = await kubectlWith(workflow());
      expect(await userOf(kubectl)).toMatchObject({ username: "gh:actions:acme/shop:9001" });
      expect(await reloadsSeen()).toMatch(/status="success"\} 1$/m);

      await writeFile(path, right.replace("? claims.door", "? claim.door"));
      await until(() => log().includes("failed to validate authentication config"), 90_000, "the mistake is found");
      expect(await userOf(kubectl)).toMatchObject({ username: "gh:actions:acme/shop:9001" });
      expect(await reloadsSeen()).toMatch(/status="failure"\} [1-9]/m);
      await writeFile(path, right);
    });

    test.each(Object.entries(others))(
      "gives a workflow the same user by the file that %s",
      needs("`anonymous` in the file"),
      async (_name, other) => {
        await writeFile(fileIn(flagsOfIssuer), await readFile(fileIn(await other()), "utf8"));
        await controlPlane.restart();
        const kubectl = await kubectlWith(workflow());
        await until(async () => (await kubectl(whoami)).exitCode === 0, 60_000, "kube-apiserver knows the keys");
        await expectWorkflow(kubectl, givesExtra);
      },
    );

    test("where the prefix is empty, its rules refuse reserved names, and no others", async () => {
      // The same path: kube-apiserver starts again with the new file.
      await configure({ prefix: "" });
      await controlPlane.restart();
      const harmless = { ...masters(octogate), username: "mallory:1", groups: [] };
      const kubectl = await kubectlWith(harmless);
      await until(async () => (await kubectl(whoami)).exitCode === 0, 60_000, "names have no prefix");
      expect(await userOf(kubectl)).toMatchObject({ username: "mallory:1", groups: ["system:authenticated"] });
      const { username, groups } = masters(octogate);
      for (const names of [{ username }, { groups }]) {
        await expectUnauthorized(controlPlane, await makeIdToken(realKey, { ...harmless, ...names }));
      }
    });
  });
}
