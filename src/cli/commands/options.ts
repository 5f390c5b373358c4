// Options that several commands share, so that they are called the same everywhere.
import { InvalidArgumentError, Option } from "commander";

/** `--config`: the deployment's wrangler.toml. */
export const configOption = () =>
  new Option("--config <file>", "the deployment's configuration").default("wrangler.toml");

/** `--cluster`: required. */
export const clusterOption = () =>
  new Option("--cluster <name>", "the cluster, as [vars.CLUSTER_NAME] calls it")
    .argParser(parseClusterName)
    .makeOptionMandatory();

/** `--yes` */
export const yesOption = () => new Option("--yes", "change things without asking").default(false);

/** `--dry-run` */
export const dryRunOption = () =>
  new Option("--dry-run", "show what would be changed, and change nothing").default(false);

const clusterNamePattern = /^[a-z][a-z0-9-]*$/;

/** @returns the name of a cluster as it was given; anything else is a usage error */
export function parseClusterName(name: string): string {
  if (!clusterNamePattern.test(name)) throw new InvalidArgumentError("must match [a-z][a-z0-9-]*");
  return name;
}
