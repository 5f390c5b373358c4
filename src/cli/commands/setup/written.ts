// The changes that setup makes in wrangler.toml.
// They are tried before anything is made at Cloudflare: a file in a form that cannot be changed here, or a policy that
// cannot be deployed, is said while there is nothing to undo.
import { checkConfiguration } from "../../config-file/check/check.ts";
import { type DeploymentFile, hostnameOf, kvNamespaceIdIn, readCluster } from "../../config-file/clusters.ts";
import { applyEdits, setCluster, setHostname, setKvNamespaceId, unsupportedForm } from "../../config-file/edits.ts";
import { parseConfigFile } from "../../config-file/file.ts";
import type { Diagnostic } from "../../diagnostics.ts";

/** The command line, completed from what wrangler.toml says already. */
export interface SetupRequest {
  readonly hostname: string;
  readonly clusterName: string;
  readonly variable: string;
  readonly allow: readonly string[];
  readonly tokenKinds: readonly string[];
  readonly validityDays: number;
}

interface Made {
  readonly fingerprint: string;
  readonly kvNamespaceId: string;
}

export interface Written {
  readonly text: string;
  /** What of it is new, for people. */
  readonly changes: readonly string[];
}

/** @throws CliError where the file is written in a form that cannot be changed here */
export function writeDeployment(
  { hostname, clusterName, variable, allow, tokenKinds }: SetupRequest,
  file: DeploymentFile,
  { fingerprint, kvNamespaceId }: Made,
): Written {
  const named = setHostname(file, hostname);
  const listed = setCluster(file, { variable, fingerprint, allow, tokenKinds });
  const bound = setKvNamespaceId(file, kvNamespaceId);
  const changes = [
    ...(named.length === 0 ? [] : [`the route ${hostname}`]),
    ...(listed.length === 0 ? [] : [`the certificate of ${clusterName} ([vars.${variable}])`]),
    ...(bound.length === 0 ? [] : ["the KV namespace's id"]),
  ];
  return { text: applyEdits(file, [...named, ...listed, ...bound]), changes };
}

/**
 * @returns why the changed file could not be deployed
 * @throws CliError where the file is written in a form that cannot be changed here
 */
export function tryToWrite(request: SetupRequest, deployment: DeploymentFile, made: Made): Diagnostic[] {
  const { text } = writeDeployment(request, deployment, made);
  const loaded = parseConfigFile(deployment, text);
  const isAsWanted =
    loaded.kind === "loaded" &&
    hostnameOf(loaded.file.settings) === request.hostname &&
    readCluster(loaded.file, request.variable)?.fingerprints.includes(made.fingerprint) &&
    kvNamespaceIdIn(loaded.file) !== null;
  if (!isAsWanted) throw unsupportedForm(deployment);
  return checkConfiguration(loaded.file).filter(({ severity }) => severity === "error");
}
