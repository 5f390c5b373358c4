// A redirect URI as an operator lists it. A code goes to it, so it leads to one place, in one spelling.
import { isLoopback } from "./values.ts";

export const maxRedirectUris = 20;
export const maxRedirectUriLength = 512;

export const redirectUriMessage =
  `must be an https address of at most ${maxRedirectUriLength} characters in the spelling of browsers (host in lower ` +
  "case, a path), without credentials, # and *; http on loopback alone";

/**
 * Browsers put an address right in many ways (case, backslashes, ports, dots), and what is compared as text has to
 * be what they make of it. A missing path is all that may differ: programs write `http://localhost:8000`.
 */
export function isRedirectUri(text: string): boolean {
  if (text.length > maxRedirectUriLength || /[^\x21-\x7e]|[*\\#]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password, href } = new URL(text);
  const isCanonical = text === href || `${text}/` === href;
  if (!isCanonical || username !== "" || password !== "" || hostname.endsWith(".")) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
