// A cluster's name from its variable (the other way round is the Worker's business), and what its certificates are called in Cloudflare's list.

/** @returns "CLUSTER_PROD_EU" → "prod-eu" */
export function clusterNameOf(variable: string): string {
  return variable
    .replace(/^CLUSTER_/, "")
    .toLowerCase()
    .replaceAll("_", "-");
}

/** X.509 allows 64 characters (RFC 5280, ub-common-name). */
const maxCommonNameLength = 64;

/** @param pair the name of a pair beside the one that is rotated */
export function commonNameFor(clusterName: string, pair?: string): string {
  return ["octogate", clusterName, pair]
    .filter((part) => part !== undefined)
    .join(" ")
    .slice(0, maxCommonNameLength);
}
