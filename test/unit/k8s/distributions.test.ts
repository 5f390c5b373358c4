// The folders of the distributions: each gives kube-apiserver the same flags as kubeadm's, with which the end-to-end
// tests run, and a guide with the same parts.
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readGuide } from "../../../src/cli/commands/manifests/guide.ts";
import { configFileFlag, readClusterConfiguration, readClusterFile } from "../../support/cluster-files.ts";
import { webhookTargets } from "../../support/manifest-targets.ts";

const folder = "/etc/kubernetes/octogate";
const flags = readClusterConfiguration().apiServer.extraArgs.map(({ name, value }) => `${name}=${value}`);
const flagsByName = Object.fromEntries(flags.map((flag) => flag.split("=")));

// All of these are our own files: the tests fail if the shape is another one.
const k3s = parse(readClusterFile("k3s/octogate.yaml")) as Record<string, string[]>;
const rke2 = parse(readClusterFile("rke2/octogate.yaml")) as Record<string, string[]>;
const talos = parse(readClusterFile("talos/kube-authentication-webhook-config.yaml")) as Record<string, string>;
const olderTalos = parse(readClusterFile("talos/before-1.15.yaml")) as {
  machine: { files: { path: string; permissions: number; op: string; content: string }[] };
  cluster: {
    apiServer: {
      extraArgs: Record<string, string>;
      extraVolumes: { hostPath: string; mountPath: string; readonly: boolean }[];
    };
  };
};
const kops = parse(readClusterFile("kops/cluster-spec.yaml")) as {
  spec: { kubeAPIServer: Record<string, string>; fileAssets: { path: string; mode: string; roles: string[] }[] };
};

test("k3s appends the same flags, and needs no mount", () => {
  expect(k3s).toEqual({ "kube-apiserver-arg+": flags });
});

test("RKE2 appends the same flags, and mounts the folder read-only at the same place", () => {
  expect(rke2).toEqual({
    "kube-apiserver-arg+": flags,
    "kube-apiserver-extra-mount+": [`${folder}:${folder}:ro`],
  });
});

test("Talos is told the same version and the same time, and gets a kubeconfig that needs no files", () => {
  expect(talos).toEqual({
    apiVersion: "v1alpha1",
    kind: "KubeAuthenticationWebhookConfig",
    kubeconfig: "<webhook-kubeconfig-inline.yaml>",
    version: flagsByName["authentication-token-webhook-version"],
    cacheTTL: flagsByName["authentication-token-webhook-cache-ttl"],
  });
});

test("Talos before 1.15 gets the same flags, and files below /var that kube-apiserver's user may read where it looks for them", () => {
  const { extraArgs, extraVolumes } = olderTalos.cluster.apiServer;
  const [volume] = extraVolumes;

  expect(extraArgs).toEqual(flagsByName);
  expect(extraVolumes).toEqual([{ hostPath: "/var/lib/octogate", mountPath: folder, readonly: true }]);
  expect(olderTalos.machine.files).toEqual(
    ["client.crt", "client.key", "webhook-kubeconfig.yaml"].map((name) => ({
      path: `${volume?.hostPath}/${name}`,
      permissions: 0o644,
      op: "create",
      content: `<${name}>`,
    })),
  );
});

test("kOps gets the same flags but for the version, which it has no field for, and files that only root may read", () => {
  const { kubeAPIServer, fileAssets } = kops.spec;
  const own = readGuide("kops/README.md").folder;

  expect(kubeAPIServer).toEqual({
    authenticationTokenWebhookConfigFile: posix.join(own, "webhook-kubeconfig.yaml"),
    authenticationTokenWebhookCacheTtl: flagsByName["authentication-token-webhook-cache-ttl"],
  });
  expect(fileAssets.map(({ path }) => path)).toEqual(
    ["client.crt", "client.key", "webhook-kubeconfig.yaml"].map((name) => posix.join(own, name)),
  );
  for (const { mode, roles } of fileAssets) expect({ mode, roles }).toEqual({ mode: "0400", roles: ["ControlPlane"] });
});

test("the kubeconfig that the flag names lies in the one folder", () => {
  expect(flagsByName[configFileFlag]).toBe(`${folder}/webhook-kubeconfig.yaml`);
});

describe.each(webhookTargets)("the guide for %s", (distribution) => {
  const guide = readGuide(`${distribution}/README.md`);

  test("is about it, has its parts in order, and says whether anybody ran it", () => {
    expect(guide.distribution).toBe(distribution);
    expect(guide.text.match(/^## .*$/gm)).toEqual([
      "## Steps",
      "## The way back",
      "## When kube-apiserver does not start",
      "## A new client certificate",
    ]);
    expect(guide.checked).toMatch(distribution === "kubeadm" ? /end-to-end/ : /not run on/);
  });

  test("has a file of every name, but for those that are made", () => {
    const made = ["client.crt", "client.key", "webhook-kubeconfig.yaml"];
    const templates = guide.files.map(({ name }) => name).filter((name) => !made.includes(name));

    expect(templates.length).toBeGreaterThan(0);
    for (const name of templates) expect(readClusterFile(`${distribution}/${name}`)).not.toBe("");
  });

  test("puts every file that goes to a node where only root may read it", () => {
    for (const { path, mode } of guide.files) {
      if (path !== undefined) expect({ path, mode }).toEqual({ path, mode: "0600" });
    }
  });

  const [, steps = ""] = /## Steps\n(.*?)\n## /s.exec(guide.text) ?? [];

  test("looks first whether a webhook is set already, and ends with the operator signed in", () => {
    const [, first, ...others] = steps.split(/^(?=\d+\. )/m);

    expect(first).toMatch(/authentication-?token-?webhook/i);
    expect(first).toContain("[If a webhook is set already](../README.md#if-a-webhook-is-set-already)");
    expect(others.at(-1)).toContain("[Sign in](../README.md#sign-in)");
  });

  test("checks the process that runs on this node, and then this node's own readiness", () => {
    const flag = steps.lastIndexOf(`${distribution === "k3s" ? "" : "--"}${configFileFlag}`);
    // What each address names: the node itself. kOps' kubelets have 127.0.0.1 in their kubeconfig.
    const ready = steps.search(
      /kubectl (?:--server=https:\/\/(?:127\.0\.0\.1|NODE):6443|--kubeconfig=\/var\/lib\/kubelet\/kubeconfig) .*get --raw=\/readyz/,
    );

    expect(flag).toBeGreaterThan(0);
    expect(ready).toBeGreaterThan(flag);
  });

  test("numbers its steps without a gap", () => {
    const numbers = [...steps.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));

    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(2);
  });
});
