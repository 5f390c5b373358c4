// What all sealing has in common: keys by HKDF (RFC 5869), and AES-256-GCM with a nonce before the ciphertext.

/** Node, which checks this file for the command, has no global type of the name CryptoKey. */
export type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The length that AES-GCM is made for (NIST SP 800-38D, 8.2). */
const nonceBytes = 12;
const tagBytes = 16;
/** How much longer a sealed value is than its plain text. */
export const sealingBytes = nonceBytes + tagBytes;

const encoder = new TextEncoder();

export type KeyUse = "encrypt and decrypt" | "sign";

/**
 * @param secret at least 32 random bytes
 * @param use AES-256-GCM, or HMAC with SHA-256
 * @param label keeps the keys for different uses of a secret apart
 */
export async function deriveKey(secret: Uint8Array<ArrayBuffer>, use: KeyUse, label: string): Promise<Key> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  return use === "sign"
    ? crypto.subtle.deriveKey(hkdf(label), base, { name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"])
    : crypto.subtle.deriveKey(hkdf(label), base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** @returns one byte that names a secret without telling anything about its keys */
export async function deriveByte(secret: Uint8Array<ArrayBuffer>, label: string): Promise<number> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf(label), base, 8))[0] ?? 0;
}

/**
 * @param context what the value is bound to: it opens with the same one alone
 * @returns the nonce, the ciphertext and the tag
 */
export async function seal(key: Key, context: string, plain: string): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(aesGcm(context, nonce), key, encoder.encode(plain)));
  const bytes = new Uint8Array(nonceBytes + sealed.length);
  bytes.set(nonce);
  bytes.set(sealed, nonceBytes);
  return bytes;
}

/** @returns null where it is too short or tampered with, or was sealed with another key or context: all the same */
export async function open(key: Key, context: string, sealed: Uint8Array<ArrayBuffer>): Promise<string | null> {
  try {
    const parameters = aesGcm(context, sealed.slice(0, nonceBytes));
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters, key, sealed.slice(nonceBytes)));
  } catch {
    return null;
  }
}

function hkdf(label: string) {
  return { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encoder.encode(label) };
}

function aesGcm(context: string, nonce: Uint8Array<ArrayBuffer>) {
  return { name: "AES-GCM", iv: nonce, additionalData: encoder.encode(context) };
}
