// The caller's address as a key of rate limits.

/**
 * Workers of all other zones have one address, in this /64, so the zone tells them apart
 * (https://developers.cloudflare.com/workers/runtime-apis/headers/). An attacker who could choose the name of the zone
 * would get no further than with many addresses.
 */
const networkOfWorkers = "2a06:98c0:3600:0";
const maxZoneLength = 255;

/**
 * @returns the address; of IPv6 its /64, which one customer has as a whole; of another zone's Worker that zone, too.
 *   Null where there is none: Cloudflare takes it away in a zone with the Managed Transform "Remove visitor IP
 *   headers", and one limit for all callers would let each of them lock out the others
 *   (https://developers.cloudflare.com/rules/transform/managed-transforms/reference/)
 */
export function callerAddress(request: Request): string | null {
  const header = request.headers.get("cf-connecting-ip");
  if (header === null || header === "") return null;
  // An IPv4 address in the form of IPv6: the /64 of all of them is one.
  const address = header.replace(/^::ffff:(?=[\d.]+$)/i, "");
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::")
    ? Array.from({ length: Math.max(8 - first.length - last.length, 0) }, () => "0")
    : [];
  const network = [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""))
    .join(":");
  if (network !== networkOfWorkers) return network;
  return `${network} ${(request.headers.get("cf-worker") ?? "").toLowerCase().slice(0, maxZoneLength)}`;
}
