// The steps of setup.
// It does what is missing, in the order in which a break does the least harm: requests without a certificate are kept
// out before the Worker answers at all. Every step can be done again.
import { webhookKubeconfig } from "../../../node/kubeconfig.ts";
import { correctFirewall, ruleDiagnostics } from "../../certificates/listed.ts";
import { obtainPair } from "../../certificates/obtain.ts";
import { commonNameFor } from "../../certificates/ownership.ts";
import { currentPair, kubeconfigFile } from "../../certificates/pair-files.ts";
import type { ClientCertificate } from "../../cloudflare/client-certificates.ts";
import { associateHostname } from "../../cloudflare/hostname-associations.ts";
import { hasNoRoom, limitRequests } from "../../cloudflare/rate-limit-rule.ts";
import { createKvNamespace, kvNamespaceTitle } from "../../cloudflare/worker-script.ts";
import type { Context, Diagnostic } from "../../command.ts";
import { signingKeyNames } from "../../config-file/check/stand-in-secrets.ts";
import { asDeployment, type DeploymentFile, kvNamespaceIdIn } from "../../config-file/clusters.ts";
import { saveConfigFile } from "../../config-file/file.ts";
import { secretsToPut } from "../../deployment/sign-in-secrets.ts";
import { deployIfNeeded, readDeployed, signInSecretsOf } from "../../deployment/state.ts";
import type { Existing } from "./inspect.ts";
import { writeDeployment } from "./plan.ts";
import type { SetupRequest } from "./request.ts";
import { noLimit } from "./sign-in-plan.ts";

/** The folder of the files on a control plane node, as k8s/ has it for most distributions. */
const nodeFolder = "/etc/kubernetes/octogate";

interface Applied {
  /** Null: this cluster has none. */
  readonly certificate: ClientCertificate | null;
  readonly deployment: DeploymentFile;
  /** What the operator should know of the zone's rules. */
  readonly ruleDiagnostics: readonly Diagnostic[];
}

interface Progress {
  /** OAUTH_CLIENT_SECRETS, or null where it stays as it is. */
  readonly clientSecrets: string | null;
  /** Hears what is done, one sentence each. */
  readonly onStep: (done: string) => void;
}

export async function applySetup(
  request: SetupRequest,
  deployment: DeploymentFile,
  existing: Existing,
  context: Context,
  { clientSecrets, onStep }: Progress,
): Promise<Applied> {
  const { client, zone, certificates, webhook } = existing;
  const { signIn } = request;

  const certificate = webhook === null ? null : await obtainCertificate(request, existing, webhook);
  if (certificate !== null) {
    onStep(`certificate ${certificate.fingerprint.slice(0, 16)}… in ${existing.folder.name}`);
  }

  // The file has what teardown reads before anything else is made.
  const kvNamespaceId = kvNamespaceIdIn(deployment) ?? (await kvNamespace(deployment, existing, context));
  const made = { fingerprint: certificate?.fingerprint ?? null, kvNamespaceId };
  const { text } = writeDeployment(request, deployment, made);
  const written = asDeployment(await saveConfigFile(deployment, text));
  onStep(`${written.path} has the route, the cluster and the KV namespace`);

  const session = { client, zone, clock: context };
  const block = async (file: DeploymentFile) =>
    webhook === null
      ? null
      : correctFirewall({ ...session, hostname: webhook.hostname }, { file, certificates, added: certificate });
  const before = await block(deployment);
  if (webhook !== null) onStep("requests without one are blocked");

  const unlimited = signIn === null ? [] : await limitSignIn(signIn.hostname, existing, onStep);

  const secrets = signIn === null ? {} : await signInSecrets(written, existing, clientSecrets, context);
  await deployIfNeeded(written, context, session, { certificates, secrets });
  // Another clone may have written the rule at the same moment.
  const after = await block(written);
  onStep(`the Worker ${written.workerName} is deployed`);

  if (webhook === null) return { certificate, deployment: written, ruleDiagnostics: unlimited };
  await openWebhook(existing, webhook, context, onStep);
  const diagnostics = [...ruleDiagnostics(webhook.hostname, before, after), ...unlimited];
  return { certificate, deployment: written, ruleDiagnostics: diagnostics };
}

type Webhook = NonNullable<Existing["webhook"]>;

function obtainCertificate(
  { clusterName, validityDays }: SetupRequest,
  { client, zone, folder }: Existing,
  { pair }: Webhook,
): Promise<ClientCertificate> {
  const commonName = commonNameFor(clusterName);
  return obtainPair({ client, zone, folder, pair: currentPair, commonName, validityDays }, pair);
}

async function openWebhook(
  { client, zone, folder, associatedHostnames }: Existing,
  { hostname, hasKubeconfig }: Webhook,
  context: Context,
  onStep: Progress["onStep"],
): Promise<void> {
  if (!hasKubeconfig) {
    const files = { certificateFile: `${nodeFolder}/client.crt`, keyFile: `${nodeFolder}/client.key` };
    await folder.writeFile(kubeconfigFile, webhookKubeconfig({ hostname, ...files }));
  }
  onStep(`${folder.name}/${kubeconfigFile} is for kube-apiserver`);
  // Last: it takes the longest to be seen. Until then the rule blocks every request to the hostname.
  if (!associatedHostnames.includes(hostname)) await associateHostname(client, zone, hostname, context);
  onStep(`client certificates are asked for at ${hostname}`);
}

/** @returns a warning where Cloudflare takes no such rule: people can sign in all the same */
async function limitSignIn(
  hostname: string,
  { client, zone, signIn }: Existing,
  onStep: Progress["onStep"],
): Promise<Diagnostic[]> {
  // There is a warning of that already.
  if (signIn !== null && hasNoRoom(signIn.rateLimit, zone)) return [];
  const refusal = await limitRequests(client, zone, hostname);
  if (refusal !== null) return [noLimit(hostname, `Cloudflare ${refusal}`)];
  onStep(`requests to ${hostname} are limited`);
  return [];
}

/** Looks once more just before: a key that another clone has deployed meanwhile is not replaced. */
async function signInSecrets(
  { settings, workerName }: DeploymentFile,
  { client, zone }: Existing,
  clientSecrets: string | null,
  context: Context,
): Promise<Readonly<Record<string, string>>> {
  const deployed = await readDeployed(client, zone.accountId, workerName, context, signInSecretsOf);
  return secretsToPut(deployed, signingKeyNames(settings), clientSecrets);
}

async function kvNamespace(
  { workerName }: DeploymentFile,
  { client, zone, kvNamespaceId }: Existing,
  context: Context,
): Promise<string> {
  if (kvNamespaceId !== null) return kvNamespaceId;
  return (await createKvNamespace(client, zone.accountId, kvNamespaceTitle(workerName), context)).id;
}
