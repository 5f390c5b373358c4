// `octogate certificate list`: every client certificate of the zone, with its cluster and the days it has left.
import { Command } from "commander";
import { columns } from "../../../node/columns.ts";
import { clusterNameOf } from "../../../worker/config/config.ts";
import { type ClientCertificate, listClientCertificates } from "../../cloudflare/client-certificates.ts";
import { type CommandMaker, type CommandResult, type Context, type Diagnostic, done, warning } from "../../command.ts";
import { listedFingerprints, requireClusterTable } from "../../config-file/clusters.ts";
import { openWebhookSession } from "../../deployment/state.ts";
import { clusterOption, configOption } from "../../options.ts";

interface ListOptions {
  readonly config: string;
  readonly cluster?: string;
}

interface Row {
  readonly fingerprint: string;
  /** Null: listed by no cluster of this deployment. */
  readonly cluster: string | null;
  /** As Cloudflare says it; "unknown" for a listed certificate that is not of this zone. */
  readonly status: ClientCertificate["status"] | "unknown";
  readonly daysLeft: number | null;
  readonly commonName: string;
}

const dayMs = 24 * 60 * 60 * 1000;
export const warnBelowDays = 30;

export const listCommand: CommandMaker = (context, run) =>
  new Command("list")
    .description("lists the zone's client certificates, their clusters and the days they have left")
    .addOption(clusterOption().makeOptionMandatory(false))
    .addOption(configOption())
    .action((options: ListOptions) => run(() => list(options, context)));

async function list({ config, cluster }: ListOptions, context: Context): Promise<CommandResult> {
  const { client, zone, deployment } = await openWebhookSession(config, context);
  if (cluster !== undefined) requireClusterTable(deployment, cluster);
  const certificates = await listClientCertificates(client, zone);
  const rows = rowsFor(certificates, listedFingerprints(deployment), context.now()).filter(
    (row) => cluster === undefined || row.cluster === cluster,
  );
  const cells = rows.map(({ fingerprint, cluster: owner, status, daysLeft, commonName }) => [
    fingerprint,
    owner ?? "-",
    status,
    daysLeft === null ? "-" : `${daysLeft} days`,
    commonName,
  ]);
  const heading = ["FINGERPRINT", "CLUSTER", "STATUS", "LEFT", "NAME"];
  const lines = rows.length === 0 ? ["There are none."] : columns([heading, ...cells], "");
  return done(lines, { certificates: rows }, rows.flatMap(warningsFor));
}

function rowsFor(certificates: readonly ClientCertificate[], listed: Map<string, string>, now: number): Row[] {
  const ownerOf = (fingerprint: string) => {
    const variable = listed.get(fingerprint);
    return variable === undefined ? null : clusterNameOf(variable);
  };
  const known = certificates.map(({ fingerprint, status, expiresAt, commonName }) => ({
    fingerprint,
    cluster: ownerOf(fingerprint),
    status,
    daysLeft: Math.floor((expiresAt.getTime() - now) / dayMs),
    commonName,
  }));
  const unknown = [...listed.keys()]
    .filter((fingerprint) => !certificates.some((certificate) => certificate.fingerprint === fingerprint))
    .map((fingerprint) => ({
      fingerprint,
      cluster: ownerOf(fingerprint),
      status: "unknown" as const,
      daysLeft: null,
      commonName: "",
    }));
  return [...known, ...unknown];
}

function warningsFor({ fingerprint, cluster, status, daysLeft }: Row): Diagnostic[] {
  if (cluster === null) return [];
  const subject = `${cluster}: ${fingerprint.slice(0, 16)}…`;
  if (status === "unknown") {
    const hint = "a new one is missing from Cloudflare's list for a minute or so: look again then";
    return [warning(subject, "is listed, but no certificate of this zone", hint)];
  }
  if (status !== "active") return [warning(subject, `is listed, but ${status}: it cannot be used`)];
  if (daysLeft === null || daysLeft >= warnBelowDays) return [];
  const message = daysLeft < 0 ? "has expired" : `ends in ${daysLeft} days`;
  return [warning(subject, message, `octogate certificate rotate --cluster ${cluster}`)];
}
