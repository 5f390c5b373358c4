// EKS, AKS and Pinniped, as far as a kube-apiserver can stand for them: it trusts the issuer as the files say that
// `octogate manifests` writes, and people and workflows come out under the names that the pages have.
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { rbacFor } from "../../src/cli/commands/manifests/rbac.ts";
import type { TrustedIssuer } from "../../src/cli/commands/manifests/targets.ts";
import { credentialIdKey } from "../identity/kube-apiserver.ts";
import { readDocument } from "../support/document-commands.ts";
import { until } from "../support/until.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import {
  anyRead,
  expectUnauthorized,
  masters,
  signIn,
  tokenIdInExtra,
  tokenOfOtherCluster,
  userOf,
  webhookKubectl,
  whoami,
} from "./support/id-token-users.ts";
import { makeIdToken } from "./support/made-tokens.ts";
import { needs, structuredVersion } from "./support/needs.ts";
import { clusterName, type Octogate, personOf, startOctogate } from "./support/octogate.ts";
import { succeed } from "./support/roles.ts";
import {
  type JwtAuthenticator,
  jwtAuthenticatorOf,
  type VerifyingService,
  verifyingServices,
} from "./support/service-configurations.ts";
import { claimsOf, extraOf, namesOn, quotesOf } from "./support/service-pages.ts";

const title = "what managed services make of their files";

describe(title, needs("structured authentication"), () => {
  let octogate: Octogate;
  let controlPlane: ControlPlane;
  let issuer: TrustedIssuer;
  let authority: string;
  let realKey: string;
  let personToken: string;
  let configurationFile: string;
  let organisations: string[];

  const configure = (authenticator: JwtAuthenticator) => {
    const apiVersion = `apiserver.config.k8s.io/${structuredVersion()}`;
    const configuration = { apiVersion, kind: "AuthenticationConfiguration", jwt: [authenticator] };
    return writeFile(configurationFile, stringify(configuration));
  };
  const configured = (service: VerifyingService, own: Partial<TrustedIssuer> = {}) =>
    jwtAuthenticatorOf(service, { ...issuer, ...own }, authority);
  const restartWith = async (authenticator: JwtAuthenticator) => {
    await configure(authenticator);
    await controlPlane.restart();
  };
  const kubectlWith = (token: string) => controlPlane.kubectl.with({ token });
  /** Waits until kube-apiserver has read the issuer's keys, as of {@link personToken}. */
  const keysAreKnown = async () => {
    const kubectl = await kubectlWith(personToken);
    await until(async () => (await kubectl(whoami)).exitCode === 0, 60_000, "kube-apiserver knows the keys");
  };
  const userWith = async (claims: Readonly<Record<string, unknown>>) =>
    userOf(await kubectlWith(await makeIdToken(realKey, { iss: issuer.url, aud: clusterName, ...claims })));

  /** @returns the folder rbac/ that `octogate manifests` writes, with the cluster's own policy */
  const writeBindings = async (service: VerifyingService) => {
    const rbac = rbacFor(clusterName, { sign_in: true, allow: organisations }, { kind: formOf[service] });
    const folder = await mkdtemp(join(octogate.folder, "bindings-"));
    await mkdir(join(folder, "rbac"));
    for (const { name, content } of rbac.files) await writeFile(join(folder, name), content);
    return join(folder, "rbac");
  };

  beforeAll(async () => {
    octogate = await startOctogate({
      signsIn: true,
      variables: { ID_TOKEN_SECONDS: "3600" },
      addTo: (github, app, maintainer) => {
        const organisation = github.addOrganisation({ login: "Reef-Works" });
        github.installApp(app, organisation);
        github.addMember(organisation, maintainer);
        github.addToTeam(github.addTeam(organisation, { name: "Platform" }), maintainer);
        organisations = [`org:${organisation.login}#${organisation.id}`];
        return organisations;
      },
    });
    const inTheState = (name: string) => join(octogate.stateDir, name);
    realKey = await readFile(inTheState("edge/signing-key.pem"), "utf8");
    authority = await readFile(inTheState("ca.crt"), "utf8");
    issuer = { url: masters(octogate).iss, authority: null, cluster: clusterName, prefix: "github:" };
    configurationFile = join(octogate.folder, "authentication.yaml");
    await configure(configured("eks"));
    controlPlane = await startControlPlane(octogate.webhookKubeconfig, {
      flags: [`--authentication-config=${configurationFile}`],
    });
    const { kubectl, idToken } = await signIn(octogate, controlPlane, octogate.maintainer.login);
    await kubectl(anyRead);
    personToken = await idToken();
  });
  afterAll(async () => {
    await controlPlane?.stop();
    await octogate?.stop();
  });

  describe.each(verifyingServices)("%s", (service) => {
    const page = `k8s/${service}/README.md`;
    /** What the service puts before the names that the webhook gives. */
    const before = service === "aks" ? "aks:jwt:" : "";
    const hasUidAndExtra = service === "aks";
    beforeAll(async () => {
      await restartWith(configured(service));
      await keysAreKnown();
    });

    test("a person who signed in has the names of the webhook, behind what the service demands", async () => {
      const byWebhook = await userOf(await webhookKubectl(octogate, controlPlane));
      const { extra, ...user } = await userOf(await kubectlWith(personToken));
      const groups = (byWebhook.groups as string[]).map((group) =>
        group.startsWith("system:") ? group : before + group,
      );

      expect(user).toEqual({
        username: `${before}${byWebhook.username}`,
        groups,
        ...(hasUidAndExtra ? { uid: byWebhook.uid } : {}),
      });
      const keys = Object.keys(extra ?? {});
      const byWebhookKeys = Object.keys(byWebhook.extra ?? {}).filter((key) => key !== credentialIdKey);
      if (hasUidAndExtra) expect(keys).toEqual(expect.arrayContaining(byWebhookKeys));
      else expect(keys).toEqual(Object.keys(tokenIdInExtra()));
    });

    test("the role bindings that come with the file let that person in, and nothing else does", async () => {
      const kubectl = await kubectlWith(personToken);
      const person = `User "${before}github:${personOf(octogate.maintainer)}"`;
      expect((await kubectl(["get", "pods"])).stderr).toContain(`pods is forbidden: ${person} cannot list`);

      const bindings = await writeBindings(service);
      await succeed(controlPlane.admin, ["apply", "--kustomize", bindings]);
      const isAllowed = async () => (await kubectl(["get", "pods"])).exitCode === 0;
      await until(isAllowed, 20_000, "kubectl get pods is allowed");
      await succeed(controlPlane.admin, ["delete", "--kustomize", bindings]);
      await until(async () => !(await isAllowed()), 20_000, "kubectl get pods is forbidden again");
    });

    test.each(["a person", "a workflow"] as const)("%s has exactly the names of the page", async (who) => {
      const { username, groups } = namesOn(page, who);
      const { extra, ...user } = await userWith(claimsOf[who]);

      const { sub } = claimsOf[who];
      const uid = hasUidAndExtra ? { uid: sub } : {};
      expect(user).toEqual({ username, groups: [...groups, "system:authenticated"], ...uid });
      if (hasUidAndExtra) expect(extra).toMatchObject(extraOf[who]);
    });

    test("a stolen signing key names neither system:masters nor a name without the prefix", async () => {
      expect(await userWith(masters(octogate))).toMatchObject({
        username: `${before}github:system:admin`,
        groups: [`${before}github:system:masters`, "system:authenticated"],
      });
    });

    test("a token for another cluster is refused, and so is one that has ended: with the words of the page", async () => {
      const log = controlPlane.logFromHere();
      await expectUnauthorized(controlPlane, await tokenOfOtherCluster(octogate, controlPlane));
      const now = Math.floor(Date.now() / 1000);
      await expectUnauthorized(controlPlane, await makeIdToken(realKey, { ...masters(octogate), exp: now - 60 }));
      const quotes = quotesOf(page).filter((quote) => quote.startsWith("oidc: verify token:"));
      for (const quote of quotes) await until(() => log().includes(quote), 10_000, quote);
      expect(quotes.length).toBe(service === "pinniped" ? 0 : service === "aks" ? 1 : 2);
    });
  });

  test("a prefix with a quote and a backslash is one string in the expressions", async () => {
    const prefix = `o'c\\t"o:`;
    await restartWith(configured("aks", { prefix }));
    await keysAreKnown();
    expect(await userWith(claimsOf["a person"])).toMatchObject({ username: `aks:jwt:${prefix}octocat:583231` });
  });

  test("AKS's rules refuse names that edited expressions make without the prefix, with the words of the page", async () => {
    const authenticator = configured("aks");
    const rules = quotesOf("k8s/aks/README.md").filter((quote) => quote.includes("must begin with the prefix"));
    expect(rules).toHaveLength(2);
    const edits = [{ username: { expression: "claims.username" } }, { groups: { expression: "claims.groups" } }];
    for (const [index, edit] of edits.entries()) {
      await restartWith({ ...authenticator, claimMappings: { ...authenticator.claimMappings, ...edit } });
      const log = controlPlane.logFromHere();
      const token = await makeIdToken(realKey, { ...masters(octogate), ...claimsOf["a person"] });
      const isSaid = async () => {
        await expectUnauthorized(controlPlane, token);
        return log().includes(rules[index] ?? "");
      };
      await until(isSaid, 60_000, rules[index] ?? "");
    }
  });

  test("Pinniped's rules refuse system: where the prefix is empty, and no other name", async () => {
    await restartWith(configured("pinniped", { prefix: "" }));
    const harmless = { ...masters(octogate), username: "mallory:1", groups: [] };
    const kubectl = await kubectlWith(await makeIdToken(realKey, harmless));
    await until(async () => (await kubectl(whoami)).exitCode === 0, 60_000, "names have no prefix");
    const { username, groups } = masters(octogate);
    for (const names of [{ username }, { groups }]) {
      await expectUnauthorized(controlPlane, await makeIdToken(realKey, { ...harmless, ...names }));
    }
  });

  test("while the issuer can't be reached, the log says so in the words of the pages", async () => {
    await octogate.stopEdge();
    try {
      await restartWith(configured("aks"));
      const log = controlPlane.logFromHere();
      await expectUnauthorized(controlPlane, personToken);
      for (const page of ["k8s/eks/README.md", "k8s/aks/README.md"]) {
        const [quote = ""] = quotesOf(page).filter((text) => text.includes("not initialized"));
        await until(() => log().includes(quote), 10_000, quote);
      }
    } finally {
      await octogate.startEdge();
    }
  });

  test.each([
    ["aks", "jwt[0].claimMappings.username.expression"],
    ["pinniped", "jwt[0].claimMappings.username.expression"],
  ] as const)(
    "%s: an expression with a mistake is refused, with its place and the words of the page",
    async (service, place) => {
      const quote = "compilation failed";
      expect(readDocument(`k8s/${service}/README.md`)).toContain(`\`${quote}\``);
      const authenticator = configured(service);
      const broken = { ...authenticator.claimMappings, username: { expression: "'github:' + claim.username" } };

      const start = restartWith({ ...authenticator, claimMappings: broken });

      await expect(start).rejects.toThrow(`${place}: Invalid value: "'github:' + claim.username": ${quote}`);
    },
  );
});

/** How each writes names in role bindings. */
const formOf = { eks: "policy", aks: "aks", pinniped: "policy" } as const;
