// A cluster's name from its variable; the other way round is the Worker's business.

/** @returns "CLUSTER_PROD_EU" → "prod-eu" */
export function clusterNameOf(variable: string): string {
  return variable
    .replace(/^CLUSTER_/, "")
    .toLowerCase()
    .replaceAll("_", "-");
}
