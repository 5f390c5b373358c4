// The RBAC examples name people and groups as Octogate does by default, and as they stand they let no one in.
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
  ["admin-team", "RoleBinding", "Group", "Acme/platform", "admin"],
  ["edit-workflow", "RoleBinding", "Group", "actions:Acme/shop/environments/production", "edit"],
] as const)("%s is a %s for one %s", (name, kind, subjectKind, who, role) => {
  const binding = parse(readRbacExample(name, who)) as Binding; // our own file

  expect(binding.kind).toBe(kind);
  expect(binding.subjects).toEqual([
    { kind: subjectKind, apiGroup: "rbac.authorization.k8s.io", name: `github:${who}` },
  ]);
  expect(binding.roleRef).toMatchObject({ kind: "ClusterRole", name: role });
});

test.each(Object.entries(rbacExamples))(
  "%s, applied as it is, lets no one in: GitHub gives out no such name",
  (name, placeholder) => {
    const binding = parse(readClusterFile(`rbac/${name}.yaml`)) as Binding; // our own file

    expect(binding.subjects.map(({ name }) => name)).toEqual([`github:${placeholder}`]);
  },
);

test("break-glass is bound to a group that no policy with the usual prefix gives, nor one without", () => {
  const { subjects, roleRef } = parse(readClusterFile("rbac/break-glass.yaml")) as Binding; // our own file
  const [{ name } = { name: "" }, ...others] = subjects;

  expect(others).toEqual([]);
  expect(name.startsWith("system:")).toBe(false);
  // PREFIX, ORGANISATION or ORGANISATION:NUMBER, perhaps with a team behind a slash.
  expect(name).not.toMatch(/^github:|^[A-Za-z0-9_-]+(?::[0-9]+)?(?:\/.*)?$/);
  expect(roleRef).toMatchObject({ kind: "ClusterRole", name: "cluster-admin" });
});

test("the certificate that can be asked for is a client's, and nothing else's", () => {
  const { spec } = parse(readClusterFile("rbac/break-glass-request.yaml")) as { spec: Record<string, unknown> }; // ours

  expect(spec).toMatchObject({ signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] });
});
