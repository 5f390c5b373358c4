// The commands of the guides in k8s/ and of docs/operations.md, as they stand there: on a folder that stands for a
// node's root, and with a real control plane. What needs the distribution itself is marked in the guides, and left out.
import { cp, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { deploymentOf } from "../cli/support/deployment-folder.ts";
import { configFileFlag } from "../support/cluster-files.ts";
import { commandIn, commandsIn } from "../support/document-commands.ts";
import { repositoryRoot } from "../support/worker-config.ts";
import { type ControlPlane, startControlPlane } from "./support/control-plane.ts";
import { openGuideShell, openNode } from "./support/guide-node.ts";
import { needs } from "./support/needs.ts";
import { staticPod, staticPodWithOctogate } from "./support/static-pod.ts";

const title = "the commands of the guides";

const guides = {
  kubeadm: {
    steps: commandsIn("k8s/kubeadm/README.md", "Steps"),
    back: commandsIn("k8s/kubeadm/README.md", "The way back"),
    renewal: commandsIn("k8s/kubeadm/README.md", "A new client certificate"),
  },
  k3s: {
    steps: commandsIn("k8s/k3s/README.md", "Steps"),
    back: commandsIn("k8s/k3s/README.md", "The way back"),
    renewal: commandsIn("k8s/k3s/README.md", "A new client certificate"),
  },
  rke2: {
    steps: commandsIn("k8s/rke2/README.md", "Steps"),
    back: commandsIn("k8s/rke2/README.md", "The way back"),
    renewal: commandsIn("k8s/rke2/README.md", "A new client certificate"),
  },
  talos: { steps: commandsIn("k8s/talos/README.md", "Steps"), back: [], renewal: [] },
  kops: { steps: commandsIn("k8s/kops/README.md", "Steps"), back: [], renewal: [] },
};

describe(title, needs("a control plane"), () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    // Nothing here comes with a token, so no call is made.
    controlPlane = await startControlPlane("", {
      webhookFlags: () => [],
    });
  });
  afterAll(() => controlPlane?.stop());

  const openWebhookNode = (distribution: string) => {
    const wranglerToml = deploymentOf(["org:acme#1234", "team:acme/platform#55"]);
    return openNode(controlPlane, { wranglerToml, printedFor: `--for ${distribution}` });
  };

  test("kubeadm: the steps patch a running kube-apiserver, and the way back takes it all out again", async () => {
    const node = await openWebhookNode("kubeadm");
    const { steps, back } = guides.kubeadm;
    const manifest = "etc/kubernetes/manifests/kube-apiserver.yaml";
    await writeFile(node.path(manifest), stringify(staticPod));

    const printed = await node.run(steps);

    expect(parse(await node.read(manifest))).toEqual(staticPodWithOctogate());
    const flag = "--authentication-token-webhook-config-file=/etc/kubernetes/octogate/webhook-kubeconfig.yaml";
    expect(printed).toMatch(/^none$/m);
    expect(printed.split("\n").filter((line) => line.includes(configFileFlag))).toEqual([flag]);
    expect(printed).toMatch(/^200\n.*^ok/ms);
    expect(printed).toContain("github-organisation-view");
    await node.run(back);
    expect(await node.read(manifest)).toBe(stringify(staticPod));
  });

  test("kubeadm: the cluster's own configuration can be edited", async () => {
    const shell = await openGuideShell(controlPlane);
    await shell.succeed(
      "kubectl -n kube-system create configmap kubeadm-config --from-literal=ClusterConfiguration='apiServer: {}'",
    );
    const edit = commandIn("k8s/kubeadm/README.md", "kubectl -n kube-system edit configmap kubeadm-config");
    await shell.succeed(`export KUBE_EDITOR="sed -i 's/apiServer: {}/apiServer: { extraArgs: [] }/'"\n${edit}`);
    expect(await shell.succeed("kubectl -n kube-system get configmap kubeadm-config -o yaml")).toContain("extraArgs");
  });

  test.each(["k3s", "rke2"] as const)(
    "%s: the steps put the flags where it looks, and the way back removes them",
    async (distribution) => {
      const node = await openWebhookNode(distribution);
      const { steps, back } = guides[distribution];
      const flags = `etc/rancher/${distribution}/config.yaml.d/zz-octogate.yaml`;

      expect(await node.run(steps)).toContain("github-organisation-view");

      expect(await node.read(flags)).toBe(await node.written("octogate.yaml"));
      await node.run(back);
      await expect(stat(node.path(flags))).rejects.toThrow("ENOENT");
    },
  );

  test.each(["kubeadm", "k3s", "rke2"] as const)(
    "%s: the files lie on the node for root alone, and a new pair takes the place of the old one",
    async (distribution) => {
      const node = await openWebhookNode(distribution);
      const { steps, renewal } = guides[distribution];
      await writeFile(node.path("etc/kubernetes/manifests/kube-apiserver.yaml"), stringify(staticPod));
      await node.run(steps);
      const mode = async (path: string) => (await stat(node.path(path))).mode & 0o777;
      const folder = "etc/kubernetes/octogate";
      expect(await mode(folder)).toBe(0o700);
      for (const name of ["client.crt", "client.key", "webhook-kubeconfig.yaml"]) {
        expect(await node.read(`${folder}/${name}`)).toBe(await node.written(name));
        expect(await mode(`${folder}/${name}`)).toBe(0o600);
      }

      const { certificate, privateKey } = await node.renewCertificate();
      await node.run(renewal);

      expect(await node.read(`${folder}/client.crt`)).toBe(certificate);
      expect(await node.read(`${folder}/client.key`)).toBe(privateKey);
      for (const name of ["client.crt", "client.key"]) expect(await mode(`${folder}/${name}`)).toBe(0o600);
    },
  );

  test.each(["talos", "kops"] as const)("%s: the role bindings are applied", async (distribution) => {
    const node = await openWebhookNode(distribution);
    await writeFile(node.path("etc/kubernetes/manifests/kube-apiserver.yaml"), stringify(staticPodWithOctogate()));
    expect(await node.run(guides[distribution].steps)).toContain("github-organisation-view");
  });

  test("kubeadm: the first step shows a webhook that is there already", async () => {
    const node = await openWebhookNode("kubeadm");
    const flag = `--${configFileFlag}=/etc/other/webhook.yaml`;
    await writeFile(node.path("etc/kubernetes/manifests/kube-apiserver.yaml"), `    - ${flag}\n`);
    const [look = ""] = guides.kubeadm.steps;

    const printed = await node.run([look]);

    expect(printed).toContain(flag);
    expect(printed).not.toContain("none");
  });

  test("role bindings are compared, applied, and taken away", async () => {
    const shell = await openGuideShell(controlPlane);
    await cp(join(repositoryRoot, "k8s/rbac"), join(shell.folder, "rbac"), { recursive: true });
    const remove = commandIn("k8s/rbac/README.md", "kubectl delete -k rbac/");
    await shell.succeed(`${remove} --ignore-not-found`);

    // kubectl diff exits with 1 where something differs.
    const [script = "", ...others] = commandsIn("k8s/rbac/README.md", "Who may do what");
    expect(others).toEqual([]);
    const printed = await shell.succeed(script.replace(/^(kubectl diff .*)$/m, "$1 || [ $? = 1 ]"));
    expect(printed).toMatch(/^\+ {2}name: break-glass$/m);
    expect(printed).toContain("clusterrolebinding.rbac.authorization.k8s.io/break-glass created");
    expect(await shell.succeed(script)).not.toMatch(/^[+-]/m);

    expect(await shell.succeed(remove)).toContain('"break-glass" deleted');
  });

  test("break-glass: the cluster signs a certificate, and its owner may do everything", async () => {
    const { url, authorityFile, authorityKeyFile } = controlPlane;
    // What kube-controller-manager does with an approved request; none runs here.
    const controllerManager = `
      printf extendedKeyUsage=clientAuth > extensions
      openssl x509 -req -in break-glass.csr -CA "${authorityFile}" -CAkey "${authorityKeyFile}" -CAcreateserial -days 1 -extfile extensions -out signed.crt
      kubectl patch csr break-glass --subresource=status --type=merge -p "{\\"status\\":{\\"certificate\\":\\"$(base64 < signed.crt | tr -d '\\n')\\"}}"`;
    const shell = await openGuideShell(controlPlane, { "controller-manager": controllerManager });
    await cp(join(repositoryRoot, "k8s/rbac"), join(shell.folder, "rbac"), { recursive: true });
    // Its comment: "take the line out" before Kubernetes 1.22, and this may be such a one.
    const request = join(shell.folder, "rbac/break-glass-request.yaml");
    await writeFile(request, (await readFile(request, "utf8")).replace(/^ {2}expirationSeconds:.*\n/m, ""));
    await shell.succeed("kubectl apply -k rbac/");

    const [ask = "", tryIt = "", ...others] = commandsIn("k8s/rbac/README.md", "Break-glass");
    expect(others).toEqual([]);
    await shell.succeed(ask.replace(/^(kubectl certificate approve .*)$/m, "$1\ncontroller-manager"));
    await shell.succeed(`
      export KUBECONFIG=break-glass.kubeconfig
      kubectl config set-cluster here --server=${url} --certificate-authority="${authorityFile}" --embed-certs
      kubectl config set-context here --cluster=here --user=break-glass
      kubectl config use-context here`);
    expect(await shell.succeed(tryIt)).toMatch(/^yes$/m);

    const mayDoAll = commandIn("docs/operations.md", "kubectl --kubeconfig=FILE auth can-i '*' '*'");
    expect(await shell.succeed(mayDoAll.replace("FILE", "break-glass.kubeconfig"))).toMatch(/^yes$/m);
  });
});
