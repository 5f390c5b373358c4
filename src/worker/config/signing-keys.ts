// SIGNING_KEY_A, SIGNING_KEY_B and the table SIGNING_KEYS: which key signs ID tokens, and which are published. There
// are two slots, since Cloudflare never gives a secret back: a rotation changes the table alone.
import * as v from "valibot";
import type { Checked, Problem } from "./checked.ts";
import type { SigningKeySettings, SigningKeySlot } from "./sign-in.ts";
import { decodeBase64, parsePrivateKey, parseTime, textAs } from "./values.ts";

export const keyMessage =
  "must be an RSA key of 2048 to 3072 bits as PKCS#8 in PEM, such as openssl genpkey -algorithm RSA prints";

const signingKeySchema = textAs(keyMessage, (text) => {
  const pem = parsePrivateKey(text);
  return pem !== null && isRsaKey(pem) ? pem : null;
});

/**
 * The first bytes of PKCS#8 (RFC 5208) around an RSA key (RFC 8017, A.1.2), in hex: sequence, version 0, rsaEncryption,
 * octet string, sequence, version 0, and the modulus, whose length is found. For moduli of 2048 to 3072 bits all
 * lengths have two bytes. Whether the rest is right, signing shows.
 */
const rsaKeyStart = /^3082.{4}020100300d06092a864886f70d01010105000482.{4}3082.{4}0201000282(.{4})00/;

function isRsaKey(pem: string): boolean {
  const bytes = decodeBase64(pem.replace(/-----[A-Z ]+-----|\s/g, ""));
  const start = Array.from(bytes?.subarray(0, 40) ?? [], (byte) => byte.toString(16).padStart(2, "0")).join("");
  // A zero goes before the modulus, whose first bit is set.
  const modulusBits = (Number.parseInt(rsaKeyStart.exec(start)?.[1] ?? "", 16) - 1) * 8;
  return modulusBits >= 2048 && modulusBits <= 3072;
}

const slotMessage = 'must be "a" or "b"';
const timeMessage = "must be a time in UTC, such as 2026-11-27T10:00:00Z";
const time = v.optional(textAs(timeMessage, parseTime));
const jwkMessage =
  'must be an RSA public key as a JWK: kty "RSA", kid, n and e, and nothing of a private key (d, p, q, dp, dq, qi)';

const publicKey = v.strictObject(
  {
    kty: v.literal("RSA", jwkMessage),
    // RFC 7638: a SHA-256.
    kid: v.pipe(v.string(jwkMessage), v.regex(/^[\w-]{43}$/, jwkMessage)),
    // 2048 to 3072 bits.
    n: v.pipe(v.string(jwkMessage), v.regex(/^[\w-]{342,512}$/, jwkMessage)),
    e: v.pipe(v.string(jwkMessage), v.regex(/^[\w-]{4}$/, jwkMessage)),
    alg: v.optional(v.literal("RS256", jwkMessage)),
    use: v.optional(v.literal("sig", jwkMessage)),
  },
  jwkMessage,
);

const tableMessage = "must be a table with signs, signs_since, published and withdrawn";

export const signingKeysSchema = v.strictObject(
  {
    signs: v.picklist(["a", "b"], slotMessage),
    // The Worker does without it. It tells octogate signing-key whether the other key is the next one or the one
    // before.
    signs_since: time,
    published: v.optional(v.strictObject({ a: time, b: time }, 'must be a table of "a" and "b" and their times'), {}),
    withdrawn: v.optional(v.array(publicKey, "must be a list of public keys"), []),
  },
  tableMessage,
);

/** Times in milliseconds since 1970. */
export type SigningKeysTable = v.InferOutput<typeof signingKeysSchema>;

/** The secrets, as they came. */
export type SigningKeySecrets = Readonly<Partial<Record<ReturnType<typeof signingKeySecret>, unknown>>>;

/**
 * A slot is in use where it signs or is published. One whose secret is there already, or still, is not: so a secret and
 * the table need not change at the same moment, and a compromised key is gone with the table.
 *
 * A wrong key that signs keeps people from signing in. One in the other slot is left out and named: at worst tokens
 * that it has signed are refused until they end, and otherwise no person would get one at all.
 *
 * @param table undefined where there is none: the only key signs
 */
export function selectSigningKeys(
  secrets: SigningKeySecrets,
  table: SigningKeysTable | undefined,
): Checked<SigningKeySettings> {
  const keys = { a: readSigningKey("a", secrets), b: readSigningKey("b", secrets) };
  if (table === undefined && keys.a.ok && keys.b.ok) {
    return wrong("SIGNING_KEYS", 'is required where there are two keys: signs = "a" or "b"');
  }
  const isSecond = keys.b.ok || (secrets.SIGNING_KEY_A === undefined && secrets.SIGNING_KEY_B !== undefined);
  const signs = table?.signs ?? (isSecond ? "b" : "a");
  const [signing, other] = signs === "a" ? [keys.a, "b" as const] : [keys.b, "a" as const];
  if (!signing.ok) return signing;
  const isPublished = table?.published[other] !== undefined;
  const leftOut = keys[other].ok ? [] : isPublished ? keys[other].problems : wrongSigningKeys(secrets);
  const privateKeys = {
    [signs]: signing.value,
    ...(isPublished && keys[other].ok ? { [other]: keys[other].value } : {}),
  };
  const withdrawn = (table?.withdrawn ?? []).map(({ kty, n, e, kid }) => ({ kty, n, e, kid }));
  return { ok: true, value: { privateKeys, signs, withdrawn, leftOut } };
}

/** @returns what is wrong with the keys that are there */
export function wrongSigningKeys(secrets: SigningKeySecrets): readonly Problem[] {
  return signingKeySlots.flatMap((slot) => {
    const key = readSigningKey(slot, secrets);
    return key.ok || secrets[signingKeySecret(slot)] === undefined ? [] : key.problems;
  });
}

function readSigningKey(slot: SigningKeySlot, secrets: SigningKeySecrets): Checked<string> {
  const setting = signingKeySecret(slot);
  const secret = secrets[setting];
  if (secret === undefined) return wrong(setting, `is missing: it ${keyMessage}`);
  const parsed = v.safeParse(signingKeySchema, secret);
  return parsed.success ? { ok: true, value: parsed.output } : wrong(setting, keyMessage);
}

export const signingKeySlots = ["a", "b"] as const satisfies readonly SigningKeySlot[];

/** @returns the secret of a slot */
export function signingKeySecret(slot: SigningKeySlot): "SIGNING_KEY_A" | "SIGNING_KEY_B" {
  return slot === "a" ? "SIGNING_KEY_A" : "SIGNING_KEY_B";
}

function wrong(setting: string, message: string): Checked<never> {
  return { ok: false, problems: [{ setting, message }] };
}
