// The caller's address as a key of rate limits.

/**
 * @returns the address; of IPv6 its /64, which one customer has as a whole. "" where the runtime tells none
 */
export function callerAddress(request: Request): string {
  const address = request.headers.get("cf-connecting-ip") ?? "";
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::")
    ? Array.from({ length: Math.max(8 - first.length - last.length, 0) }, () => "0")
    : [];
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""))
    .join(":");
}
