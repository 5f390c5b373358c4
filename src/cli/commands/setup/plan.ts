// The changes that setup is going to make, from what is there. Pure: it reads nothing and changes nothing.
// Those in wrangler.toml are tried before anything is made at Cloudflare: a file in a form that cannot be changed here,
// or a policy that cannot be deployed, is said while there is nothing to undo.
import type { WantedRule } from "../../certificates/listed.ts";
import { kubeconfigFile } from "../../certificates/pair-files.ts";
import { hasOwnForm, isAsWanted, isFull } from "../../cloudflare/firewall-rule.ts";
import { ruleRef } from "../../cloudflare/rulesets.ts";
import { type Diagnostic, error } from "../../command.ts";
import { checkConfiguration } from "../../config-file/check/check.ts";
import { signingKeyNames } from "../../config-file/check/stand-in-secrets.ts";
import {
  type DeploymentFile,
  hasWebhook,
  hostnameOf,
  kvNamespaceIdIn,
  ownHostnamesOf,
  readCluster,
} from "../../config-file/clusters.ts";
import { setCluster, setHostname, setKvNamespaceId, type WrittenPart } from "../../config-file/edits.ts";
import { parseConfigFile } from "../../config-file/file.ts";
import { setSignInSettings } from "../../config-file/sign-in-edits.ts";
import { applyEdits, type Edit, unsupportedForm } from "../../config-file/toml-edits.ts";
import type { ClientSecretPlan } from "../../deployment/sign-in-secrets.ts";
import { isUp, leadsTo, oauthClientSecretsName } from "../../deployment/state.ts";
import type { Existing } from "./inspect.ts";
import type { SetupRequest } from "./request.ts";
import { type ExistingSignIn, findSignInChanges, findSignInObstacles } from "./sign-in-plan.ts";

interface Plan {
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
  { rule, clientSecret }: Decisions,
): Plan {
  const obstacles = findObstacles(request, deployment, existing, clientSecret);
  const changes = () => findChanges(request, deployment, existing, { rule, clientSecret });
  return { obstacles, changes: obstacles.length > 0 ? [] : changes() };
}

interface Decisions {
  /** The firewall rule as it should be; null while there is no certificate that it could name. */
  readonly rule: WantedRule | null;
  /** Null: no person signs in. */
  readonly clientSecret: ClientSecretPlan | null;
}

/** What is at a hostname, or would get its requests first. */
function findOccupants(
  hostname: string,
  workerName: string,
  { domains, addressRecords, route }: Pick<Existing, "domains"> & Pick<ExistingSignIn, "addressRecords" | "route">,
): Diagnostic[] {
  const occupants: Diagnostic[] = [];
  const add = (message: string, hint: string) => occupants.push(error(hostname, message, hint));
  const service = leadsTo(domains, hostname);
  if (service !== null && service !== workerName) {
    add(`leads to the Worker ${service} already`, "choose another hostname, or detach that Worker's domain");
  }
  if (service === null && addressRecords.length > 0) {
    const records = addressRecords.join(", ");
    add(`leads somewhere already (${records})`, "choose another hostname, or delete the DNS record");
  }
  if (route !== null && route.script !== null && route.script !== workerName) {
    add(
      `the route ${route.pattern} leads to the Worker ${route.script}, which would get every request first, with the token in it`,
      `add the route ${hostname}/* with no Worker in the dashboard (Workers Routes): it makes an exception`,
    );
  }
  return occupants;
}

function findObstacles(
  request: SetupRequest,
  deployment: DeploymentFile,
  existing: Existing,
  clientSecret: ClientSecretPlan | null,
): Diagnostic[] {
  const { clusterName, variable, signIn } = request;
  const { zone, domains, webhook } = existing;
  const { workerName } = deployment;
  const obstacles = webhook === null ? [] : findOccupants(webhook.hostname, workerName, { domains, ...webhook });
  if (signIn !== null && existing.signIn !== null && clientSecret !== null) {
    obstacles.push(
      ...findOccupants(signIn.hostname, workerName, { domains, ...existing.signIn }),
      ...findSignInObstacles(signIn, existing.signIn, zone, clientSecret),
    );
  }
  const add = (subject: string, message: string, hint: string) => obstacles.push(error(subject, message, hint));

  const own = [webhook?.hostname, signIn?.hostname, deployment.hostname, deployment.signInHostname];
  const elsewhere = domains.find((domain) => domain.service === workerName && !own.includes(domain.hostname));
  if (elsewhere !== undefined) {
    const message = `the Worker ${workerName} answers at ${elsewhere.hostname}`;
    add(`${deployment.path}: name`, message, "give this deployment another name, or use that hostname");
  }
  if (webhook !== null && isFull(webhook.firewall, zone)) {
    const message = `the zone has ${webhook.firewall.ruleCount} custom rules, as many as its plan (${zone.plan}) has room for`;
    add(zone.name, message, "remove or join custom rules, or take a larger plan");
  }
  const listed = readCluster(deployment, variable)?.fingerprints ?? [];
  const held = webhook?.pair.certificate?.fingerprint;
  if (listed.length > 0 && (held === undefined || !listed.includes(held))) {
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
function toBeMade({ webhook, kvNamespaceId }: Existing): Made {
  return {
    fingerprint: webhook === null ? null : (webhook.pair.certificate?.fingerprint ?? "0".repeat(64)),
    kvNamespaceId: kvNamespaceId ?? "0".repeat(32),
  };
}

function findChanges(
  request: SetupRequest,
  deployment: DeploymentFile,
  existing: Existing,
  { rule, clientSecret }: Decisions,
): string[] {
  const { signIn } = request;
  const { zone, folder, webhook, kvNamespaceId, deployed, domains } = existing;
  const changes = webhook === null ? [] : findWebhookChanges(request, existing, webhook, rule);
  const idInFile = kvNamespaceIdIn(deployment);
  if (idInFile === null && kvNamespaceId === null) changes.push("make a KV namespace");

  if (signIn !== null && clientSecret !== null) {
    changes.push(...findSignInChanges(signIn, deployment, { existing: existing.signIn, zone, deployed }, clientSecret));
  }
  const isPut = clientSecret?.kind === "put" || clientSecret?.kind === "ask";
  const { changes: written } = writeDeployment(request, deployment, toBeMade(existing));
  if (written.length > 0) changes.push(`write into ${deployment.path}: ${written.join(", ")}`);
  if (written.length > 0 || isPut || !isUp(deployment, deployed, domains))
    changes.push(`deploy the Worker ${deployment.workerName} with wrangler`);
  if (webhook?.hasKubeconfig === false) changes.push(`write ${folder.name}/${kubeconfigFile} for kube-apiserver`);
  return changes;
}

/** What is missing of the clusters' hostname, and of this cluster's certificate. */
function findWebhookChanges(
  { validityDays }: SetupRequest,
  { zone, folder, associatedHostnames }: Existing,
  { hostname, firewall, pair }: NonNullable<Existing["webhook"]>,
  rule: WantedRule | null,
): string[] {
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
    changes.push(`block requests to ${hostname} without one (custom rule ${ruleRef(hostname)})`);
  } else if (rule !== null && !isAsWanted(firewall, rule.expression)) {
    const dropped = [
      ...(hasOwnForm(hostname, firewall) ? [] : ["what was changed in it by hand goes"]),
      ...rule.ended.map((fingerprint) => `${fingerprint}, which is revoked, goes out of it`),
      ...rule.authorities.map((issuer) => `it names the listed certificates in place of the authority ${issuer}`),
    ];
    const why = ["it does not block what it should", ...dropped].join("; ");
    changes.push(`correct the custom rule ${ruleRef(hostname)}: ${why}`);
  }
  return changes;
}

/**
 * @param there what the cluster's folder has already
 * @returns what setup would change if nothing were there at Cloudflare, for a person who has no API token yet
 */
export function planWithoutCloudflare(
  request: SetupRequest,
  deployment: DeploymentFile,
  there: { readonly folderName: string; readonly hasCertificate: boolean; readonly hasKubeconfig: boolean },
): Plan {
  const { hostname, clusterName, validityDays, signIn } = request;
  const { folderName, hasCertificate, hasKubeconfig } = there;
  const made = { fingerprint: hostname === null ? null : "0".repeat(64), kvNamespaceId: "0".repeat(32) };
  const obstacles = tryToWrite(request, deployment, made);
  if (obstacles.length > 0) return { obstacles, changes: [] };
  const { changes: written } = writeDeployment(request, deployment, made);
  const changes = [
    ...(hostname === null || hasCertificate
      ? []
      : [
          `make a key in ${folderName} and have Cloudflare sign a certificate of ${clusterName}, for ${validityDays} days`,
        ]),
    ...(hostname === null
      ? []
      : [
          `ask for client certificates at ${hostname} (hostname association)`,
          `block requests to ${hostname} without one (custom rule ${ruleRef(hostname)})`,
        ]),
    ...(kvNamespaceIdIn(deployment) === null ? ["make a KV namespace"] : []),
    ...(signIn === null
      ? []
      : findSignInChanges(signIn, deployment, { existing: null, zone: null, deployed: null }, { kind: "ask" })),
    ...(written.length === 0 ? [] : [`write into ${deployment.path}: ${written.join(", ")}`]),
    `deploy the Worker ${deployment.workerName} with wrangler`,
    ...(hostname === null || hasKubeconfig ? [] : [`write ${folderName}/${kubeconfigFile} for kube-apiserver`]),
  ];
  return { obstacles, changes };
}

interface Made {
  /** Of the cluster's certificate. Null: it has none. */
  readonly fingerprint: string | null;
  readonly kvNamespaceId: string;
}

export interface Written {
  readonly text: string;
  /** What of it is new, for people. */
  readonly changes: readonly string[];
}

/** @throws CliError where the file is written in a form that cannot be changed here */
export function writeDeployment(
  request: SetupRequest,
  file: DeploymentFile,
  { fingerprint, kvNamespaceId }: Made,
): Written {
  const { hostname, clusterName, variable, allow, tokenKinds, signIn } = request;
  const secrets = [oauthClientSecretsName, ...signingKeyNames(file.settings)];
  const isSignedInTo = signIn?.isForCluster === true;
  const isAlone = (hostname ?? file.hostname) === null;
  const parts = {
    hostname: { edits: hostname === null ? [] : setHostname(file, hostname), what: `the route ${hostname}` },
    policies: {
      edits: setCluster(file, { variable, fingerprint, allow, tokenKinds, signIn: isSignedInTo }),
      what: `${describeCluster(request, file)} of ${clusterName} ([vars.${variable}])`,
    },
    signIn: {
      edits: signIn === null ? [] : setSignInSettings(file, { ...signIn, isAlone, secrets }),
      what: `the sign-in at ${signIn?.hostname}, and its secrets' names`,
    },
    kvNamespace: { edits: setKvNamespaceId(file, kvNamespaceId), what: "the KV namespace's id" },
  } satisfies Partial<Record<WrittenPart, { readonly edits: readonly Edit[]; readonly what: string }>>;
  const written = Object.values(parts).filter(({ edits }) => edits.length > 0);
  return {
    text: applyEdits(
      file,
      written.flatMap(({ edits }) => edits),
    ),
    changes: written.map(({ what }) => what),
  };
}

/** What is new in the cluster's table. */
function describeCluster({ hostname, variable, signIn }: SetupRequest, file: DeploymentFile): string {
  if (hostname === null) return signIn?.isForCluster === true ? "sign_in" : "the policy";
  const isListed = (readCluster(file, variable)?.fingerprints ?? []).length > 0;
  if (signIn?.isForCluster !== true) return "the certificate";
  return isListed ? "sign_in" : "the certificate and sign_in";
}

/**
 * @returns why the changed file could not be deployed
 * @throws CliError where the file is written in a form that cannot be changed here
 */
function tryToWrite(request: SetupRequest, deployment: DeploymentFile, made: Made): Diagnostic[] {
  const { text } = writeDeployment(request, deployment, made);
  const loaded = parseConfigFile(deployment, text);
  const { hostname, variable } = request;
  const isAsWanted =
    loaded.kind === "loaded" &&
    hostnameOf(loaded.file.settings) === (hostname ?? deployment.hostname) &&
    (made.fingerprint === null
      ? !hasWebhook(loaded.file.settings.vars[variable])
      : readCluster(loaded.file, variable)?.fingerprints.includes(made.fingerprint)) &&
    kvNamespaceIdIn(loaded.file) !== null &&
    (request.signIn === null || ownHostnamesOf(loaded.file.settings).includes(request.signIn.hostname));
  if (!isAsWanted) throw unsupportedForm(deployment);
  return checkConfiguration(loaded.file).filter(({ severity }) => severity === "error");
}
