// `github-authentication-token-expiration`: when the token that was sent ends. GitHub writes it with the zone of the person who made the token.
import type { TokenExpiry } from "./facts.ts";

/** `2022-09-29 09:53:54 UTC`, `2023-07-19 10:23:39 +0100` */
const expiryPattern = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) (?:UTC|([+-]\d{2})(\d{2}))$/;

/** @param header the header's value, or null where GitHub sent none, as it does for tokens that do not end */
export function parseTokenExpiry(header: string | null): TokenExpiry {
  if (header === null) return { kind: "never" };
  const match = expiryPattern.exec(header.trim());
  if (match === null) return { kind: "unreadable" };
  const [, date, time, hours = "+00", minutes = "00"] = match;
  const epochMs = Date.parse(`${date}T${time}${hours}:${minutes}`);
  return Number.isNaN(epochMs) ? { kind: "unreadable" } : { kind: "at", epochMs };
}
