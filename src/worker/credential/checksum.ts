// Checksum in GitHub's tokens: the last six characters are the CRC-32 of the random part in base 62 (github.blog,
// 2021-04-05, "Behind GitHub's new authentication token formats"). It tells typing errors and made-up tokens from real
// ones without a call.

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const checksumLength = 6;

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * @param text ASCII
 * @returns six characters, padded with "0"
 */
export function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = "";
  while (digits.length < checksumLength) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

/** @param body a token without its prefix: the random part and its checksum */
export function hasValidChecksum(body: string): boolean {
  return checksumOf(body.slice(0, -checksumLength)) === body.slice(-checksumLength);
}

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc = (crc >>> 8) ^ (crcTable[(crc ^ text.charCodeAt(index)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
