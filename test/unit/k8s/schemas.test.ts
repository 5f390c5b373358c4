// Every YAML file in k8s/ is YAML, and each Kubernetes object has the form that its API demands.
import { CertificateSigningRequest } from "kubernetes-models/certificates.k8s.io/v1";
import { ClusterRoleBinding, RoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { clusterYamlFiles, readClusterFile } from "../../support/cluster-files.ts";

interface Validating {
  validate(): void;
}

/**
 * What is not here has no schema in a package: configuration of the distributions' own, kubeconfigs and kustomizations.
 */
const models: Readonly<Record<string, (manifest: object) => Validating>> = {
  "rbac.authorization.k8s.io/v1 ClusterRoleBinding": (manifest) => new ClusterRoleBinding(manifest as never),
  "rbac.authorization.k8s.io/v1 RoleBinding": (manifest) => new RoleBinding(manifest as never),
  "certificates.k8s.io/v1 CertificateSigningRequest": (manifest) => new CertificateSigningRequest(manifest as never),
};

const files = clusterYamlFiles();

test.each(files)("%s is YAML without a mistake or a key that is there twice", (file) => {
  const documents = parseAllDocuments(readClusterFile(file), { strict: true, uniqueKeys: true });

  if (!Array.isArray(documents)) throw new Error("it is empty");
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
});

test.each(files.filter((file) => file.startsWith("rbac/") && file !== "rbac/kustomization.yaml"))(
  "%s has the form that Kubernetes' API demands",
  (file) => {
    const manifest = objectIn(file, (text) => text.replace("<base64 of break-glass.csr>", "YQ=="));
    const model = models[`${manifest.apiVersion} ${manifest.kind}`];

    expect(model).toBeDefined();
    model?.(manifest).validate();
  },
);

test("a wrong form is noticed", () => {
  const { subjects: _subjects, ...rest } = objectIn("rbac/break-glass.yaml") as Record<string, unknown>;

  const wrong = { ...rest, subjects: [{ kind: "Group" }] } as never;
  expect(() => new ClusterRoleBinding(wrong).validate()).toThrow("name");
});

test("the kustomization lists files that are there", () => {
  const { resources } = objectIn("rbac/kustomization.yaml") as { resources?: string[] };

  expect(resources).toEqual(["view-organisation.yaml", "admin-team.yaml", "break-glass.yaml"]);
  for (const name of resources ?? []) expect(files).toContain(`rbac/${name}`);
});

function objectIn(file: string, fillIn = (text: string) => text): { apiVersion?: string; kind?: string } {
  const [document] = parseAllDocuments(fillIn(readClusterFile(file)));
  // Our own file.
  return document?.toJS() as { apiVersion?: string; kind?: string };
}
