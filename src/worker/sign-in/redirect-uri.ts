// Redirect URIs: where a code may be sent. Compared as raw strings, since whatever an URL parser forgives leads to
// another place than the one that was compared.
import type { OpenIdClient } from "../config/sign-in.ts";
import { isLoopback as isLoopbackHost } from "../config/values.ts";

/**
 * RFC 8252, 7.3: a program on the person's own computer listens on a port that it finds free. `http` only, for no
 * certificate can be had for these names. Scheme and host in lower case, no user, no query, no fragment.
 */
const loopbackPattern = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::([1-9]\d{0,4}))?(\/[A-Za-z0-9._~/-]*)?$/;

/** @returns the address without its port, and its path; null for what is not on the person's own computer */
function loopbackOf(redirectUri: string): { readonly withoutPort: string; readonly path: string } | null {
  const [, host, port = "", path = ""] = loopbackPattern.exec(redirectUri) ?? [];
  return host === undefined || Number(port) > 65_535 ? null : { withoutPort: `${host}${path}`, path };
}

/**
 * Whether an allowed address is on the person's own computer, so that any program there can have asked for it. By its
 * host alone: an operator may list loopback addresses that no program gets by itself, such as one with a query.
 */
export function isLoopback(redirectUri: string): boolean {
  return URL.canParse(redirectUri) && isLoopbackHost(new URL(redirectUri).hostname);
}

/**
 * Whether this client may be sent to this address. A listed one must be equal, letter for letter; a listed loopback
 * address without a port stands for every port. A cluster also takes each loopback address without a path.
 */
export function isAllowedRedirect({ kind, redirectUris }: OpenIdClient, redirectUri: string): boolean {
  if (redirectUris.includes(redirectUri)) return true;
  const loopback = loopbackOf(redirectUri);
  if (loopback === null) return false;
  const { withoutPort, path } = loopback;
  return redirectUris.includes(withoutPort) || (kind === "cluster" && (path === "" || path === "/"));
}

/**
 * Adds parameters to an address that may have a query of its own (RFC 6749, 3.1.2). Those that are null are left out.
 */
export function withParameters(redirectUri: string, parameters: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== null) query.set(name, value);
  return `${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query}`;
}
