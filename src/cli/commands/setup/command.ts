// `octogate setup`: from a clone, a zone and a cluster's name to a deployment that answers.
// It is safe to run again after a break at any step.
import { Command, Option } from "commander";
import { tokenKinds } from "../../../worker/config/cluster.ts";
import { refuseFullRule, type WantedRule, wantedRule } from "../../certificates/listed.ts";
import { ClusterFolder, currentPair, kubeconfigFile } from "../../certificates/pair-files.ts";
import { loadSdk } from "../../cloudflare/api.ts";
import {
  CliError,
  type CommandMaker,
  type CommandResult,
  type Context,
  type Diagnostic,
  done,
  error,
} from "../../command.ts";
import { checkConfiguration } from "../../config-file/check/check.ts";
import { asDeployment, type DeploymentFile, readCluster } from "../../config-file/clusters.ts";
import { openConfigFile } from "../../config-file/file.ts";
import { type ClientSecretPlan, planClientSecret } from "../../deployment/sign-in-secrets.ts";
import { refuseToLockOut } from "../../deployment/state.ts";
import { edgeOptions, endpointFor, verifyFromOutside } from "../../deployment/verify.ts";
import { verifySignIn } from "../../deployment/verify-sign-in.ts";
import { requireWrangler } from "../../deployment/wrangler.ts";
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
import { clientSecretsFor, readGivenSecret } from "./client-secret.ts";
import { githubAppLines } from "./github-app.ts";
import { type Existing, inspect } from "./inspect.ts";
import { canBePinned, pinEntries } from "./pin-entries.ts";
import { planSetup, planWithoutCloudflare } from "./plan.ts";
import { filesOf, linesFor, signInLines } from "./present.ts";
import {
  defaultTokenKinds,
  parseAllow,
  parseClientId,
  parseHostname,
  requestFor,
  type SetupOptions,
  type SetupRequest,
} from "./request.ts";
import { findSignInWarnings } from "./sign-in-plan.ts";

export const setupCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("setup"),
    new Option(
      "--hostname <name>",
      "where kube-apiserver is to ask: a new name in a zone of yours (a domain that is at Cloudflare)",
    ).argParser(parseHostname),
    new Option(
      "--no-webhook",
      "people only sign in to this cluster: no client certificate, and no hostname for kube-apiserver to ask (default: as the cluster has it; a new one gets the webhook)",
    ).conflicts("hostname"),
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
    new Option(
      "--sign-in-hostname <name>",
      "people sign in to this cluster with the browser, here: another new name in the same zone",
    ).argParser(parseHostname),
    new Option("--github-client-id <id>", "the client id of the GitHub App that people sign in with").argParser(
      parseClientId,
    ),
    new Option(
      "--client-secret-from-stdin",
      "the app's client secret is on stdin, and not asked for: the secret alone, or the JSON of OAUTH_CLIENT_SECRETS",
    ).default(false),
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
        "setup --cluster production --sign-in-hostname login.acme.dev   # what to enter in the GitHub App",
        "setup --cluster production --sign-in-hostname login.acme.dev --github-client-id Iv23liAcmeClusters00",
        "setup --cluster eks --no-webhook --allow org:acme --sign-in-hostname login.acme.dev   # for ID tokens alone",
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
  const { signIn, ...asked } = requestFor(options, deployment);
  if (signIn !== null && signIn.githubClientId === null) return askForApp(signIn.hostname, asked.allow, deployment);
  // With its app, or none.
  const target = signIn === null ? null : { ...signIn, githubClientId: signIn.githubClientId ?? "" };
  const request = await withPins({ ...asked, signIn: target }, deployment, options, context);
  if (options.dryRun && !context.env.CLOUDFLARE_API_TOKEN?.trim()) {
    return previewWithoutToken(request, deployment, options, context);
  }
  const endpointOf = async (hostname: string | undefined | null) =>
    hostname ? endpointFor(hostname, options, context) : null;
  const [endpoint, signInEndpoint] = [await endpointOf(request.hostname), await endpointOf(target?.hostname)];
  await requireWrangler(deployment);
  const given = await readGivenSecret(request, options, context);
  const { terminal } = context;
  const { good } = terminal.style;

  const existing = await inspect(deployment, request, context);
  refuseToLockOut(deployment, existing.deployed);
  const rule = existing.webhook === null ? null : await ruleFor(deployment, existing, existing.webhook);
  const clientSecret = target === null ? null : planClientSecret(existing.deployed, target.githubClientId, given);
  const { obstacles, changes } = planSetup(request, deployment, existing, { rule, clientSecret });
  if (obstacles.length > 0) throw new CliError(...obstacles);
  const warnings = [...existing.warnings, ...signInWarnings(request, existing, clientSecret)];
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") {
    return {
      ...consent.result,
      diagnostics: [...consent.result.diagnostics, ...warnings, ...existing.doubts],
    };
  }
  const clientSecrets = await clientSecretsFor(request, clientSecret, context);

  const onStep = (step: string) => terminal.note(`${good("✓")} ${step}`);
  const applied = await applySetup(request, deployment, existing, context, { clientSecrets, onStep });
  const { certificate } = applied;
  const waitMs = options.wait * 1000;
  const verification =
    certificate === null || endpoint === null
      ? { failure: null, warnings: [] }
      : await verifyFromOutside(
          endpoint,
          { certificate: certificate.certificate, key: (await existing.folder.read(currentPair)).key ?? "" },
          request.clusterName,
          waitMs,
          context,
        );
  const failures = [
    verification.failure,
    signInEndpoint === null
      ? null
      : await verifySignIn(signInEndpoint, `https://${signInEndpoint.hostname}`, waitMs, context),
  ].filter((failure) => failure !== null);
  const json = {
    changed: changes.length > 0,
    changes,
    hostname: request.hostname,
    signInHostname: target?.hostname ?? null,
    cluster: request.clusterName,
    fingerprint: certificate?.fingerprint ?? null,
    expiresAt: certificate?.expiresAt.toISOString() ?? null,
    files: certificate === null ? {} : filesOf(existing),
    verified: failures.length === 0,
  };
  // Among the warnings: a name without its number, which may have another owner one day.
  const diagnostics = [
    ...verification.warnings,
    ...warnings,
    ...applied.ruleDiagnostics,
    ...checkConfiguration(applied.deployment),
  ];
  if (failures.length > 0) return done([], json, [...failures, ...diagnostics, ...existing.doubts]);
  const lines = linesFor(request, deployment, changes.length);
  return done([...lines, ...signInLines(request, applied.deployment)], json, diagnostics);
}

async function ruleFor(
  deployment: DeploymentFile,
  { client, zone, certificates }: Existing,
  { hostname, firewall, pair }: NonNullable<Existing["webhook"]>,
): Promise<WantedRule | null> {
  const change = { file: deployment, certificates, added: pair.certificate };
  if (pair.certificate === null) await refuseFullRule({ client, zone, hostname }, change);
  return wantedRule(hostname, firewall, change);
}

/** Without an app there is no person to sign in: nothing is changed before. */
function askForApp(hostname: string, allow: readonly string[], deployment: DeploymentFile): CommandResult {
  const message = "is not known: which GitHub App do people sign in with?";
  const hint = "make the app by this list, then run setup again with --github-client-id";
  const lines = githubAppLines({ hostname, allow }, deployment);
  return done(lines, { changed: false, githubApp: lines }, [error("GITHUB_CLIENT_ID", message, hint)]);
}

function signInWarnings(
  { signIn }: SetupRequest,
  { signIn: existing, zone, associatedHostnames }: Existing,
  clientSecret: ClientSecretPlan | null,
): Diagnostic[] {
  if (signIn === null || existing === null || clientSecret === null) return [];
  return findSignInWarnings(signIn, existing, { zone, associatedHostnames, clientSecret });
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
