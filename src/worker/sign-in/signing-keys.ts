// The keys that sign ID tokens, and the key set that clusters and clients verify them with (RFC 7517). RS256 alone:
// EKS and kube-apiserver's flags take nothing else.
import * as v from "valibot";
import { type Checked, describeProblems, type Problem } from "../config/checked.ts";
import type { PublicSigningKey, SigningKeySettings, SigningKeySlot } from "../config/sign-in.ts";
import { keyMessage, signingKeySecret, signingKeySlots } from "../config/signing-keys.ts";
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
  /** What is wrong with the slot that does not sign: its key is left out. */
  readonly leftOut: readonly Problem[];
}

export type SigningKeysSource = () => Promise<Checked<SigningKeys>>;

interface KeyPair {
  readonly privateKey: Key;
  readonly publicKey: PublishedKey;
}

/** A modulus of 2048 to 3072 bits in base64url: smaller keys are weak, and larger ones cost too much CPU time. */
const publicHalf = v.object({ n: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{342,512}$/)), e: v.string() });

/**
 * @param writeError takes what is wrong, once
 * @returns the keys, or the settings that are wrong. They are imported and proved with the first request of an isolate:
 *   Workers allow no cryptography before it
 */
export function createSigningKeys(settings: SigningKeySettings, writeError: (text: string) => void): SigningKeysSource {
  let known: Checked<SigningKeys> | null = null;
  return async () => {
    if (known !== null) return known;
    const imported = await importKeys(settings);
    // Another request may have imported them meanwhile.
    if (known === null) tellProblems(imported, writeError);
    known ??= imported;
    return known;
  };
}

function tellProblems(keys: Checked<SigningKeys>, writeError: (text: string) => void): void {
  if (!keys.ok) writeError(`people are kept from signing in: ${describeProblems(keys.problems)}`);
  else if (keys.value.leftOut.length > 0) writeError(describeLeftOut(keys.value.leftOut));
}

/** @param problems of the slot that does not sign */
export function describeLeftOut(problems: readonly Problem[]): string {
  return `a signing key is left out: ${describeProblems(problems)}`;
}

async function importKeys({ privateKeys, signs, ...settings }: SigningKeySettings): Promise<Checked<SigningKeys>> {
  const { withdrawn } = settings;
  const pairs = new Map<SigningKeySlot, KeyPair>();
  const leftOut = [...settings.leftOut];
  for (const slot of signingKeySlots) {
    const pem = privateKeys[slot];
    if (pem === undefined) continue;
    const pair = await importPair(pem);
    if (pair !== null) pairs.set(slot, pair);
    else if (slot !== signs) leftOut.push(problemWith(slot));
  }
  const signing = pairs.get(signs);
  if (signing === undefined) return { ok: false, problems: [problemWith(signs)] };
  const published = new Map<string, PublishedKey>();
  for (const { n, e, kid } of withdrawn) published.set(kid, publishedKey(n, e, kid));
  for (const { publicKey } of pairs.values()) published.set(publicKey.kid, publicKey);
  return {
    ok: true,
    value: {
      sign: (claims) => signJwt(signing.privateKey, { kid: signing.publicKey.kid }, claims),
      published: [...published.values()],
      leftOut,
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
  return {
    setting: signingKeySecret(slot),
    message: `${keyMessage}; to sign with it failed`,
  };
}
