// The webhook's kubeconfig as the command renders it: the template of k8s/, word for word, but for what differs from
// cluster to cluster.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { webhookKubeconfig } from "../../../src/node/kubeconfig.ts";
import { parseKubeconfig, readClusterFile } from "../../support/cluster-files.ts";

const certificateFile = "/etc/kubernetes/octogate/client.crt";
const keyFile = "/etc/kubernetes/octogate/client.key";

test("with file references, only the address differs from the template, and the comments stay", () => {
  const rendered = webhookKubeconfig({ hostname: "auth.acme.test", certificateFile, keyFile });

  expect(rendered).toBe(
    readClusterFile("webhook-kubeconfig.yaml").replace("https://auth.example.com/", "https://auth.acme.test/"),
  );
});

test("the files may lie elsewhere, and the hostname may have a port", () => {
  const rendered = webhookKubeconfig({
    hostname: "localhost:8443",
    certificateFile: "/srv/kubernetes/client.crt",
    keyFile: "/srv/kubernetes/client.key",
  });

  const { clusters, users } = parseKubeconfig(rendered);
  expect(clusters[0].cluster).toEqual({ server: "https://localhost:8443/authenticate" });
  expect(users[0].user).toEqual({
    "client-certificate": "/srv/kubernetes/client.crt",
    "client-key": "/srv/kubernetes/client.key",
  });
});

test("inline, the certificate and the key stand in it in base64, each in one line, and no file is named", () => {
  const certificate = `certificate ${"x".repeat(500)}\n`;
  const key = `key ${"y".repeat(500)}\n`;

  const rendered = webhookKubeconfig({ hostname: "auth.acme.test", certificate, key });

  const { users } = parse(rendered) as { users: [{ user: Record<string, string> }] }; // rendered by us
  expect(Object.keys(users[0].user)).toEqual(["client-certificate-data", "client-key-data"]);
  const lines = rendered.split("\n").map((line) => line.trim());
  expect(lines).toContain(`client-certificate-data: ${Buffer.from(certificate).toString("base64")}`);
  expect(lines).toContain(`client-key-data: ${Buffer.from(key).toString("base64")}`);
  expect(rendered).not.toContain("example.com");
});

test("for an address with an authority of its own, the file names that authority and the client, also where a path needs quoting", () => {
  const rendered = webhookKubeconfig({
    hostname: "127.0.0.1:8443",
    local: { authorityFile: "/state: here/ca.crt", user: "prod-eu" },
    certificateFile: "/state: here/prod-eu.crt",
    keyFile: "/state: here/prod-eu.key",
  });

  expect(parse(rendered)).toEqual({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "octogate",
        cluster: { server: "https://127.0.0.1:8443/authenticate", "certificate-authority": "/state: here/ca.crt" },
      },
    ],
    users: [
      {
        name: "prod-eu",
        user: { "client-certificate": "/state: here/prod-eu.crt", "client-key": "/state: here/prod-eu.key" },
      },
    ],
    contexts: [{ name: "octogate", context: { cluster: "octogate", user: "prod-eu" } }],
    "current-context": "octogate",
  });
});

test("both forms differ in the credential alone", () => {
  const withFiles = parseKubeconfig(readClusterFile("webhook-kubeconfig.yaml"));
  const inline = parseKubeconfig(readClusterFile("webhook-kubeconfig-inline.yaml"));

  expect({ ...inline, users: null }).toEqual({ ...withFiles, users: null });
  expect(inline.users[0].name).toBe(withFiles.users[0].name);
});
