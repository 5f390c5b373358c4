// `octogate certificate revoke`: for a key that an attacker may have.
// The Worker refuses the certificate at once; Cloudflare revokes it a while later.
import { Command, InvalidArgumentError, Option } from "commander";
import { fingerprintOrNull } from "../../../node/certificates.ts";
import { normaliseFingerprint } from "../../../worker/config/cluster.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { compareWithDeployed, correctFirewall, stopAccepting } from "../../certificates/listed.ts";
import { describeOwner, findHeld, isOwn, isOwnByName, revokeOwn } from "../../certificates/ownership.ts";
import { ClusterFolder, currentPair } from "../../certificates/pair-files.ts";
import { leftBehind, listSettled } from "../../certificates/settled-list.ts";
import { type ClientCertificate, listClientCertificates } from "../../cloudflare/client-certificates.ts";
import { admittedBy, readFirewall } from "../../cloudflare/firewall-rule.ts";
import { type CommandMaker, type CommandResult, type Context, cliError, done } from "../../command.ts";
import { listedFingerprints, requireCluster } from "../../config-file/clusters.ts";
import type { ConfigFile } from "../../config-file/file.ts";
import { openWebhookSession } from "../../deployment/state.ts";
import { addOptions, askForConsent, type ChangeOptions, changeOptions, clusterOption } from "../../options.ts";

interface RevokeOptions extends ChangeOptions {
  readonly cluster: string;
  readonly fingerprint: string;
  readonly althoughInUse: boolean;
  readonly althoughUnlisted: boolean;
}

export const revokeCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("revoke"),
    clusterOption(),
    new Option("--fingerprint <sha256>", "which one, as octogate certificate list shows it")
      .argParser(parseFingerprint)
      .makeOptionMandatory(),
    new Option(
      "--although-in-use",
      "also if it is the one in client.crt: all users of the cluster are refused until it has another",
    ).default(false),
    new Option(
      "--although-unlisted",
      "also if nothing but its name says that it is the cluster's: another deployment may have a cluster of that name",
    ).default(false),
    ...changeOptions(),
  )
    .description("refuses a client certificate from now on, and revokes it at Cloudflare")
    .action((options: RevokeOptions) => run(() => revoke(options, context)));

async function revoke(options: RevokeOptions, context: Context): Promise<CommandResult> {
  const { cluster: clusterName, fingerprint } = options;
  const session = await openWebhookSession(options.config, context);
  const { client, zone, deployment } = session;
  const variable = clusterVariableName(clusterName);
  const listed = requireCluster(deployment, clusterName);
  const isDeployed = await compareWithDeployed(session, { variable, fingerprint });
  const owner = listedFingerprints(deployment).get(fingerprint) ?? null;
  const listPatiently = () => listSettled(session, { folders: [], fingerprints: [fingerprint] }, context);
  // The Worker can refuse a listed one at once: a list that lags must not hold that up.
  const { certificates } =
    owner === variable ? { certificates: await listClientCertificates(client, zone) } : await listPatiently();
  const folder = new ClusterFolder(deployment.folder, clusterName);
  const inRule = admittedBy(await readFirewall(client, zone, session.hostname)).fingerprints;
  const held = await findHeld([folder], certificates);
  const named = options.althoughUnlisted ? [fingerprint] : [];
  const proven = new Set([...held, ...inRule, ...named]);
  const claim = { file: deployment, certificates, variables: [variable], proven };
  const find = (list: readonly ClientCertificate[]) => list.find((one) => one.fingerprint === fingerprint);
  const known = find(certificates);

  const refusal = (message: string, hint: string) => cliError(fingerprint, message, hint);
  // Not listed at all: an earlier run may have stopped after taking it off the list.
  if (owner !== null && owner !== variable) throw refusal(`is another cluster's ([vars.${owner}])`, "name that one");
  if (!isOwn(fingerprint, claim)) {
    const owner = describeOwner(fingerprint, claim);
    if (isOwnByName(fingerprint, claim)) {
      const hint = `--although-unlisted revokes it, if you know that it is no other deployment's`;
      throw refusal(`is ${owner}: it may be another deployment's in the zone`, hint);
    }
    throw refusal(`is no certificate of ${clusterName}: it is ${owner}`, "octogate certificate list shows them all");
  }
  if (owner === variable && listed.length === 1) {
    const hint = `octogate certificate rotate --cluster ${clusterName} makes another first; octogate teardown --cluster ${clusterName} cuts it off now`;
    throw refusal(`is the only certificate of ${clusterName}`, hint);
  }
  const current = await folder.read(currentPair);
  if (fingerprintOrNull(current.certificate ?? "") === fingerprint && !options.althoughInUse) {
    throw refusal(
      `is in client.crt, which ${clusterName} uses`,
      `octogate certificate rotate --cluster ${clusterName} puts another in its place; --although-in-use does it anyway`,
    );
  }

  // One that is not listed at Cloudflare may be an active one that was signed a moment ago.
  const isActive = known === undefined || known.status === "active";
  const changes = [
    ...(owner === null ? [] : [`take ${fingerprint} out of ${deployment.path} ([vars.${variable}]), and deploy`]),
    ...(owner === null && !isDeployed ? [`deploy ${deployment.path}`] : []),
    ...(isActive ? ["revoke it at Cloudflare"] : []),
    ...(owner === null && inRule.includes(fingerprint) ? ["take it out of the custom rule"] : []),
  ];
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;
  let isLeftBehind = false;
  let file: ConfigFile = deployment;
  try {
    file = await stopAccepting(session, context, { variable, fingerprint }, certificates);
  } finally {
    // Also where nothing can be deployed: the attacker with the key must not win by that.
    const active = isActive ? (known ?? find((await listPatiently()).certificates)) : undefined;
    isLeftBehind = isActive && active === undefined;
    if (active !== undefined) {
      await revokeOwn(session, claim, active);
      context.terminal.note(`${context.terminal.style.good("✓")} Cloudflare is told to revoke it`);
    }
  }
  await correctFirewall(session, { file, certificates, removed: [fingerprint] });
  const json = { changed: changes.length > 0, cluster: clusterName, fingerprint };
  return done([`${fingerprint} is refused from now on.`], json, leftBehind(isLeftBehind ? [fingerprint] : []));
}

function parseFingerprint(text: string): string {
  const fingerprint = normaliseFingerprint(text);
  if (fingerprint === null) throw new InvalidArgumentError("must be a SHA-256 fingerprint: 64 hex digits");
  return fingerprint;
}
