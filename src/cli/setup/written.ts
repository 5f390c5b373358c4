// What setup writes into wrangler.toml. It is tried before anything is made at Cloudflare: a file in a form that cannot be changed here, or a policy that nobody could deploy,
// is said while there is nothing to undo.
import { checkConfiguration } from "../configuration-check/check-configuration.ts";
import type { DeploymentFile } from "../deployment/deployment-file.ts";
import type { Trouble } from "../report.ts";
import {
  kvNamespaceIdIn,
  readCluster,
  setCluster,
  setHostname,
  setKvNamespaceId,
} from "../wrangler-toml/deployment-edits.ts";
import { hostnameOf, parseWranglerToml } from "../wrangler-toml/document.ts";
import type { SetupRequest } from "./request.ts";

interface Made {
  readonly fingerprint: string;
  readonly kvNamespaceId: string;
}

export interface Written {
  readonly text: string;
  /** What of it is new, for people. */
  readonly changes: readonly string[];
}

export function writeDeployment(
  { hostname, clusterName, variable, allow, tokenKinds }: SetupRequest,
  { text }: DeploymentFile,
  { fingerprint, kvNamespaceId }: Made,
): Written {
  const named = setHostname(text, hostname);
  const listed = setCluster(named, { variable, fingerprint, allow, tokenKinds });
  const bound = setKvNamespaceId(listed, kvNamespaceId);
  const changes = [
    ...(named === text ? [] : [`the route ${hostname}`]),
    ...(listed === named ? [] : [`the certificate of ${clusterName} ([vars.${variable}])`]),
    ...(bound === listed ? [] : ["the KV namespace's id"]),
  ];
  return { text: bound, changes };
}

/** @returns why what would be written could not be deployed */
export function findUnwritable(request: SetupRequest, deployment: DeploymentFile, made: Made): Trouble[] {
  const { path } = deployment;
  const text = tryToWrite(request, deployment, made);
  if (text === null) {
    return [
      {
        where: path,
        message: "is written in a form that this command cannot change without harm",
        cure: `write [[routes]], [vars.${request.variable}] and [[kv_namespaces]] as tables of their own, as the file ships with them`,
      },
    ];
  }
  return [...checkConfiguration(path, text).errors];
}

function tryToWrite(request: SetupRequest, deployment: DeploymentFile, made: Made): string | null {
  try {
    const { text } = writeDeployment(request, deployment, made);
    const parsed = parseWranglerToml(deployment.path, text);
    if (parsed.kind === "wrong" || hostnameOf(parsed.document) !== request.hostname) return null;
    if (!readCluster(text, request.variable)?.fingerprints.includes(made.fingerprint)) return null;
    return kvNamespaceIdIn(text) === null ? null : text;
  } catch {
    // The editor, where it meets a form that it does not know.
    return null;
  }
}
