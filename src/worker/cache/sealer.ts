// Sealing of KV entries: a reader of the namespace learns nothing from them, and a writer cannot forge them. Names are
// HMACs of tokens. Values are sealed with AES-256-GCM and bound to their name, so that a value cannot be moved to
// another token's name. Both keys come from CACHE_SECRET (HKDF, RFC 5869).

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
/** The length that AES-GCM is made for (NIST SP 800-38D, 8.2). */
const nonceBytes = 12;

/** Node, which checks this file for the command, has no global type of the name CryptoKey. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

interface Keys {
  readonly name: Key;
  readonly value: Key;
}

/**
 * @param secret CACHE_SECRET's bytes
 * @param scope what else keeps deployments on one namespace apart: GitHub's address
 */
export function createSealer(secret: Uint8Array<ArrayBuffer>, scope: string): Sealer {
  const encoder = new TextEncoder();
  // Made with the first use: Workers allow no cryptography outside of a request. Kept as keys, not as a promise: a
  // promise that another request waits for never settles if the request that made it is cancelled.
  let keys: Keys | null = null;

  async function derivedKeys(): Promise<Keys> {
    if (keys !== null) return keys;
    const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const derive = (
      purpose: string,
      algorithm: { name: string; hash?: string; length: number },
      usages: ("sign" | "encrypt" | "decrypt")[],
    ) =>
      crypto.subtle.deriveKey(
        {
          name: "HKDF",
          hash: "SHA-256",
          salt: new Uint8Array(0),
          info: encoder.encode(`octogate ${formatVersion} ${purpose} ${scope}`),
        },
        base,
        algorithm,
        false,
        usages,
      );
    keys = {
      name: await derive("name", { name: "HMAC", hash: "SHA-256", length: 256 }, ["sign"]),
      value: await derive("value", { name: "AES-GCM", length: 256 }, ["encrypt", "decrypt"]),
    };
    return keys;
  }

  const parameters = (name: string, nonce: Uint8Array<ArrayBuffer>) => ({
    name: "AES-GCM",
    iv: nonce,
    additionalData: encoder.encode(name),
  });

  return {
    async nameOf(token) {
      const { name } = await derivedKeys();
      const digest = new Uint8Array(await crypto.subtle.sign("HMAC", name, encoder.encode(token)));
      return `${formatVersion}:${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    },
    async seal(name, plain) {
      const { value } = await derivedKeys();
      const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
      const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(name, nonce), value, encoder.encode(plain)));
      const bytes = new Uint8Array(nonceBytes + sealed.length);
      bytes.set(nonce);
      bytes.set(sealed, nonceBytes);
      return bytes;
    },
    async open(name, sealed) {
      const { value } = await derivedKeys();
      try {
        const nonce = sealed.slice(0, nonceBytes);
        const plain = await crypto.subtle.decrypt(parameters(name, nonce), value, sealed.slice(nonceBytes));
        return new TextDecoder().decode(plain);
      } catch {
        // Too short, tampered with, another key, another name: all the same.
        return null;
      }
    },
  };
}
