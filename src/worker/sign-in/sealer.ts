// The sealer of what the provider gives out in place of storing it: AES-256-GCM with a key for each purpose, from
// CACHE_SECRET. The first byte names the secret; the rest is bound to that byte, the purpose and the client.
import type { SignInSettings } from "../config/sign-in.ts";
import { deriveByte, deriveKey, type Key, open, seal, sealingBytes } from "../sealing.ts";
import { base64url, maxCookieLength } from "./cookies.ts";
import type { SealedPurpose, SealedValues, SignInSealer } from "./sealed-values.ts";

/** Changes with the types of the sealed values: a release does not open what another format wrote. */
const formatVersion = "v1";

/**
 * The most characters that are decoded. A GitHub token may grow to 8 KB (credential/kind.ts), and a form takes 16 KB.
 */
export const maxSealedLengths: Readonly<Record<SealedPurpose, number>> = {
  transaction: maxCookieLength,
  session: maxCookieLength,
  consent: 15_000,
  code: 15_000,
  refresh_token: 15_000,
  access_token: 15_000,
  device_code: 2_000,
  sign_out: 500,
};

/** The byte with the secret's number. */
const headBytes = 1;

interface Secret {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Milliseconds since 1970. */
  readonly refusedFrom: number;
  /** Made with their first use, see cache/sealer.ts. */
  readonly keys: Map<SealedPurpose, Key>;
  number: number | null;
}

/** @param now milliseconds since 1970 */
export function createSignInSealer(
  { issuerUrl, cacheSecret, previousCacheSecret }: SignInSettings,
  now: () => number,
): SignInSealer {
  const present = newSecret(cacheSecret, Number.POSITIVE_INFINITY);
  const secrets =
    previousCacheSecret === null
      ? [present]
      : [present, newSecret(previousCacheSecret.secret, previousCacheSecret.refusedFrom)];

  /** It follows from the secret alone, so that it is the same before and after a rotation. */
  async function numberOf(secret: Secret): Promise<number> {
    secret.number ??= await deriveByte(secret.bytes, `octogate sign-in number ${issuerUrl}`);
    return secret.number;
  }

  async function keyOf(secret: Secret, purpose: SealedPurpose): Promise<Key> {
    const earlier = secret.keys.get(purpose);
    if (earlier !== undefined) return earlier;
    const key = await deriveKey(secret.bytes, "encrypt and decrypt", `octogate sign-in ${purpose} ${issuerUrl}`);
    secret.keys.set(purpose, key);
    return key;
  }

  return {
    async seal(purpose, client, value, endsAt) {
      const number = await numberOf(present);
      const plain = JSON.stringify([endsAt, value]);
      const sealed = await seal(await keyOf(present, purpose), contextOf(number, purpose, client), plain);
      const bytes = new Uint8Array(headBytes + sealed.length);
      bytes[0] = number;
      bytes.set(sealed, headBytes);
      return base64url(bytes);
    },

    async open(purpose, client, sealed) {
      const bytes = sealed.length <= maxSealedLengths[purpose] ? decode(sealed) : null;
      const number = bytes?.[0];
      if (bytes === null || number === undefined || bytes.length < headBytes + sealingBytes) return { kind: "unknown" };
      for (const secret of secrets) {
        if (secret.refusedFrom <= now() || (await numberOf(secret)) !== number) continue;
        const key = await keyOf(secret, purpose);
        const plain = await open(key, contextOf(number, purpose, client), bytes.slice(headBytes));
        if (plain === null) continue;
        const [endsAt, value] = parse<typeof purpose>(plain);
        return endsAt * 1000 <= now() ? { kind: "ended" } : { kind: "opened", value, endsAt };
      }
      return { kind: "unknown" };
    },
  };
}

function newSecret(bytes: Uint8Array<ArrayBuffer>, refusedFrom: number): Secret {
  return { bytes, refusedFrom, keys: new Map(), number: null };
}

function contextOf(number: number, purpose: SealedPurpose, client: string): string {
  return `${formatVersion} ${number} ${purpose} ${client}`;
}

function parse<Purpose extends SealedPurpose>(plain: string): readonly [endsAt: number, SealedValues[Purpose]] {
  const parsed: unknown = JSON.parse(plain);
  // What opens was written by seal, above: the key is this purpose's, and the context has the format's version.
  return parsed as [number, SealedValues[Purpose]];
}

/** @returns null for all but the one spelling of a value: no padding, no spare bits, no other alphabet */
function decode(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return null;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  return base64url(bytes) === text ? bytes : null;
}
