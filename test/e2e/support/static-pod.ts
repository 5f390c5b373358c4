// kube-apiserver's static pod as kubeadm writes it, and what it has to be once Octogate's flags and volume are in it.
import { readClusterConfiguration } from "../../support/cluster-files.ts";

const container = {
  name: "kube-apiserver",
  image: "registry.k8s.io/kube-apiserver:v1.34.0",
  command: ["kube-apiserver", "--advertise-address=192.0.2.10", "--secure-port=6443"],
  volumeMounts: [{ name: "k8s-certs", mountPath: "/etc/kubernetes/pki", readOnly: true }],
};

export const staticPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "kube-apiserver", namespace: "kube-system", labels: { component: "kube-apiserver" } },
  spec: {
    containers: [container],
    hostNetwork: true,
    volumes: [{ name: "k8s-certs", hostPath: { path: "/etc/kubernetes/pki", type: "DirectoryOrCreate" } }],
  },
};

/** Everything else is as it was. */
export function staticPodWithOctogate(): object {
  const flags = readClusterConfiguration().apiServer.extraArgs.map(({ name, value }) => `--${name}=${value}`);
  return {
    ...staticPod,
    spec: {
      ...staticPod.spec,
      containers: [
        {
          ...container,
          command: [...container.command, ...flags],
          volumeMounts: [
            ...container.volumeMounts,
            { name: "octogate", mountPath: "/etc/kubernetes/octogate", readOnly: true },
          ],
        },
      ],
      volumes: [
        ...staticPod.spec.volumes,
        { name: "octogate", hostPath: { path: "/etc/kubernetes/octogate", type: "Directory" } },
      ],
    },
  };
}
