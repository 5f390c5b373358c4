// The kubeconfigs in k8s/: the webhook's has the form that the local edge writes, which the end-to-end tests run on.
import { expect, test } from "vitest";
import { webhookKubeconfig } from "../../../src/node/kubeconfig.ts";
import { type Kubeconfig, parseKubeconfig, readClusterFile } from "../../support/cluster-files.ts";

const template = parseKubeconfig(readClusterFile("webhook-kubeconfig.yaml"));
const forPeople = parseKubeconfig(readClusterFile("user-kubeconfig.yaml"));

test("the webhook's kubeconfig has the form that the local edge writes, but for the private authority", () => {
  const written = parseKubeconfig(
    webhookKubeconfig({
      hostname: "localhost:8443",
      local: { authorityFile: "/state/ca.crt", user: "local" },
      certificateFile: "/state/local.crt",
      keyFile: "/state/local.key",
    }),
  );
  const { "certificate-authority": authority, ...cluster } = written.clusters[0].cluster;

  expect(authority).toBe("/state/ca.crt");
  expect(formOf(template)).toEqual(formOf({ ...written, clusters: [{ ...written.clusters[0], cluster }] }));
});

test("kube-apiserver is sent to /authenticate over https, without the query that it would drop", () => {
  const server = new URL(template.clusters[0].cluster.server ?? "");

  expect(server.protocol).toBe("https:");
  expect(server.pathname).toBe("/authenticate");
  expect(server.search).toBe("");
});

test("kube-apiserver's certificate and key are files, so that they can be replaced while it runs", () => {
  expect(Object.keys(template.users[0].user)).toEqual(["client-certificate", "client-key"]);
});

test("people's tokens come from a file beside the kubeconfig, and none stands in it", () => {
  expect(forPeople.users[0].user).toEqual({ tokenFile: "github-token" });
});

test.each([
  ["webhook-kubeconfig.yaml", template],
  ["user-kubeconfig.yaml", forPeople],
])("the current context of %s names its cluster and its user", (_name, kubeconfig) => {
  const { name, context } = kubeconfig.contexts[0];

  expect(kubeconfig["current-context"]).toBe(name);
  expect(context).toEqual({ cluster: kubeconfig.clusters[0].name, user: kubeconfig.users[0].name });
});

/** A document with every text replaced by the same one: what is left is its keys and their order of nesting. */
function formOf(kubeconfig: Kubeconfig): unknown {
  return JSON.parse(JSON.stringify(kubeconfig), (_key, value: unknown) => (typeof value === "string" ? "text" : value));
}
