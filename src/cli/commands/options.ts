// Options that several commands share, so that they are called the same everywhere.
import { InvalidArgumentError, Option } from "commander";

/** What stands below a command's options. @param lines the arguments behind `octogate` */
export const examples = (...lines: readonly string[]): string =>
  ["\nExamples:", ...lines.map((line) => `  octogate ${line}`)].join("\n");

const clusterMeaning = "the cluster's name: production is the table [vars.CLUSTER_PRODUCTION]";

/** `--config`: the deployment's wrangler.toml. */
export const configOption = () =>
  new Option("--config <file>", "the deployment's configuration").default("wrangler.toml");

/** `--cluster`: required. */
export const clusterOption = () =>
  new Option("--cluster <name>", clusterMeaning).argParser(parseClusterName).makeOptionMandatory();

/** `--cluster`, where the only one goes without saying. */
export const onlyClusterOption = () =>
  new Option("--cluster <name>", `${clusterMeaning} (default: the only one)`).argParser(parseClusterName);

/** `--hostname`: in place of the configuration's; a port may stand behind it. */
export const hostnameOption = () =>
  new Option(
    "--hostname <name>",
    "the address of the deployment (default: the custom domain in the configuration)",
  ).argParser(parseHostname);

/** `--certificates`: where the cluster's client certificate and its key lie. */
export const certificatesOption = () =>
  new Option("--certificates <folder>", "holds client.crt and client.key (default: .clusters/NAME)");

/** `--yes` */
export const yesOption = () => new Option("--yes", "change things without asking").default(false);

/** `--dry-run` */
export const dryRunOption = () =>
  new Option("--dry-run", "show what would be changed, and change nothing").default(false);

/** `--validity-days`: a year is long enough to forget, and short enough to matter if the key is lost. */
export const validityDaysOption = () =>
  new Option("--validity-days <days>", "how long a new client certificate is valid")
    .argParser(parseValidityDays)
    .default(365);

const clusterNamePattern = /^[a-z][a-z0-9-]*$/;

const hostnamePattern =
  /^(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?$/i;

function parseHostname(hostname: string): string {
  if (!hostnamePattern.test(hostname)) throw new InvalidArgumentError("must be a hostname, without https:// and path");
  return hostname;
}

function parseClusterName(name: string): string {
  if (!clusterNamePattern.test(name)) throw new InvalidArgumentError("must match [a-z][a-z0-9-]*");
  return name;
}

/** 15 years is the longest that Cloudflare documents for any certificate of its own authorities. */
const maxValidityDays = 5475;

function parseValidityDays(text: string): number {
  const days = Number(text);
  if (!/^[0-9]{1,4}$/.test(text) || days < 1 || days > maxValidityDays) {
    throw new InvalidArgumentError(`must be a number of days, 1 to ${maxValidityDays}`);
  }
  return days;
}
