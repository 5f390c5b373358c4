// The RBAC examples name people as Octogate does by default, and as they stand they let nobody in.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readClusterFile, readRbacExample } from "../../support/cluster-files.ts";

interface Binding {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects: readonly { readonly kind: string; readonly apiGroup: string; readonly name: string }[];
  readonly roleRef: { readonly kind: string; readonly name: string };
}

const examples = [
  ["view-namespace", "RoleBinding"],
  ["view-cluster", "ClusterRoleBinding"],
] as const;

test.each(examples)("%s is a %s that lets one person view", (name, kind) => {
  const binding = parse(readRbacExample(name, "octocat:583231")) as Binding; // our own file

  expect(binding.kind).toBe(kind);
  expect(binding.subjects).toEqual([
    { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "github:octocat:583231" },
  ]);
  expect(binding.roleRef).toMatchObject({ kind: "ClusterRole", name: "view" });
});

test.each(examples)("%s, applied as it is, lets nobody in: its number is none", (name) => {
  const binding = parse(readClusterFile(`rbac/${name}.yaml`)) as Binding; // our own file

  expect(binding.subjects.map(({ name }) => name)).toEqual(["github:LOGIN:ID"]);
});
