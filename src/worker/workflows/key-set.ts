// GitHub's public keys for the tokens of workflows (RFC 7517): what of its answer counts.
import * as v from "valibot";
import { rs256 } from "../rs256.ts";
import type { Key } from "../sealing.ts";

/** An RSA key of 2048 to 4096 bits: `n` in base64url has 342 to 683 characters. */
const publicKeySchema = v.object({
  kid: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  kty: v.literal("RSA"),
  n: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{342,683}$/)),
  e: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{2,8}$/)),
  use: v.optional(v.literal("sig")),
  alg: v.optional(v.literal("RS256")),
});

export type PublicKey = Readonly<Pick<v.InferOutput<typeof publicKeySchema>, "kid" | "kty" | "n" | "e">>;

/** As it is kept in memory and in KV. */
export interface KeySet {
  /** When GitHub said it; milliseconds since 1970. */
  readonly fetchedAt: number;
  readonly keys: readonly PublicKey[];
}

export const keySetSchema: v.GenericSchema<unknown, KeySet> = v.object({
  fetchedAt: v.number(),
  keys: v.array(publicKeySchema),
});

/** GitHub publishes a handful, each with its certificate. */
const maxKeys = 50;
export const maxKeySetBytes = 256 * 1024;

/**
 * Of each key take what verifying needs, and drop what is no RSA key for signatures: other keys beside do no harm. Of
 * two with one id the first counts. They come out in one order: GitHub's may change from answer to answer.
 *
 * @param json GitHub's answer
 * @returns null where it is no set of keys, or holds none that counts
 */
export function readKeys(json: unknown): PublicKey[] | null {
  const set = v.safeParse(v.object({ keys: v.array(v.unknown()) }), json);
  if (!set.success) return null;
  const keys = new Map<string, PublicKey>();
  for (const one of set.output.keys) {
    if (keys.size === maxKeys) break;
    const parsed = v.safeParse(publicKeySchema, one);
    if (!parsed.success || keys.has(parsed.output.kid)) continue;
    const { kid, kty, n, e } = parsed.output;
    keys.set(kid, { kid, kty, n, e });
  }
  return keys.size === 0 ? null : [...keys.values()].sort((one, other) => (one.kid < other.kid ? -1 : 1));
}

export function areSameKeys(one: readonly PublicKey[], other: readonly PublicKey[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @returns null where the numbers make no key */
export async function importPublicKey({ kty, n, e }: PublicKey): Promise<Key | null> {
  try {
    return await crypto.subtle.importKey("jwk", { kty, n, e }, rs256, false, ["verify"]);
  } catch {
    return null;
  }
}
