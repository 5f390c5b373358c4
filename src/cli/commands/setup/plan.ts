// The changes that setup is going to make, from what is there. Pure: it reads nothing and changes nothing.

import type { WantedRule } from "../../certificates/listed.ts";
import { kubeconfigFile } from "../../certificates/pair-files.ts";
import { firewallRuleRef, isAsWanted, isFull } from "../../cloudflare/firewall-rule.ts";
import { type DeploymentFile, kvNamespaceIdIn, readCluster } from "../../config-file/clusters.ts";
import { isDeployed, leadsTo } from "../../deployment/state.ts";
import { type Diagnostic, error } from "../../diagnostics.ts";
import type { Existing } from "./inspect.ts";
import { type SetupRequest, tryToWrite, writeDeployment } from "./written.ts";

export interface Plan {
  /** With one of these nothing is changed. */
  readonly obstacles: readonly Diagnostic[];
  /** One sentence each. */
  readonly changes: readonly string[];
}

/** @param rule the firewall rule as it should be; null while there is no certificate that it could name */
export function planSetup(
  request: SetupRequest,
  deployment: DeploymentFile,
  existing: Existing,
  rule: WantedRule | null,
): Plan {
  const obstacles = findObstacles(request, deployment, existing);
  return { obstacles, changes: obstacles.length > 0 ? [] : findChanges(request, deployment, existing, rule) };
}

function findObstacles(request: SetupRequest, deployment: DeploymentFile, existing: Existing): Diagnostic[] {
  const { hostname, clusterName, variable } = request;
  const { zone, firewall, domains, addressRecords, route, pair } = existing;
  const obstacles: Diagnostic[] = [];
  const add = (subject: string, message: string, hint: string) => obstacles.push(error(subject, message, hint));

  const service = leadsTo(domains, hostname);
  if (service !== null && service !== deployment.workerName) {
    add(hostname, `leads to the Worker ${service} already`, "choose another hostname, or detach that Worker's domain");
  }
  if (service === null && addressRecords.length > 0) {
    const records = addressRecords.join(", ");
    add(hostname, `leads somewhere already (${records})`, "choose another hostname, or delete the DNS record");
  }
  if (route !== null && route.script !== null && route.script !== deployment.workerName) {
    const message = `the route ${route.pattern} leads to the Worker ${route.script}, which would get every review first, with the token in it`;
    add(
      hostname,
      message,
      `add the route ${hostname}/* with no Worker in the dashboard (Workers Routes): it makes an exception`,
    );
  }
  const elsewhere = domains.find((domain) => domain.service === deployment.workerName && domain.hostname !== hostname);
  if (elsewhere !== undefined) {
    const message = `the Worker ${deployment.workerName} answers at ${elsewhere.hostname}`;
    add(`${deployment.path}: name`, message, "give this deployment another name, or use that hostname");
  }
  if (isFull(firewall, zone)) {
    const message = `the zone has ${firewall.ruleCount} custom rules, as many as its plan (${zone.plan}) has room for`;
    add(zone.name, message, "remove or join custom rules, or take a larger plan");
  }
  const cluster = readCluster(deployment, variable);
  const listed = cluster?.fingerprints ?? [];
  if (listed.length > 0 && (pair.certificate === null || !listed.includes(pair.certificate.fingerprint))) {
    add(
      `${deployment.path}: ${variable}`,
      `${clusterName} has a certificate already, and its key is not in ${existing.folder.name}`,
      `bring its client.key and client.crt there, or make another with octogate certificate issue --cluster ${clusterName} --name NAME`,
    );
  }
  // Only without other obstacles, which might keep the file from being written, too.
  return obstacles.length > 0 ? obstacles : tryToWrite(request, deployment, toBeMade(existing));
}

/** Zeros stand for what is still to be made. */
function toBeMade({ pair, kvNamespaceId }: Existing) {
  return {
    fingerprint: pair.certificate?.fingerprint ?? "0".repeat(64),
    kvNamespaceId: kvNamespaceId ?? "0".repeat(32),
  };
}

function findChanges(
  request: SetupRequest,
  deployment: DeploymentFile,
  existing: Existing,
  rule: WantedRule | null,
): string[] {
  const { hostname, validityDays } = request;
  const { zone, folder, pair, hasKubeconfig, associatedHostnames, firewall, kvNamespaceId, deployed, domains } =
    existing;
  const changes: string[] = [];
  const { certificate } = pair;
  if (certificate === null) {
    changes.push(
      `make a key in ${folder.name} and have Cloudflare sign a client certificate for it, valid for ${validityDays} days`,
    );
  }
  if (certificate !== null && !pair.isWritten) changes.push(`write ${folder.name}/client.crt, signed before`);
  if (!associatedHostnames.includes(hostname)) {
    changes.push(`ask for client certificates at ${hostname} (hostname association, zone ${zone.name})`);
  }
  if (firewall.rule === null) {
    changes.push(`block requests to ${hostname} without one (custom rule ${firewallRuleRef(hostname)})`);
  } else if (rule !== null && !isAsWanted(firewall, rule.expression)) {
    const dropped = rule.ended.map((fingerprint) => `${fingerprint}, which is revoked, goes out of it`);
    const why = ["it does not block what it should", ...dropped].join("; ");
    changes.push(`correct the custom rule ${firewallRuleRef(hostname)}: ${why}`);
  }
  const idInFile = kvNamespaceIdIn(deployment);
  if (idInFile === null && kvNamespaceId === null) changes.push("make a KV namespace");

  const { changes: written } = writeDeployment(request, deployment, toBeMade(existing));
  if (written.length > 0) changes.push(`write into ${deployment.path}: ${written.join(", ")}`);
  const isUp = isDeployed(deployment, deployed) && leadsTo(domains, hostname) === deployment.workerName;
  if (written.length > 0 || !isUp) changes.push(`deploy the Worker ${deployment.workerName} with wrangler`);
  if (!hasKubeconfig) changes.push(`write ${folder.name}/${kubeconfigFile} for kube-apiserver`);
  return changes;
}
