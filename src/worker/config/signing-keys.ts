// SIGNING_KEY_A, SIGNING_KEY_B and the table SIGNING_KEYS: which key signs ID tokens, and which are published. There
// are two slots, since Cloudflare never gives a secret back: a rotation changes the table alone.
import * as v from "valibot";
import type { Checked } from "./checked.ts";
import type { SigningKeySettings, SigningKeySlot } from "./sign-in.ts";
import { decodeBase64, parsePrivateKey, parseTime, textAs } from "./values.ts";

const keyMessage =
  "must be an RSA key of 2048 to 3072 bits as PKCS#8 in PEM, such as openssl genpkey -algorithm RSA prints";

export const signingKeySchema = textAs(keyMessage, (text) => {
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

/**
 * A slot is in use where it signs or is published. One whose secret is there already, or still, is not: so a secret and
 * the table need not change at the same moment, and a compromised key is gone with the table.
 *
 * @param table undefined where there is none: the only key signs
 */
export function selectSigningKeys(
  keys: Readonly<Record<SigningKeySlot, string | undefined>>,
  table: SigningKeysTable | undefined,
): Checked<SigningKeySettings> {
  if (table === undefined && keys.a !== undefined && keys.b !== undefined) {
    return wrong("SIGNING_KEYS", 'is required where there are two keys: signs = "a" or "b"');
  }
  const signs = table?.signs ?? (keys.b === undefined ? "a" : "b");
  const privateKeys: Partial<Record<SigningKeySlot, string>> = {};
  for (const slot of ["a", "b"] as const) {
    if (slot !== signs && table?.published[slot] === undefined) continue;
    const key = keys[slot];
    if (key === undefined)
      return wrong(slot === "a" ? "SIGNING_KEY_A" : "SIGNING_KEY_B", `is missing: it ${keyMessage}`);
    privateKeys[slot] = key;
  }
  const withdrawn = (table?.withdrawn ?? []).map(({ kty, n, e, kid }) => ({ kty, n, e, kid }));
  return { ok: true, value: { privateKeys, signs, withdrawn } };
}

function wrong(setting: string, message: string): Checked<never> {
  return { ok: false, problems: [{ setting, message }] };
}
