// Does what is missing, in the order in which a break does the least harm: whoever comes without a certificate is kept out before the Worker answers at all. Every step
// can be done again.

import { webhookKubeconfig } from "../../node/kubeconfig.ts";
import { kubeconfigFile } from "../certificates/cluster-folder.ts";
import { commonNameFor } from "../certificates/cluster-names.ts";
import { wantedExpression } from "../certificates/issuers.ts";
import { obtainPair } from "../certificates/obtain.ts";
import { currentPair } from "../certificates/rotation.ts";
import type { ClientCertificate } from "../cloudflare/client-certificates.ts";
import { isAsWanted, writeFirewallRule } from "../cloudflare/firewall-rule.ts";
import { associateHostname } from "../cloudflare/hostname-associations.ts";
import { createKvNamespace, kvNamespaceTitle } from "../cloudflare/kv-namespace.ts";
import type { Context } from "../context.ts";
import { deployIfNeeded } from "../deployment/deployed.ts";
import { type DeploymentFile, saveDeployment } from "../deployment/deployment-file.ts";
import { kvNamespaceIdIn } from "../wrangler-toml/deployment-edits.ts";
import type { Findings } from "./inspect.ts";
import type { SetupRequest } from "./request.ts";
import { writeDeployment } from "./written.ts";

/** Where the files lie on a control plane node, as k8s/ has it for most distributions. */
const nodeFolder = "/etc/kubernetes/octogate";

export interface Applied {
  readonly certificate: ClientCertificate;
  readonly deployment: DeploymentFile;
}

/** @param onStep hears what is done, one sentence each */
export async function applySetup(
  request: SetupRequest,
  deployment: DeploymentFile,
  findings: Findings,
  context: Context,
  onStep: (done: string) => void,
): Promise<Applied> {
  const { client, zone, folder, certificates, associatedHostnames, firewall } = findings;
  const { hostname, clusterName, validityDays } = request;

  const certificate = await obtainPair(
    { client, zone, folder, pair: currentPair, commonName: commonNameFor(clusterName), validityDays },
    findings.pair,
  );
  onStep(`certificate ${certificate.fingerprint.slice(0, 16)}… in ${folder.name}`);

  // What teardown reads stands in the file before anything else is made.
  const kvNamespaceId = kvNamespaceIdIn(deployment.text) ?? (await kvNamespace(deployment, findings));
  const made = { fingerprint: certificate.fingerprint, kvNamespaceId };
  const written = await saveDeployment(deployment, writeDeployment(request, deployment, made).text);
  onStep(`${written.path} has the route, the cluster and the KV namespace`);

  if (!associatedHostnames.includes(hostname)) await associateHostname(client, zone, hostname);
  onStep(`client certificates are asked for at ${hostname}`);

  const expression = await wantedExpression(hostname, certificates, deployment.text, certificate);
  if (expression !== null && !isAsWanted(firewall, expression)) {
    await writeFirewallRule(client, zone, { firewall, hostname, expression });
  }
  onStep("whoever comes without one is blocked");

  await deployIfNeeded(written, context, { client, zone, hostname });
  onStep(`the Worker ${written.workerName} is deployed`);

  if (!findings.hasKubeconfig) {
    const files = { certificateFile: `${nodeFolder}/client.crt`, keyFile: `${nodeFolder}/client.key` };
    await folder.writeFile(kubeconfigFile, webhookKubeconfig({ hostname, ...files }));
  }
  onStep(`${folder.name}/${kubeconfigFile} is for kube-apiserver`);
  return { certificate, deployment: written };
}

async function kvNamespace({ workerName }: DeploymentFile, { client, zone, kvNamespaceId }: Findings): Promise<string> {
  if (kvNamespaceId !== null) return kvNamespaceId;
  return (await createKvNamespace(client, zone.accountId, kvNamespaceTitle(workerName))).id;
}
