import { expect, it } from "vitest";
import { parse } from "yaml";
import { webhookKubeconfig } from "../../../src/local/kubeconfig.ts";

it("names the webhook and the files of the cluster's certificate, also where a path needs quoting", () => {
  const text = webhookKubeconfig({
    clusterName: "prod-eu",
    url: "https://127.0.0.1:8443/authenticate",
    authorityFile: "/state: here/ca.crt",
    certificateFile: "/state: here/prod-eu.crt",
    privateKeyFile: "/state: here/prod-eu.key",
  });
  expect(parse(text)).toEqual({
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
