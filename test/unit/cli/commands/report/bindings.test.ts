import { describe, expect, test } from "vitest";
import { parseBindings } from "../../../../../src/cli/commands/report/bindings.ts";

const clusterWide = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "viewers" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
  subjects: [
    { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "github:Acme" },
    { kind: "ServiceAccount", name: "robot", namespace: "default" },
  ],
};
const inNamespace = { ...clusterWide, kind: "RoleBinding", metadata: { name: "editors", namespace: "shop" } };
const list = (...items: unknown[]) => JSON.stringify({ apiVersion: "v1", kind: "List", metadata: {}, items });

test("bindings are read with their role, namespace and subjects; service accounts are no people", () => {
  expect(parseBindings("b.json", list(clusterWide, inNamespace))).toEqual([
    {
      kind: "ClusterRoleBinding",
      name: "viewers",
      namespace: null,
      role: "ClusterRole/view",
      subjects: [{ kind: "Group", name: "github:Acme" }],
    },
    expect.objectContaining({ kind: "RoleBinding", namespace: "shop" }),
  ]);
});

test("a binding without subjects is one that gives nothing", () => {
  const { subjects: _, ...without } = clusterWide;
  expect(parseBindings("b.json", list(without))).toMatchObject([{ subjects: [] }]);
});

describe("what is not all of a cluster's bindings is refused:", () => {
  test.each<[string, string, RegExp]>([
    ["nothing", "", /is no JSON, or not all of it/],
    ["a text that breaks off", list(clusterWide).slice(0, -2), /is no JSON, or not all of it/],
    ["a table", "NAME ROLE AGE", /is no JSON/],
    ["an object of another kind", JSON.stringify({ kind: "PodList", items: [] }), /no list of bindings/],
    ["a single binding", JSON.stringify(clusterWide), /no list of bindings/],
    ["a list without items", JSON.stringify({ kind: "List" }), /no list of bindings/],
    [
      "a first page",
      JSON.stringify({ kind: "List", metadata: { continue: "abc" }, items: [clusterWide] }),
      /first part of a longer list/,
    ],
    ["role bindings alone", list(inNamespace), /has no ClusterRoleBinding/],
    ["something else among them", list(clusterWide, { kind: "Pod" }), /items\[1\]: is no RoleBinding/],
    ["a role binding without a namespace", list({ ...clusterWide, kind: "RoleBinding" }), /without a namespace/],
    ["a subject without a name", list({ ...clusterWide, subjects: [{ kind: "User" }] }), /items\[0\]/],
  ])("%s", (_, text, message) => {
    expect(() => parseBindings("b.json", text)).toThrow(message);
  });
});
