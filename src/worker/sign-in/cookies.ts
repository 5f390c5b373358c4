// Cookies of the sign-in hostname. The prefix `__Host-` keeps sibling hostnames from setting them (RFC 6265bis,
// 4.1.3.2). SameSite=Lax: GitHub's redirect back is a navigation, which brings them; a form of another site brings
// none.

/** A browser that has signed in. */
export const sessionCookie = "__Host-session";
/**
 * A browser whose last account was refused, or has signed out: GitHub would send it back with the same account, and ask
 * nothing.
 */
export const chooseAccountCookie = "__Host-choose-account";
/** A random value by which our own forms are bound to this browser. */
export const browserCookie = "__Host-browser";

/** Browsers refuse a cookie of more than 4,096 bytes, name and attributes included. */
export const maxCookieLength = 3_900;

const transactionPrefix = "__Host-sign-in-";

/** @param id GitHub's `state`: 22 characters, see `randomId` */
export function transactionCookie(id: string): string {
  return `${transactionPrefix}${id}`;
}

/**
 * Only a blank before a name is cut off (RFC 6265, 4.2.1). Browsers let a sibling hostname set a cookie whose name is
 * U+2000 and then `__Host-…`, and `\s` would take that one for ours.
 *
 * @returns the first value of each cookie by its name. Values are base64url, so nothing in them needs decoding
 */
export function readCookies(request: Request): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [, name, value] = /^ ?([^=\s]+)=([A-Za-z0-9_-]+)$/.exec(part) ?? [];
    if (name !== undefined && value !== undefined && !cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}

/** @returns the transactions that this browser brings along, by their ids */
export function transactionsIn(cookies: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...cookies].flatMap(([name, value]) =>
      name.startsWith(transactionPrefix) ? [[name.slice(transactionPrefix.length), value] as const] : [],
    ),
  );
}

/** @param maxAgeSeconds null for as long as the browser is open, 0 to delete it */
export function setCookie(name: string, value: string, maxAgeSeconds: number | null): string {
  const age = maxAgeSeconds === null ? "" : `; Max-Age=${maxAgeSeconds}`;
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`;
}

export function deleteCookie(name: string): string {
  return setCookie(name, "", 0);
}

const idPattern = /^[A-Za-z0-9_-]{22}$/;

/** @returns 128 random bits as 22 characters */
export function randomId(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(16)));
}

export function isRandomId(text: string): boolean {
  return idPattern.test(text);
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
