// The webhook's kubeconfig as the command renders it: the template of k8s/, word for word, but for what differs from cluster to cluster.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { renderWebhookKubeconfig } from "../../../../src/cli/kubeconfig/webhook-kubeconfig.ts";
import { parseKubeconfig, readClusterFile } from "../../../support/cluster-files.ts";

const certificateFile = "/etc/kubernetes/octogate/client.crt";
const keyFile = "/etc/kubernetes/octogate/client.key";

test("with file references, only the address differs from the template, and the comments stay", () => {
  const rendered = renderWebhookKubeconfig({ hostname: "auth.acme.test", certificateFile, keyFile });

  expect(rendered).toBe(
    readClusterFile("webhook-kubeconfig.yaml").replace("https://auth.example.com/", "https://auth.acme.test/"),
  );
});

test("the files may lie elsewhere, and the hostname may have a port", () => {
  const rendered = renderWebhookKubeconfig({
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

  const rendered = renderWebhookKubeconfig({ hostname: "auth.acme.test", certificate, key });

  const { users } = parse(rendered) as { users: [{ user: Record<string, string> }] }; // rendered by us
  expect(Object.keys(users[0].user)).toEqual(["client-certificate-data", "client-key-data"]);
  const lines = rendered.split("\n").map((line) => line.trim());
  expect(lines).toContain(`client-certificate-data: ${Buffer.from(certificate).toString("base64")}`);
  expect(lines).toContain(`client-key-data: ${Buffer.from(key).toString("base64")}`);
  expect(rendered).not.toContain("example.com");
});

test("both forms differ in the credential alone", () => {
  const withFiles = parseKubeconfig(readClusterFile("webhook-kubeconfig.yaml"));
  const inline = parseKubeconfig(readClusterFile("webhook-kubeconfig-inline.yaml"));

  expect({ ...inline, users: null }).toEqual({ ...withFiles, users: null });
  expect(inline.users[0].name).toBe(withFiles.users[0].name);
});
