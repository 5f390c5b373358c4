// Redirect URIs: where a code may be sent. Compared as raw strings, since whatever an URL parser forgives leads to
// another place than the one that was compared.
import type { OpenIdClient } from "../config/sign-in.ts";

/**
 * RFC 8252, 7.3: a program on the person's own computer listens on a port that it finds free. `http` only, for no
 * certificate can be had for these names. Scheme and host in lower case, no user, no query, no fragment.
 */
const loopbackPattern = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::([1-9]\d{0,4}))?(\/[A-Za-z0-9._~/-]*)?$/;

/** Whether an address is on the person's own computer, so that any program there can have asked for it. */
export function isLoopback(redirectUri: string): boolean {
  return loopbackPattern.test(redirectUri);
}

/**
 * Whether this client may be sent to this address. A listed one must be equal, letter for letter; a listed loopback
 * address without a port stands for every port. A cluster also takes each loopback address without a path.
 */
export function isAllowedRedirect({ kind, redirectUris }: OpenIdClient, redirectUri: string): boolean {
  if (redirectUris.includes(redirectUri)) return true;
  const match = loopbackPattern.exec(redirectUri);
  if (match === null) return false;
  const [, host = "", port, path = ""] = match;
  if (port !== undefined && Number(port) > 65_535) return false;
  if (kind === "cluster" && (path === "" || path === "/")) return true;
  return redirectUris.includes(`${host}${path}`);
}

/**
 * Adds parameters to an address that may have a query of its own (RFC 6749, 3.1.2). Those that are null are left out.
 */
export function withParameters(redirectUri: string, parameters: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== null) query.set(name, value);
  return `${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query}`;
}
