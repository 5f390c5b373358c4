// `octogate setup`: from a clone, a zone and a cluster's name to a deployment that answers.
// It is safe to run again after a break at any step.
import { Command, InvalidArgumentError, Option } from "commander";
import * as v from "valibot";
import { tokenKinds } from "../../../worker/config/cluster.ts";
import { clusterNameOf, clusterVariableName } from "../../../worker/config/config.ts";
import { allowEntrySchema } from "../../../worker/config/entries.ts";
import { refuseFullRule, wantedRule } from "../../certificates/listed.ts";
import { ClusterFolder, currentPair, kubeconfigFile } from "../../certificates/pair-files.ts";
import { loadSdk } from "../../cloudflare/api.ts";
import { CliError, type CommandMaker, type CommandResult, type Context, cliError, done } from "../../command.ts";
import { checkConfiguration, nearestEntry } from "../../config-file/check/check.ts";
import {
  asDeployment,
  clusterVariablesIn,
  type DeploymentFile,
  isHostname,
  isPlaceholder,
  readCluster,
} from "../../config-file/clusters.ts";
import { openConfigFile } from "../../config-file/file.ts";
import { refuseToLockOut } from "../../deployment/state.ts";
import { type EdgeOptions, edgeOptions, endpointFor, verifyFromOutside } from "../../deployment/verify.ts";
import { requireWrangler } from "../../deployment/wrangler.ts";
import { nearestTo } from "../../nearest.ts";
import {
  addOptions,
  askForConsent,
  type ChangeOptions,
  changeOptions,
  clusterOption,
  examples,
  validityDaysOption,
} from "../../options.ts";
import { applySetup } from "./apply.ts";
import { type Existing, inspect } from "./inspect.ts";
import { canBePinned, pinEntries } from "./pin-entries.ts";
import { planSetup, planWithoutCloudflare, type SetupRequest } from "./plan.ts";

interface SetupOptions extends EdgeOptions, ChangeOptions {
  readonly hostname?: string;
  readonly cluster: string;
  readonly allow: readonly string[];
  readonly pin: boolean;
  readonly tokenKind: readonly string[];
  readonly validityDays: number;
}

const defaultTokenKinds: readonly string[] = ["fine_grained", "classic"];

export const setupCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("setup"),
    new Option(
      "--hostname <name>",
      "where kube-apiserver is to ask: a new name in a zone of yours (a domain that is at Cloudflare)",
    ).argParser(parseHostname),
    clusterOption(),
    new Option(
      "--allow <entry...>",
      "who gets into a new cluster, which needs it: org:NAME, team:ORG/SLUG, user:NAME, or anyone",
    )
      .argParser(parseAllow)
      .default([], "no entry"),
    new Option("--pin", "look up GitHub's number for each user and organisation in --allow").default(false),
    new Option("--token-kind <kind...>", "which tokens a new cluster accepts")
      .choices(tokenKinds)
      .default([], defaultTokenKinds.join(" ")),
    validityDaysOption(),
    ...edgeOptions(),
    ...changeOptions(),
  )
    .description(
      "deploys Octogate to Cloudflare for a cluster: certificate, mutual TLS, firewall rule, Worker. Run it again after a break, or to deploy a changed wrangler.toml",
    )
    .addHelpText(
      "after",
      examples(
        "setup --hostname auth.acme.dev --cluster production --allow org:acme --dry-run",
        "setup --cluster staging --allow team:acme/platform user:octocat   # one more cluster",
        "setup --cluster production   # go on after a break, or deploy what was changed",
      ),
    )
    .addHelpText(
      "after",
      "\nCloudflare's API token is read from CLOUDFLARE_API_TOKEN: docs/setup.md lists its permissions.\n--dry-run works without one.",
    )
    .action((options: SetupOptions) => run(() => setup(options, context)));

async function setup(options: SetupOptions, context: Context): Promise<CommandResult> {
  await loadSdk();
  const deployment = asDeployment(await openConfigFile(options.config, context));
  const request = await withPins(requestFor(options, deployment), deployment, options, context);
  if (options.dryRun && !context.env.CLOUDFLARE_API_TOKEN?.trim()) {
    return previewWithoutToken(request, deployment, options, context);
  }
  const endpoint = await endpointFor(request.hostname, options, context);
  await requireWrangler(deployment);
  const { terminal } = context;
  const { good } = terminal.style;

  const existing = await inspect(deployment, request, context);
  refuseToLockOut(deployment, existing.deployed);
  const { certificates, pair } = existing;
  const change = { file: deployment, certificates, added: pair.certificate };
  if (pair.certificate === null) await refuseFullRule({ ...existing, hostname: request.hostname }, change);
  const rule = await wantedRule(request.hostname, existing.firewall, change);
  const { obstacles, changes } = planSetup(request, deployment, existing, rule);
  if (obstacles.length > 0) throw new CliError(...obstacles);
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") {
    return {
      ...consent.result,
      diagnostics: [...consent.result.diagnostics, ...existing.warnings, ...existing.doubts],
    };
  }

  const noteStep = (step: string) => terminal.note(`${good("✓")} ${step}`);
  const applied = await applySetup(request, deployment, existing, context, noteStep);
  const { certificate } = applied;
  const { key } = await existing.folder.read(currentPair);
  const credential = { certificate: certificate.certificate, key: key ?? "" };
  const { clusterName } = request;
  const verification = await verifyFromOutside(endpoint, credential, clusterName, options.wait * 1000, context);
  const { failure } = verification;
  const json = {
    changed: changes.length > 0,
    changes,
    hostname: request.hostname,
    cluster: request.clusterName,
    fingerprint: certificate.fingerprint,
    expiresAt: certificate.expiresAt.toISOString(),
    files: filesOf(existing),
    verified: failure === null,
  };
  // Among the warnings: a name without its number, which may have another owner one day.
  const diagnostics = [
    ...verification.warnings,
    ...existing.warnings,
    ...applied.ruleDiagnostics,
    ...checkConfiguration(applied.deployment),
  ];
  if (failure !== null) return done([], json, [failure, ...diagnostics, ...existing.doubts]);
  return done(linesFor(request, hasUnpinned(request, deployment), changes.length), json, diagnostics);
}

/** Offers to pin the names of a new cluster: until then, a new owner of a name would get in. */
async function withPins(
  request: SetupRequest,
  deployment: DeploymentFile,
  { pin, yes, dryRun }: SetupOptions,
  context: Context,
): Promise<SetupRequest> {
  const cluster = readCluster(deployment, request.variable);
  const isNew = cluster === null || cluster.isExample;
  const names = isNew ? request.allow.filter(canBePinned) : [];
  if (names.length === 0) return request;
  const question = `Pin ${names.join(", ")} to GitHub's number, so that no later owner of the name gets in?`;
  const isWanted = pin || (!yes && !dryRun && (await context.terminal.ask(question)) === true);
  return isWanted ? { ...request, allow: await pinEntries(request.allow, deployment, context) } : request;
}

async function previewWithoutToken(
  request: SetupRequest,
  deployment: DeploymentFile,
  options: ChangeOptions,
  context: Context,
): Promise<CommandResult> {
  const folder = new ClusterFolder(deployment.folder, request.clusterName);
  const { obstacles, changes } = planWithoutCloudflare(request, deployment, {
    folderName: folder.name,
    hasCertificate: folder.hasFile(`${currentPair}.crt`),
    hasKubeconfig: folder.hasFile(kubeconfigFile),
  });
  if (obstacles.length > 0) throw new CliError(...obstacles);
  context.terminal.note(
    "CLOUDFLARE_API_TOKEN is not set, so Cloudflare was not asked: what is there already stays as it is.",
  );
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "go") throw new Error("a dry run goes on");
  return consent.result;
}

function linesFor({ hostname, clusterName }: SetupRequest, isUnpinned: boolean, changeCount: number): string[] {
  return [
    changeCount === 0 ? "Nothing had to be changed." : `${clusterName} is set up.`,
    `https://${hostname} answers ${clusterName}'s reviews,`,
    "and refuses requests without a certificate.",
    "Next:",
    ...(isUnpinned
      ? ["  npx octogate pin", "    and this setup again: then no later owner of a name in allow gets in"]
      : []),
    `  npx octogate manifests --for kubeadm --cluster ${clusterName} --output .clusters/${clusterName}/for-nodes`,
    "    writes what kube-apiserver needs into that folder, with the steps",
    "    (or --for k3s, rke2, talos, kops)",
  ];
}

/** A name without its number admits each later owner of the name. */
function hasUnpinned({ allow, variable }: SetupRequest, file: DeploymentFile): boolean {
  const cluster = readCluster(file, variable);
  const entries = cluster === null || cluster.isExample ? allow : cluster.allow;
  return entries.some((entry) => entry !== "anyone" && !entry.includes("#"));
}

function filesOf({ folder }: Existing) {
  const inFolder = (name: string) => `${folder.name}/${name}`;
  return {
    certificate: inFolder(`${currentPair}.crt`),
    key: inFolder(`${currentPair}.key`),
    kubeconfig: inFolder(kubeconfigFile),
  };
}

/** @throws CliError where the command line does not fit wrangler.toml, or says too little */
function requestFor(options: SetupOptions, deployment: DeploymentFile): SetupRequest {
  const { cluster: clusterName, allow, validityDays } = options;
  const { path } = deployment;
  const hostname = options.hostname ?? deployment.hostname;
  if (hostname === null) {
    const hint = "--hostname says where kube-apiserver is to ask, such as auth.acme.dev if acme.dev is a zone of yours";
    throw cliError(path, "has no route yet", hint);
  }
  if (deployment.hostname !== null && deployment.hostname !== hostname) {
    const hint = "leave --hostname out, or change the route there first; another hostname can have a clone of its own";
    throw cliError(path, `this deployment answers at ${deployment.hostname}`, hint);
  }
  const variable = clusterVariableName(clusterName);
  const cluster = readCluster(deployment, variable);
  const isNew = cluster === null || cluster.isExample;
  if (isNew && allow.length === 0) {
    const hint = "--allow org:NAME, --allow team:ORG/SLUG or --allow user:NAME, as often as you like";
    const nearest = nearestTo(clusterName, clusterVariablesIn(deployment).map(clusterNameOf));
    const nearby = nearest === null || cluster !== null ? "" : `did you mean --cluster ${nearest}? Else `;
    throw cliError(`${path}: ${variable}`, `${clusterName} is new: who gets in?`, `${nearby}${hint}`);
  }
  if (!isNew && allow.length > 0 && !allow.every((entry) => cluster.allow.includes(entry))) {
    const message = `${clusterName} is there already, and lets in ${cluster.allow.join(", ")}`;
    throw cliError(`${path}: ${variable}.allow`, message, "change who gets in there, and leave --allow out");
  }
  if (!isNew && options.tokenKind.length > 0) {
    const message = `${clusterName} is there already, and says itself which tokens it accepts`;
    throw cliError(`${path}: ${variable}.token_kinds`, message, "change that there, and leave --token-kind out");
  }
  const kinds = options.tokenKind.length === 0 ? defaultTokenKinds : options.tokenKind;
  return { hostname, clusterName, variable, allow, tokenKinds: kinds, validityDays };
}

function parseAllow(entry: string, before: readonly string[]): string[] {
  const parsed = v.safeParse(allowEntrySchema, entry);
  if (parsed.success) return [...before, entry];
  const nearest = nearestEntry(entry);
  throw new InvalidArgumentError(
    `It ${parsed.issues[0].message}.${nearest === null ? "" : ` Did you mean ${nearest}?`}`,
  );
}

function parseHostname(text: string): string {
  const hostname = text.toLowerCase().replace(/\.$/, "");
  if (!isHostname(hostname)) throw new InvalidArgumentError("must be a hostname, such as auth.your-zone.com");
  if (isPlaceholder(hostname)) throw new InvalidArgumentError("must be a hostname of yours, not of an example domain");
  return hostname;
}
