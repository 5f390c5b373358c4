// Sealing of KV entries: a reader of the namespace learns nothing from them, and a writer cannot forge them. Names are
// HMACs of tokens. Values are sealed with AES-256-GCM and bound to their name, so that a value cannot be moved to
// another token's name. Both keys come from CACHE_SECRET (HKDF, RFC 5869).
import { deriveKey, type Key, open, seal } from "../sealing.ts";

export interface Sealer {
  /** @returns the name under which facts about a token are kept */
  nameOf(token: string): Promise<string>;
  /** @returns the value to keep under this name */
  seal(name: string, plain: string): Promise<Uint8Array<ArrayBuffer>>;
  /** @returns the plain text, or null for anything that was not sealed for this very name by this very deployment */
  open(name: string, sealed: Uint8Array<ArrayBuffer>): Promise<string | null>;
}

/** Changes with the format of the entries: deployments of different formats do not see each other's. */
const formatVersion = "v2";

interface Keys {
  readonly name: Key;
  readonly value: Key;
}

/**
 * @param secret CACHE_SECRET's bytes
 * @param scope what else keeps deployments on one namespace apart: GitHub's address
 */
export function createSealer(secret: Uint8Array<ArrayBuffer>, scope: string): Sealer {
  // Made with the first use: Workers allow no cryptography outside of a request. Kept as keys, not as a promise: a
  // promise that another request waits for never settles if the request that made it is cancelled.
  let keys: Keys | null = null;

  async function derivedKeys(): Promise<Keys> {
    if (keys !== null) return keys;
    const label = (purpose: string) => `octogate ${formatVersion} ${purpose} ${scope}`;
    keys = {
      name: await deriveKey(secret, "sign", label("name")),
      value: await deriveKey(secret, "encrypt and decrypt", label("value")),
    };
    return keys;
  }

  return {
    async nameOf(token) {
      const { name } = await derivedKeys();
      const digest = new Uint8Array(await crypto.subtle.sign("HMAC", name, new TextEncoder().encode(token)));
      return `${formatVersion}:${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    },
    async seal(name, plain) {
      return seal((await derivedKeys()).value, name, plain);
    },
    async open(name, sealed) {
      return open((await derivedKeys()).value, name, sealed);
    },
  };
}
