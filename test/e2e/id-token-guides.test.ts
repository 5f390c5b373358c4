// The commands of the guides for ID tokens in k8s/, as they stand there: on a folder that stands for a node's root, and
// with a real control plane. What needs the distribution itself is marked in the guides, and left out.
import { stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { commandIn, commandsIn } from "../support/document-commands.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { openGuideShell, openNode } from "./support/guide-node.ts";
import { needs } from "./support/needs.ts";
import { staticPod, staticPodWithOctogate } from "./support/static-pod.ts";

const title = "the commands of the guides for ID tokens";

const guides = {
  "kube-apiserver": {
    steps: commandsIn("k8s/kube-apiserver/id-tokens.md", "Steps"),
    change: commandsIn("k8s/kube-apiserver/id-tokens.md", "A change"),
    back: [],
  },
  kubeadm: {
    steps: commandsIn("k8s/kubeadm/id-tokens.md", "Steps"),
    change: commandsIn("k8s/kubeadm/id-tokens.md", "A change"),
    back: commandsIn("k8s/kubeadm/id-tokens.md", "The way back"),
  },
  k3s: {
    steps: commandsIn("k8s/k3s/id-tokens.md", "Steps"),
    change: commandsIn("k8s/k3s/id-tokens.md", "A change"),
    back: commandsIn("k8s/k3s/id-tokens.md", "The way back"),
  },
  rke2: {
    steps: commandsIn("k8s/rke2/id-tokens.md", "Steps"),
    change: commandsIn("k8s/rke2/id-tokens.md", "A change"),
    back: commandsIn("k8s/rke2/id-tokens.md", "The way back"),
  },
  talos: { steps: commandsIn("k8s/talos/id-tokens.md", "Steps"), change: [], back: [] },
  kops: { steps: commandsIn("k8s/kops/id-tokens.md", "Steps"), change: [], back: [] },
};
type Distribution = keyof typeof guides;

const wranglerToml = `
name = "octogate"
[[routes]]
pattern = "login.acme.test"
custom_domain = true
[vars]
ISSUER_URL = "https://login.acme.test"
[vars.CLUSTER_PRODUCTION]
sign_in = true
allow = ["org:acme#1234", "team:acme/platform#55"]
`;

const manifest = "etc/kubernetes/manifests/kube-apiserver.yaml";
const folder = "etc/kubernetes/octogate-id-tokens";
const configurationName = "authentication-configuration.yaml";

describe(title, needs("a control plane"), () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane("", { webhookFlags: () => [] });
  });
  afterAll(() => controlPlane?.stop());

  const openNodeFor = (target: "structured" | "flags", distribution: Distribution) =>
    openNode(controlPlane, { wranglerToml, printedFor: `--for ${target} --distribution ${distribution}` });
  /** The steps of a target: with flags there is no file to put in place. */
  const stepsOf = (target: "structured" | "flags", distribution: Distribution) =>
    guides[distribution].steps.filter((step) => target === "structured" || !step.includes(configurationName));

  test.each(["structured", "flags"] as const)(
    "kubeadm, %s: the steps patch a running kube-apiserver beside the webhook, and the way back takes it all out again",
    async (target) => {
      const node = await openNodeFor(target, "kubeadm");
      const before = stringify(staticPodWithOctogate());
      await writeFile(node.path(manifest), before);

      const printed = await node.run(stepsOf(target, "kubeadm"));

      expect(printed).toMatch(/^none$/m);
      expect(printed).toMatch(/^ok/m);
      expect(printed).toContain("github-organisation-view");
      const pod = parse(await node.read(manifest)) as typeof staticPod; // kubectl's
      const [container] = pod.spec.containers;
      const flags = container?.command.filter((flag) => /^--(?:authentication-config=|oidc-)/.test(flag)) ?? [];
      const file = `--authentication-config=/${folder}/${configurationName}`;
      expect(flags).toEqual(target === "structured" ? [file] : expect.arrayContaining(["--oidc-client-id=production"]));
      expect(printed).toMatch(target === "structured" ? /^--authentication-config=/m : /^--oidc-issuer-url=/m);
      // Two volumes of one name, or at one place, would make the pod invalid.
      for (const names of [
        pod.spec.volumes.map(({ name }) => name),
        container?.volumeMounts.map(({ mountPath }) => mountPath) ?? [],
      ]) {
        expect(names).toEqual([...new Set(names)]);
        expect(names).toHaveLength(target === "structured" ? 3 : 2);
      }
      await node.run(guides.kubeadm.back);
      expect(await node.read(manifest)).toBe(before);
    },
  );

  test.each(["k3s", "rke2"] as const)(
    "%s: the steps put the flags where it looks, and the way back removes them",
    async (distribution) => {
      for (const target of ["structured", "flags"] as const) {
        const node = await openNodeFor(target, distribution);
        const flags = `etc/rancher/${distribution}/config.yaml.d/zz-octogate-id-tokens.yaml`;

        const printed = await node.run(stepsOf(target, distribution));

        expect(printed).toMatch(/^none$/m);
        expect(printed).toContain("github-organisation-view");
        expect(await node.read(flags)).toBe(await node.written("octogate-id-tokens.yaml"));
        await node.run(guides[distribution].back);
        await expect(stat(node.path(flags))).rejects.toThrow("ENOENT");
      }
    },
  );

  test.each(["kube-apiserver", "kubeadm", "k3s", "rke2"] as const)(
    "%s: the file lies on the node, and a changed one takes its place",
    async (distribution) => {
      const node = await openNodeFor("structured", distribution);
      await writeFile(node.path(manifest), stringify(staticPod));
      await node.run(guides[distribution].steps);
      const written = await node.written(configurationName);
      expect(written).toContain("url: https://login.acme.test");
      expect(await node.read(`${folder}/${configurationName}`)).toBe(written);
      expect((await stat(node.path(`${folder}/${configurationName}`))).mode & 0o777).toBe(0o600);

      await node.run([`echo "# changed" >> ${configurationName}\n`, ...guides[distribution].change]);

      expect(await node.read(`${folder}/${configurationName}`)).toBe(`${written}# changed\n`);
    },
  );

  test.each(["talos", "kops"] as const)("%s: the role bindings are applied", async (distribution) => {
    const node = await openNodeFor("structured", distribution);
    const flag = "    - --authentication-config=/etc/somewhere.yaml\n";
    await writeFile(node.path(manifest), flag);
    expect(await node.run(guides[distribution].steps)).toContain("github-organisation-view");
  });

  test.each(["--authentication-config=/etc/other.yaml", "--oidc-issuer-url=https://other.example.com"])(
    "kubeadm: the first step shows %s, which is there already",
    async (flag) => {
      const node = await openNodeFor("structured", "kubeadm");
      await writeFile(node.path(manifest), `    - ${flag}\n`);
      const [look = ""] = guides.kubeadm.steps;

      const printed = await node.run([look]);

      expect(printed).toContain(flag);
      expect(printed).not.toContain("none");
    },
  );

  test("kubeadm: the authority of the issuer goes where kubeadm mounts it anyway", async () => {
    const node = await openNodeFor("flags", "kubeadm");
    const copy = commandIn(
      "k8s/kubeadm/id-tokens.md",
      "install -m 644 issuer-ca.crt /etc/kubernetes/pki/octogate-issuer-ca.crt",
    );
    await node.run([`echo authority > issuer-ca.crt\nmkdir -p /etc/kubernetes/pki\n${copy}\n`]);
    expect(await node.read("etc/kubernetes/pki/octogate-issuer-ca.crt")).toBe("authority\n");
  });

  test("the flags of the process that runs say how it trusts", async () => {
    const flags = "--a --authentication-config=/etc/x.yaml --authentication-token-webhook-config-file=/etc/y.yaml";
    const shell = await openGuideShell(controlPlane, { pgrep: `echo "4711 kube-apiserver ${flags}"` });
    const [look = ""] = commandsIn("k8s/README.md", "What kube-apiserver says");
    expect(await shell.succeed(look)).toBe("--authentication-config=/etc/x.yaml\n");
  });

  test("a person's kubeconfig gets a user who signs in with kubelogin", async () => {
    const shell = await openGuideShell(controlPlane);
    await shell.succeed(commandsIn("k8s/README.md", "Sign in with a browser").join(""));
    const printed = await shell.succeed("kubectl config view -o json");
    const { users } = JSON.parse(printed) as { users: { name: string; user: { exec?: object } }[] }; // kubectl's
    expect(users.find(({ name }) => name === "browser")?.user.exec).toMatchObject({
      apiVersion: "client.authentication.k8s.io/v1",
      command: "kubectl",
      args: ["oidc-login", "get-token", "--oidc-issuer-url=https://login.example.com", "--oidc-client-id=production"],
      interactiveMode: "IfAvailable",
    });
  });
});
