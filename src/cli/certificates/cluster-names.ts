// The names of a cluster's certificates in Cloudflare's list.

/** X.509 allows 64 characters (RFC 5280, ub-common-name). */
const maxCommonNameLength = 64;

/** @param pair the name of a pair beside the one that is rotated */
export function commonNameFor(clusterName: string, pair?: string): string {
  return ["octogate", clusterName, pair]
    .filter((part) => part !== undefined)
    .join(" ")
    .slice(0, maxCommonNameLength);
}
