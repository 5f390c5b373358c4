// `octogate setup`: from a clone, a zone and a cluster's name to a deployment that answers. Safe to run again after a break at any step.
import { Command, InvalidArgumentError, Option } from "commander";
import { tokenKinds } from "../../worker/config/cluster.ts";
import { clusterVariableName } from "../../worker/config/config.ts";
import { kubeconfigFile } from "../certificates/cluster-folder.ts";
import { wantedExpression } from "../certificates/issuers.ts";
import { currentPair } from "../certificates/rotation.ts";
import { requireSdk } from "../cloudflare/client.ts";
import { checkConfiguration } from "../configuration-check/check-configuration.ts";
import { askForConsent } from "../consent.ts";
import type { Context } from "../context.ts";
import { refuseToLockOut } from "../deployment/deployed.ts";
import { type DeploymentFile, openDeployment } from "../deployment/deployment-file.ts";
import { requireWrangler } from "../deployment/wrangler.ts";
import { verifyFromOutside } from "../edge/verify.ts";
import type { Report, Trouble } from "../report.ts";
import { applySetup } from "../setup/apply.ts";
import { type Findings, inspect } from "../setup/inspect.ts";
import { planSetup } from "../setup/plan.ts";
import type { SetupRequest } from "../setup/request.ts";
import { reportFailures, StepFailure } from "../step-failure.ts";
import { readCluster } from "../wrangler-toml/deployment-edits.ts";
import { isPlaceholder } from "../wrangler-toml/document.ts";
import { isHostname } from "../wrangler-toml/hostname.ts";
import type { CommandMaker } from "./command.ts";
import { caFileOption, connectOption, type EdgeOptions, endpointFor, waitOption } from "./edge-options.ts";
import { clusterOption, configOption, dryRunOption, examples, validityDaysOption, yesOption } from "./options.ts";

interface SetupOptions extends EdgeOptions {
  readonly config: string;
  readonly hostname?: string;
  readonly cluster: string;
  readonly allow: readonly string[];
  readonly tokenKind: readonly string[];
  readonly validityDays: number;
  readonly wait: number;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

const defaultTokenKinds: readonly string[] = ["fine_grained", "classic"];

export const setupCommand: CommandMaker = (context, run) =>
  new Command("setup")
    .description(
      "deploys Octogate to Cloudflare for a cluster: certificate, mutual TLS, firewall rule, Worker. Run it again after a break, or to deploy a changed wrangler.toml",
    )
    .addOption(
      new Option(
        "--hostname <name>",
        "where kube-apiserver is to ask: a new name in a zone of yours (a domain that is at Cloudflare)",
      ).argParser(parseHostname),
    )
    .addOption(clusterOption())
    .addOption(
      new Option(
        "--allow <entry...>",
        "who gets into a new cluster, which needs it: org:NAME, team:ORG/SLUG, user:NAME, or anyone",
      ).default([], "nobody"),
    )
    .addOption(
      new Option("--token-kind <kind...>", "which tokens are welcome in a new cluster")
        .choices(tokenKinds)
        .default([], defaultTokenKinds.join(" ")),
    )
    .addOption(validityDaysOption())
    .addOption(connectOption())
    .addOption(caFileOption())
    .addOption(waitOption())
    .addOption(configOption())
    .addOption(yesOption())
    .addOption(dryRunOption())
    .addHelpText(
      "after",
      examples(
        "setup --hostname auth.example.com --cluster production --allow org:acme --dry-run",
        "setup --cluster staging --allow team:acme/platform user:octocat   # one more cluster",
        "setup --cluster production   # go on after a break, or deploy what was changed",
      ),
    )
    .addHelpText(
      "after",
      "\nCloudflare's API token is read from CLOUDFLARE_API_TOKEN: docs/setup.md lists its permissions.",
    )
    .action((options: SetupOptions) => run(() => reportFailures(() => setup(options, context))));

async function setup(options: SetupOptions, context: Context): Promise<Report> {
  await requireSdk();
  const deployment = await openDeployment(options.config, context);
  const request = requestFor(options, deployment);
  const place = await endpointFor(request.hostname, options, context);
  await requireWrangler(deployment);
  const { terminal } = context;
  const { good } = terminal.style;

  const findings = await inspect(deployment, request, context);
  refuseToLockOut(deployment, findings.deployed);
  const { certificates, pair } = findings;
  const expression = await wantedExpression(request.hostname, certificates, deployment.text, pair.certificate);
  const { obstacles, changes } = planSetup(request, deployment, findings, expression);
  const [first, ...others] = obstacles;
  if (first !== undefined) throw new StepFailure(first, ...others);
  const consent = await askForConsent(context, changes, options);
  const warnings: Trouble[] = findings.botWarnings.map((warning) => ({ where: findings.zone.name, ...warning }));
  if (consent.kind === "stop") return { ...consent.report, warnings };

  const { certificate, deployment: written } = await applySetup(request, deployment, findings, context, (done) =>
    terminal.note(`${good("✓")} ${done}`),
  );
  const { key } = await findings.folder.read(currentPair);
  const trouble = await verifyFromOutside(
    place,
    { certificate: certificate.certificate, key: key ?? "" },
    {
      now: context.now,
      waitMs: options.wait * 1000,
      onWaiting: (why) => terminal.note(`  waiting until it answers: ${why}`),
    },
  );
  const json = {
    changed: changes.length > 0,
    changes,
    hostname: request.hostname,
    cluster: request.clusterName,
    fingerprint: certificate.fingerprint,
    expiresAt: certificate.expiresAt.toISOString(),
    files: filesOf(findings),
    verified: trouble === null,
  };
  // Such as a name without its number: somebody else may take it one day.
  warnings.push(...checkConfiguration(written.path, written.text).warnings);
  if (trouble !== null) return { ok: false, lines: [], troubles: [trouble], warnings, json };
  return {
    ok: true,
    lines: linesFor(request, hasUnpinned(request, deployment), changes.length),
    troubles: [],
    warnings,
    json,
  };
}

function linesFor({ hostname, clusterName }: SetupRequest, isUnpinned: boolean, changeCount: number): string[] {
  return [
    changeCount === 0 ? "Nothing had to be changed." : `${clusterName} is set up.`,
    `https://${hostname} refuses whoever comes without a certificate, and answers ${clusterName}'s reviews.`,
    "Next:",
    ...(isUnpinned
      ? [`  npx octogate pin, and this setup again: so that nobody gets in who takes over a name that allow has`]
      : []),
    `  npx octogate manifests --for kubeadm --cluster ${clusterName} --output .clusters/${clusterName}/for-nodes   (or --for k3s, rke2, talos, kops)`,
    "  writes what kube-apiserver needs into that folder, with the steps.",
  ];
}

/** A name without its number means whoever has it. */
function hasUnpinned({ allow, variable }: SetupRequest, { text }: DeploymentFile): boolean {
  const cluster = readCluster(text, variable);
  const entries = cluster === null || cluster.isExample ? allow : cluster.allow;
  return entries.some((entry) => entry !== "anyone" && !entry.includes("#"));
}

function filesOf({ folder }: Findings) {
  const inFolder = (name: string) => `${folder.name}/${name}`;
  return {
    certificate: inFolder(`${currentPair}.crt`),
    key: inFolder(`${currentPair}.key`),
    kubeconfig: inFolder(kubeconfigFile),
  };
}

/** What is asked for, held against what stands in wrangler.toml. */
function requestFor(options: SetupOptions, deployment: DeploymentFile): SetupRequest {
  const { cluster: clusterName, allow, validityDays } = options;
  const hostname = options.hostname ?? deployment.hostname;
  if (hostname === null) {
    const cure = "--hostname says where kube-apiserver is to ask, such as auth.example.com in a zone of yours";
    throw new StepFailure({ where: deployment.path, message: "has no route yet", cure });
  }
  if (deployment.hostname !== null && deployment.hostname !== hostname) {
    throw new StepFailure({
      where: deployment.path,
      message: `this deployment answers at ${deployment.hostname}`,
      cure: "leave --hostname out, or change the route there first; another hostname can have a clone of its own",
    });
  }
  const variable = clusterVariableName(clusterName);
  const cluster = readCluster(deployment.text, variable);
  const isNew = cluster === null || cluster.isExample;
  if (isNew && allow.length === 0) {
    throw new StepFailure({
      where: `${deployment.path}: ${variable}`,
      message: `${clusterName} is new: who gets in?`,
      cure: "--allow org:NAME, --allow team:ORG/SLUG or --allow user:NAME, as often as you like",
    });
  }
  if (!isNew && allow.length > 0 && !allow.every((entry) => cluster.allow.includes(entry))) {
    throw new StepFailure({
      where: `${deployment.path}: ${variable}.allow`,
      message: `${clusterName} is there already, and lets in ${cluster.allow.join(", ")}`,
      cure: "change who gets in there, and leave --allow out",
    });
  }
  if (!isNew && options.tokenKind.length > 0) {
    throw new StepFailure({
      where: `${deployment.path}: ${variable}.token_kinds`,
      message: `${clusterName} is there already, and says itself which tokens are welcome`,
      cure: "change that there, and leave --token-kind out",
    });
  }
  const kinds = options.tokenKind.length === 0 ? defaultTokenKinds : options.tokenKind;
  return { hostname, clusterName, variable, allow, tokenKinds: kinds, validityDays };
}

function parseHostname(text: string): string {
  const hostname = text.toLowerCase().replace(/\.$/, "");
  if (!isHostname(hostname)) throw new InvalidArgumentError("must be a hostname, such as auth.your-zone.com");
  if (isPlaceholder(hostname)) throw new InvalidArgumentError("must be a hostname of yours, not of an example domain");
  return hostname;
}
