// Values as operators write them, which more than one part of the configuration has: numbers, addresses, keys, secrets.

import * as v from "valibot";
import { parseJson } from "../json.ts";

/** wrangler's `--var` and the dashboard give strings, wrangler.toml gives numbers. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,6}$/), v.transform(Number))], message),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, message),
  );
}

/** @returns a schema that makes something else of a text; `parse` gives null where the text has another form */
export function textAs<T>(message: string, parse: (text: string) => T | null) {
  return v.pipe(
    v.string(message),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== null) return value;
      addIssue({ message });
      return NEVER;
    }),
  );
}

/** The URL parser has already brought every spelling of an IPv4 address to four decimal numbers. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** GitHub's ids of OAuth and GitHub Apps. */
export const clientIdPattern = /^[A-Za-z0-9._-]{1,64}$/;

export const minSecretBytes = 32;

/** @returns the bytes of a secret in base64; null where it is none, or shorter than 32 bytes */
export function decodeSecret(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = decodeBase64(text.trim());
  return bytes !== null && bytes.length >= minSecretBytes ? bytes : null;
}

export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  // atob forgives missing padding and white space inside, but throws at other lengths and characters.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1) return null;
  if (text.includes("=") && text.length % 4 !== 0) return null;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** @returns a private key as PKCS#8 in PEM, with the line ends that it has by rights; null for another text */
export function parsePrivateKey(text: string): string | null {
  // Secrets often travel as one line, in which "\\n" in letters stands for each line's end.
  const pem = text.replaceAll(/\\r\\n|\\n/g, "\n").trim();
  return /^-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----$/.test(pem) ? pem : null;
}

/** @returns the texts of a JSON object by their keys, "constructor" among them; null for any other text */
export function parseTexts(text: string): ReadonlyMap<string, string> | null {
  const json = parseJson(text);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return null;
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === "string";
  const entries = Object.entries(json);
  return entries.every(isText) ? new Map(entries) : null;
}

/**
 * @returns milliseconds since 1970 of a time in UTC as RFC 3339 writes it; null for another form, or for no such day
 */
export function parseTime(text: string): number | null {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse turns the 31st of a short month into the next month's first.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, -1)) ? ms : null;
}
