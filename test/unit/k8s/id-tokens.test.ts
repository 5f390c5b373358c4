// The guides for ID tokens: each distribution gives kube-apiserver the same file, or the same flags, with which the
// end-to-end tests run, and a guide with the same parts.
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readGuide } from "../../../src/cli/commands/manifests/guide.ts";
import { distributions, targets } from "../../../src/cli/commands/manifests/targets.ts";
import { readClusterFile } from "../../support/cluster-files.ts";

/** Our own file, as all of them here: the tests fail if the shape is another one. */
const read = <T>(name: string) => parse(readClusterFile(name)) as T;

const folder = "/etc/kubernetes/octogate-id-tokens";
const fileFlag = `authentication-config=${folder}/authentication-configuration.yaml`;
/** As any kube-apiserver gets them: the truth of this page. */
const flags = read<string[]>("kube-apiserver/flags.yaml").map((flag) => flag.replace(/^--/, ""));
const flagsByName = Object.fromEntries(flags.map((flag) => flag.split("=")));

interface KubeadmConfiguration {
  apiServer: { extraArgs: unknown; extraVolumes?: { name: string; hostPath: string; mountPath: string }[] };
}
interface TalosPatch {
  machine: { files: { path: string; content: string }[] };
  cluster: {
    apiServer: { extraArgs: Record<string, string>; extraVolumes: { hostPath: string; mountPath: string }[] };
  };
}
interface KopsSpec {
  spec: { kubeAPIServer: Record<string, string>; fileAssets: { path: string; content: string; mode: string }[] };
}
const added = (name: string, path: string) =>
  read<{ op: string; path: string; value: unknown }[]>(name).flatMap((one) => (one.path === path ? [one.value] : []));

test("the flags name the issuer, the cluster, and a prefix for usernames and groups alike", () => {
  expect(flagsByName).toEqual({
    "oidc-issuer-url": "<ISSUER_URL>",
    "oidc-client-id": "<CLUSTER>",
    "oidc-username-claim": "username",
    "oidc-username-prefix": "<PREFIX>",
    "oidc-groups-claim": "groups",
    "oidc-groups-prefix": "<PREFIX>",
    "oidc-ca-file": "<ISSUER_CA_FILE>",
  });
});

test.each(["k3s", "rke2"])("%s appends the flag of the file, or the same flags", (name) => {
  expect(read<Record<string, string[]>>(`${name}/structured.yaml`)["kube-apiserver-arg+"]).toEqual([fileFlag]);
  expect(read<Record<string, string[]>>(`${name}/flags.yaml`)["kube-apiserver-arg+"]).toEqual(flags);
});

test("RKE2 mounts what its flags name, read-only and at the same place; k3s needs no mount", () => {
  const mounts = (name: string) => read<Record<string, string[]>>(name)["kube-apiserver-extra-mount+"];
  expect(mounts("rke2/structured.yaml")).toEqual([`${folder}:${folder}:ro`]);
  expect(mounts("rke2/flags.yaml")).toEqual(["<ISSUER_CA_FOLDER>:<ISSUER_CA_FOLDER>:ro"]);
  expect(mounts("k3s/structured.yaml")).toBeUndefined();
});

test("kubeadm's configuration and its patch say the same, and mount the folder of the file", () => {
  const { extraArgs, extraVolumes } = read<KubeadmConfiguration>(
    "kubeadm/structured-cluster-configuration.yaml",
  ).apiServer;
  const [name, value] = fileFlag.split("=");
  expect(extraArgs).toEqual([{ name, value }]);
  expect(added("kubeadm/structured-patch.yaml", "/spec/containers/0/command/-")).toEqual([`--${fileFlag}`]);
  expect(added("kubeadm/structured-patch.yaml", "/spec/containers/0/volumeMounts/-")).toEqual([
    { name: "octogate-id-tokens", mountPath: folder, readOnly: true },
  ]);
  expect(extraVolumes).toMatchObject([{ name: "octogate-id-tokens", hostPath: folder, mountPath: folder }]);

  expect(read<KubeadmConfiguration>("kubeadm/flags-cluster-configuration.yaml").apiServer).toEqual({
    extraArgs: flagsByName,
  });
  expect(added("kubeadm/flags-patch.yaml", "/spec/containers/0/command/-")).toEqual(flags.map((flag) => `--${flag}`));
});

test("Talos gets the same, and keeps its own limits on anonymous requests", () => {
  const document = read<{ configuration: object }>("talos/kube-authentication-config.yaml");
  const paths = ["/livez", "/readyz", "/healthz"].map((path) => ({ path }));
  const anonymous = { enabled: true, conditions: paths };
  expect(document.configuration).toEqual({ anonymous, jwt: "<authentication-configuration.jwt>" });
  const [remove = ""] = /```yaml\n(.*?)```/s.exec(readGuide("talos/id-tokens.md").text)?.slice(1) ?? [];
  expect(parse(remove)).toEqual({ ...document, configuration: { anonymous, jwt: [] } });

  const older = read<TalosPatch>("talos/structured-before-1.14.yaml");
  const [volume] = older.cluster.apiServer.extraVolumes;
  expect(older.cluster.apiServer.extraArgs).toEqual(Object.fromEntries([fileFlag.split("=")]));
  expect(volume?.mountPath).toBe(folder);
  expect(older.machine.files.map(({ path }) => path)).toEqual([
    `${volume?.hostPath}/authentication-configuration.yaml`,
  ]);

  const byFlags = read<TalosPatch>("talos/flags.yaml");
  expect(byFlags.cluster.apiServer.extraArgs).toEqual(flagsByName);
  expect(byFlags.machine.files.map(({ path }) => posix.dirname(path))).toEqual([
    byFlags.cluster.apiServer.extraVolumes[0]?.hostPath,
  ]);
});

test("kOps gets the same in the fields of its spec, and files below the folder that it mounts", () => {
  const own = "/srv/kubernetes/kube-apiserver/octogate-id-tokens";
  const structured = read<KopsSpec>("kops/structured.yaml").spec;
  const file = `${own}/authentication-configuration.yaml`;
  expect(structured.kubeAPIServer).toEqual({ authenticationConfigFile: file });
  expect(structured.fileAssets).toMatchObject([{ path: file, content: "<authentication-configuration.yaml>" }]);

  const byFlags = read<KopsSpec>("kops/flags.yaml").spec;
  // oidc-client-id is oidcClientID.
  const fieldOf = (flag: string) =>
    flag
      .replace(/-(id|url|ca)(?=-|$)/g, (_part, word: string) => word.toUpperCase())
      .replace(/-([a-z])/g, (_part, letter: string) => letter.toUpperCase());
  expect(byFlags.kubeAPIServer).toEqual(
    Object.fromEntries(Object.entries(flagsByName).map(([name, value]) => [fieldOf(name), value])),
  );
  expect(byFlags.fileAssets).toMatchObject([{ path: "<ISSUER_CA_FILE>", content: "<issuer-ca.crt>" }]);
});

describe.each(distributions)("the guide for ID tokens with %s", (distribution) => {
  const guide = readGuide(`${distribution}/id-tokens.md`);
  const [, steps = ""] = /## Steps\n(.*?)\n## /s.exec(guide.text) ?? [];

  test("is about it, has its parts in order, and says whether anybody ran it", () => {
    expect(guide.distribution).toBe(distribution);
    expect(guide.text.match(/^## .*$/gm)).toEqual([
      "## Steps",
      "## A change",
      "## The way back",
      "## When kube-apiserver does not start",
    ]);
    const isRun = ["kube-apiserver", "kubeadm"].includes(distribution);
    expect(guide.checked).toMatch(isRun ? /^The end-to-end tests start real kube-apiservers/ : /not run on/);
  });

  test("has files for both ways, each of which is there or made", () => {
    const made = ["authentication-configuration.yaml", "issuer-ca.crt"];
    for (const way of ["structured", "flags"]) {
      const own = guide.files.filter((file) => file.for?.includes(way));
      expect(own.length).toBeGreaterThan(0);
      for (const { name, template = name } of own) {
        if (!made.includes(name)) expect(readClusterFile(`${distribution}/${template}`)).not.toBe("");
      }
    }
  });

  test("has one place for the authority of the issuer, in the files and in the flags", () => {
    const file = guide.files.find(({ name }) => name === "issuer-ca.crt");
    if (file !== undefined) expect(file.path).toBe(guide.authority);
    expect(guide.authority).toMatch(/^\/.*issuer-ca\.crt$/);
  });

  test("looks first whether an issuer is trusted already, and ends with the operator signed in", () => {
    const [, first, ...others] = steps.split(/^(?=\d+\. )/m);
    expect(first).toMatch(/authentication-?config/i);
    expect(first).toMatch(/oidc/);
    expect(first).toContain("[If an issuer is trusted already](../README.md#if-an-issuer-is-trusted-already)");
    expect(others.at(-1)).toContain("[Sign in with a browser](../README.md#sign-in-with-a-browser)");
  });

  test("numbers its steps without a gap, and refers to chapters that come with it", () => {
    const numbers = [...steps.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    const chapters = [...guide.text.matchAll(/\[([^\]]+)\]\(\.\.\/README\.md#/g)].map(([, title]) => title);
    expect(targets.structured.chapters).toEqual(expect.arrayContaining(chapters));
    expect(targets.flags.chapters).toEqual(targets.structured.chapters);
  });

  test("closes every part that is about one way alone", () => {
    const marks = guide.text.match(/<!-- (?:for: (?:structured|flags)|end) -->/g) ?? [];
    expect(marks.length).toBe((guide.text.match(/<!--/g) ?? []).length);
    expect(marks.map((mark) => mark.includes("end"))).toEqual(marks.map((_mark, index) => index % 2 === 1));
  });
});
