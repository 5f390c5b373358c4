// The RBAC examples name people and groups as Octogate does by default, and as they stand they let nobody in.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { rbacExamples, readClusterFile, readRbacExample } from "../../support/cluster-files.ts";

interface Binding {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects: readonly { readonly kind: string; readonly apiGroup: string; readonly name: string }[];
  readonly roleRef: { readonly kind: string; readonly name: string };
}

test.each([
  ["view-namespace", "RoleBinding", "User", "octocat:583231", "view"],
  ["view-cluster", "ClusterRoleBinding", "User", "octocat:583231", "view"],
  ["view-organisation", "ClusterRoleBinding", "Group", "Acme", "view"],
  ["edit-team", "RoleBinding", "Group", "Acme/platform", "edit"],
] as const)("%s is a %s for one %s", (name, kind, subjectKind, who, role) => {
  const binding = parse(readRbacExample(name, who)) as Binding; // our own file

  expect(binding.kind).toBe(kind);
  expect(binding.subjects).toEqual([
    { kind: subjectKind, apiGroup: "rbac.authorization.k8s.io", name: `github:${who}` },
  ]);
  expect(binding.roleRef).toMatchObject({ kind: "ClusterRole", name: role });
});

test.each(Object.entries(rbacExamples))(
  "%s, applied as it is, lets nobody in: GitHub gives out no such name",
  (name, placeholder) => {
    const binding = parse(readClusterFile(`rbac/${name}.yaml`)) as Binding; // our own file

    expect(binding.subjects.map(({ name }) => name)).toEqual([`github:${placeholder}`]);
  },
);
