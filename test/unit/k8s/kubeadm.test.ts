// The two ways to give kube-apiserver its flags with kubeadm say the same, and what they mount holds what they name.
import { posix } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import {
  configFileFlag,
  parseKubeconfig,
  readClusterConfiguration,
  readClusterFile,
} from "../../support/cluster-files.ts";

interface AddOperation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

const { apiVersion, kind, apiServer } = readClusterConfiguration();
const patch = parse(readClusterFile("kubeadm/kube-apiserver+json.yaml")) as AddOperation[]; // our own file
const flags = Object.fromEntries(apiServer.extraArgs.map(({ name, value }) => [name, value]));

test("kube-apiserver asks in v1 and keeps answers for 10 seconds", () => {
  expect({ apiVersion, kind }).toEqual({ apiVersion: "kubeadm.k8s.io/v1beta4", kind: "ClusterConfiguration" });
  expect(flags).toEqual({
    [configFileFlag]: "/etc/kubernetes/octogate/webhook-kubeconfig.yaml",
    "authentication-token-webhook-version": "v1",
    "authentication-token-webhook-cache-ttl": "10s",
  });
});

test("the patch adds the same flags, behind the ones that are there", () => {
  expect(added("/spec/containers/0/command/-")).toEqual(
    apiServer.extraArgs.map(({ name, value }) => `--${name}=${value}`),
  );
});

test("the patch adds the same volume, and nothing else", () => {
  const { extraVolumes } = apiServer;

  expect(added("/spec/volumes/-")).toEqual(
    extraVolumes.map(({ name, hostPath, pathType }) => ({ name, hostPath: { path: hostPath, type: pathType } })),
  );
  expect(added("/spec/containers/0/volumeMounts/-")).toEqual(
    extraVolumes.map(({ name, mountPath, readOnly }) => ({ name, mountPath, readOnly })),
  );
  expect(patch.map(({ op }) => op)).toEqual(Array(apiServer.extraArgs.length + 2 * extraVolumes.length).fill("add"));
});

test("every file that kube-apiserver is told to read lies in the one folder that is mounted, at the same place", () => {
  const kubeconfig = parseKubeconfig(readClusterFile("webhook-kubeconfig.yaml"));
  const files = [flags[configFileFlag] ?? "", ...Object.values(kubeconfig.users[0].user)];
  const [volume, ...others] = apiServer.extraVolumes;

  expect(others).toEqual([]);
  expect(volume?.mountPath).toBe(volume?.hostPath);
  expect(volume?.readOnly).toBe(true);
  expect(files.map((file) => posix.dirname(file))).toEqual(Array(3).fill(volume?.mountPath));
});

function added(path: string): unknown[] {
  return patch.filter((operation) => operation.path === path).map(({ value }) => value);
}
