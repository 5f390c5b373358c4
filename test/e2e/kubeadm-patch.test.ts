// The patch for a running kube-apiserver, applied with kubectl as k8s/kubeadm/README.md says, to a static pod like kubeadm's.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { readClusterConfiguration, readClusterFile } from "../support/cluster-files.ts";
import { run } from "../support/program.ts";
import { binary, sayIfSkipped, whyWithoutControlPlane } from "./support/binaries.ts";

const title = "the patch for a running kube-apiserver";
sayIfSkipped(title, whyWithoutControlPlane);

const staticPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "kube-apiserver", namespace: "kube-system", labels: { component: "kube-apiserver" } },
  spec: {
    containers: [
      {
        name: "kube-apiserver",
        image: "registry.k8s.io/kube-apiserver:v1.34.0",
        command: ["kube-apiserver", "--advertise-address=192.0.2.10", "--secure-port=6443"],
        volumeMounts: [{ name: "k8s-certs", mountPath: "/etc/kubernetes/pki", readOnly: true }],
      },
    ],
    hostNetwork: true,
    volumes: [{ name: "k8s-certs", hostPath: { path: "/etc/kubernetes/pki", type: "DirectoryOrCreate" } }],
  },
};

describe.skipIf(whyWithoutControlPlane !== null)(title, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "octogate-patch-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("adds its flags and its volume and leaves everything else as it was", async () => {
    const manifest = join(folder, "kube-apiserver.yaml");
    await writeFile(manifest, stringify(staticPod));
    const patch = readClusterFile("kubeadm/kube-apiserver+json.yaml");

    const args = ["patch", "--local", `--filename=${manifest}`, "--type=json", `--patch=${patch}`, "--output=json"];
    const { stdout, stderr } = await run(binary("kubectl"), args, { env: { HOME: folder } });

    expect(stderr).toBe("");
    const { apiServer } = readClusterConfiguration();
    const [container] = staticPod.spec.containers;
    expect(JSON.parse(stdout)).toMatchObject({
      ...staticPod,
      spec: {
        ...staticPod.spec,
        containers: [
          {
            ...container,
            command: [
              ...(container?.command ?? []),
              ...apiServer.extraArgs.map(({ name, value }) => `--${name}=${value}`),
            ],
            volumeMounts: [
              ...(container?.volumeMounts ?? []),
              { name: "octogate", mountPath: "/etc/kubernetes/octogate" },
            ],
          },
        ],
        volumes: [...staticPod.spec.volumes, { name: "octogate", hostPath: { type: "Directory" } }],
      },
    });
  });
});
