// Just enough DER (X.690) to write the local edge's certificates and to find an extension in a peer's. Node makes keys
// and signatures but no certificates, and a certificate of ours needs a dozen kinds of values only.

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Any element: tag, length, content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body), body]);
}

function lengthOf(body: Buffer): Buffer {
  if (body.length < 0x80) return Buffer.from([body.length]);
  const hex = body.length.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(tags.sequence, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => element(tags.set, ...items);
export const octetString = (bytes: Uint8Array): Buffer => element(tags.octetString, bytes);
export const utf8String = (text: string): Buffer => element(tags.utf8String, Buffer.from(text, "utf8"));
export const yes = (): Buffer => element(tags.boolean, Buffer.from([0xff]));

/** @param unusedBits how many bits of the last byte do not count */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(tags.bitString, Buffer.from([unusedBits]), bytes);
}

/** @param bytes of a positive number, big end first */
export function positiveInteger(bytes: Uint8Array): Buffer {
  const first = bytes[0] ?? 0;
  // A leading bit that is set would make the number negative.
  return element(tags.integer, ...(first >= 0x80 ? [Buffer.from([0]), bytes] : [bytes]));
}

/** @param dotted such as "2.5.29.14" */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(tags.objectIdentifier, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime from then on. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050
    ? element(tags.utcTime, Buffer.from(digits.slice(2)))
    : element(tags.generalizedTime, Buffer.from(digits));
}

interface Part {
  readonly tag: number;
  readonly content: Buffer;
}

/** @returns the elements that stand in `bytes` one after another, or null where they are cut short or longer than we read */
function partsOf(bytes: Buffer): Part[] | null {
  const parts: Part[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const tag = bytes[offset];
    const firstLength = bytes[offset + 1];
    if (tag === undefined || firstLength === undefined) return null;
    const digits = firstLength < 0x80 ? 0 : firstLength & 0x7f;
    const start = offset + 2 + digits;
    if (digits > 4 || start > bytes.length) return null;
    const length = digits === 0 ? firstLength : bytes.readUIntBE(offset + 2, digits);
    if (start + length > bytes.length) return null;
    parts.push({ tag, content: bytes.subarray(start, start + length) });
    offset = start + length;
  }
  return parts;
}

/**
 * The elements inside an extension of a certificate: those of its SEQUENCE, or the one that it is.
 *
 * @param certificate DER
 * @param dotted the extension's object identifier
 * @returns null if the certificate has no such extension
 */
export function extensionParts(certificate: Buffer, dotted: string): Part[] | null {
  const toBeSigned = partsOf(partsOf(certificate)?.[0]?.content ?? Buffer.alloc(0))?.[0];
  const explicitExtensions = 0xa3;
  const wrapped = partsOf(toBeSigned?.content ?? Buffer.alloc(0))?.find(({ tag }) => tag === explicitExtensions);
  const extensions = partsOf(partsOf(wrapped?.content ?? Buffer.alloc(0))?.[0]?.content ?? Buffer.alloc(0)) ?? [];
  const wanted = objectIdentifier(dotted).subarray(2);
  for (const extension of extensions) {
    const parts = partsOf(extension.content);
    if (parts?.[0]?.content.equals(wanted) !== true) continue;
    const values = partsOf(parts.at(-1)?.content ?? Buffer.alloc(0));
    const first = values?.[0];
    return first?.tag === tags.sequence ? partsOf(first.content) : values;
  }
  return null;
}
