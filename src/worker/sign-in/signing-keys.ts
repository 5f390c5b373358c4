// The keys that sign ID tokens, and the key set that clusters and clients verify them with (RFC 7517). RS256 alone:
// EKS and kube-apiserver's flags take nothing else.
import * as v from "valibot";
import type { Checked, Problem } from "../config/checked.ts";
import type { PublicSigningKey, SigningKeySettings, SigningKeySlot } from "../config/sign-in.ts";
import { importPrivateKey, rs256, signJwt } from "../rs256.ts";
import type { Key } from "../sealing.ts";
import { sha256 } from "./equal.ts";
import type { IdTokenClaims } from "./id-token.ts";

/** A public key as the key set has it. */
export interface PublishedKey extends PublicSigningKey {
  readonly alg: "RS256";
  readonly use: "sig";
}

export interface SigningKeys {
  /** @returns the signed JWT */
  sign(claims: IdTokenClaims): Promise<string>;
  /**
   * The withdrawn ones, then the public halves of slot a and of slot b: octogate signing-key status goes by the order.
   */
  readonly published: readonly PublishedKey[];
}

export type SigningKeysSource = () => Promise<Checked<SigningKeys>>;

interface KeyPair {
  readonly privateKey: Key;
  readonly publicKey: PublishedKey;
}

/** A modulus of 2048 to 3072 bits in base64url: smaller keys are weak, and larger ones cost too much CPU time. */
const publicHalf = v.object({ n: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{342,512}$/)), e: v.string() });

/**
 * @returns the keys, or the settings that are wrong. They are imported and proved with the first request of an isolate:
 *   Workers allow no cryptography before it
 */
export function createSigningKeys(settings: SigningKeySettings): SigningKeysSource {
  let known: Checked<SigningKeys> | null = null;
  return async () => {
    known ??= await importKeys(settings);
    return known;
  };
}

async function importKeys({ privateKeys, signs, withdrawn }: SigningKeySettings): Promise<Checked<SigningKeys>> {
  const pairs = new Map<SigningKeySlot, KeyPair>();
  const problems: Problem[] = [];
  for (const slot of ["a", "b"] as const) {
    const pem = privateKeys[slot];
    if (pem === undefined) continue;
    const pair = await importPair(pem);
    if (pair === null) problems.push(problemWith(slot));
    else pairs.set(slot, pair);
  }
  const signing = pairs.get(signs);
  if (problems.length > 0) return { ok: false, problems };
  if (signing === undefined) return { ok: false, problems: [problemWith(signs)] };
  const published = new Map<string, PublishedKey>();
  for (const { n, e, kid } of withdrawn) published.set(kid, publishedKey(n, e, kid));
  for (const { publicKey } of pairs.values()) published.set(publicKey.kid, publicKey);
  return {
    ok: true,
    value: {
      sign: (claims) => signJwt(signing.privateKey, { kid: signing.publicKey.kid }, claims),
      published: [...published.values()],
    },
  };
}

/** @returns null for anything but an RSA key of the right size that verifies what it signs */
async function importPair(pem: string): Promise<KeyPair | null> {
  try {
    const { n, e } = v.parse(publicHalf, await crypto.subtle.exportKey("jwk", await importPrivateKey(pem, true)));
    const privateKey = await importPrivateKey(pem);
    if (!(await verifiesWhatItSigns(privateKey, { kty: "RSA", n, e }))) return null;
    // RFC 7638: the required members in alphabetical order.
    const kid = await sha256(JSON.stringify({ e, kty: "RSA", n }));
    return { privateKey, publicKey: publishedKey(n, e, kid) };
  } catch {
    // The error is dropped on purpose: it may quote the key.
    return null;
  }
}

async function verifiesWhatItSigns(privateKey: Key, publicKey: { kty: "RSA"; n: string; e: string }): Promise<boolean> {
  const proof = crypto.getRandomValues(new Uint8Array(32));
  const verifying = await crypto.subtle.importKey("jwk", publicKey, rs256, false, ["verify"]);
  return crypto.subtle.verify(rs256, verifying, await crypto.subtle.sign(rs256, privateKey, proof), proof);
}

/** Nothing of a private key can get in: each member is named here. */
function publishedKey(n: string, e: string, kid: string): PublishedKey {
  return { kty: "RSA", n, e, kid, alg: "RS256", use: "sig" };
}

function problemWith(slot: SigningKeySlot): Problem {
  const setting = slot === "a" ? "SIGNING_KEY_A" : "SIGNING_KEY_B";
  return { setting, message: "must be an RSA key of 2048 to 3072 bits as PKCS#8 in PEM, and sign with it failed" };
}
